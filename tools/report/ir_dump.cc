#include "tools/report/ir_dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/compile.h"
#include "ir/printable.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "runtime/file.h"
#include "runtime/train/progress.h"
#include "tools/report/ir_changes.h"

namespace minnow {
namespace {

constexpr size_t kContextLines = 1;

bool names(const std::vector<std::string>& list, std::string_view pass) {
  return std::ranges::find(list, pass) != list.end();
}

void print_stage(std::string_view when, const PassRecord& record, std::string_view text) {
  fmt::print(stderr, "// ---- {} {} ----\n{}\n", when, record.name, text);
}

void print_changes(const PassRecord& record, const Function& function, std::string_view before) {
  const std::vector<ChangedLine> lines = changed_lines(before, print(function));
  const auto removed = std::ranges::count(lines, ChangedLine::Kind::kRemoved, &ChangedLine::kind);
  const auto added = std::ranges::count(lines, ChangedLine::Kind::kAdded, &ChangedLine::kind);
  fmt::print(stderr, "// ---- {} @{} by {}: {} lines removed, {} added ----\n{}\n", record.number, function.name(),
             record.name, removed, added,
             format_changes(lines, kContextLines, ProgressStyle::detect(stderr).has_colour));
}

}  // namespace

void DumpFlags::add(CLI::App& app) {
  app.add_option("--print-ir-before", before, "print the IR before this pass")->type_name("PASS");
  app.add_option("--print-ir-after", after, "print the IR after this pass")->type_name("PASS");
  app.add_flag("--print-ir-after-all", after_all, "print the IR after every pass");
  app.add_flag("--print-ir-changes", changes, "print the IR after every pass that changed something");
  app.add_flag("--print-ir-diff", diff, "print the lines that each pass changed");
  app.add_option("--print-ir-tree-dir", tree_folder, "write a numbered file per stage into this folder")
      ->type_name("DIR");
}

Status DumpFlags::check() const {
  for (const auto* list : {&before, &after})
    for (const std::string& name : *list) MINNOW_TRY(pass_named(name));
  if (!tree_folder.empty()) MINNOW_TRY(make_folder(tree_folder));
  return {};
}

Status IrDump::before_pass(const PassRecord& record, const Function& function) {
  if (names(flags_.before, record.name)) print_stage("before", record, print(function));
  if (flags_.diff) before_ = print(function);
  if (started_ == function.name()) return {};
  started_ = function.name();
  return write_stage(0, "lowered", function);
}

Status IrDump::after_pass(const PassRecord& record, const Function& function) {
  const bool wanted = flags_.after_all || names(flags_.after, record.name);
  if (wanted || (flags_.changes && record.changed)) print_stage("after", record, print(function));
  if (flags_.diff && record.changed) print_changes(record, function, before_);
  return write_stage(record.number, record.name, function);
}

Status IrDump::write_stage(size_t number, std::string_view name, const Function& function) {
  if (flags_.tree_folder.empty()) return {};
  last_ = number;
  return write_file(number, fmt::format("{}.ir", name), function, print(function));
}

Status IrDump::write_code(const Function& function, const std::string& triple, const std::string& cpu) const {
  if (flags_.tree_folder.empty()) return {};
  const MemoryPlan plan = plan_memory(function);
  MINNOW_ASSIGN(const std::string llvm_ir, emit_llvm_ir(function, plan, triple, cpu));
  MINNOW_ASSIGN(const std::string assembly, emit_assembly(function, plan, triple, cpu));
  MINNOW_TRY(write_file(last_ + 1, "kernels.ll", function, llvm_ir));
  return write_file(last_ + 1, "kernels.s", function, assembly);
}

// DIR/train_step/03-cse.ir
Status IrDump::write_file(size_t number, std::string_view name, const Function& function, std::string_view text) const {
  const std::string folder = fmt::format("{}/{}", flags_.tree_folder, fit_for_files(function.name()));
  MINNOW_TRY(make_folder(folder));
  return write_file_atomically(fmt::format("{}/{:02}-{}", folder, number, name), text);
}

}  // namespace minnow
