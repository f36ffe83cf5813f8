#include "codegen/compile.h"

#include <fmt/format.h>

#include <fstream>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/dot_graph.h"

namespace minnow {
namespace {

struct CompileFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string emit = "ir";
  std::string function = "train_step";
  std::string passes = "default";
  std::string out;
  std::string triple;
  std::string cpu;
  std::vector<std::string> print_before, print_after;
  bool print_after_all = false;
  bool print_changes = false;
  bool time_passes = false;
};

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : all_passes()) names.emplace_back(pass.name);
  return names;
}

PassOptions pass_options(const CompileFlags& flags) {
  PassOptions options;
  options.dump_before = flags.print_before;
  options.dump_after = flags.print_after;
  if (flags.print_after_all || flags.print_changes) options.dump_after.emplace_back("all");
  options.dump_only_changes = flags.print_changes;
  options.dump = [](std::string_view pass, std::string_view stage, std::string_view text) {
    fmt::print(stderr, "// ---- {} {} ----\n{}\n", stage, pass, text);
  };
  return options;
}

void print_times(const std::vector<PassRecord>& records) {
  for (const PassRecord& record : records)
    fmt::print(stderr, "{:20} {:>10.3f} ms  {}\n", record.name,
               static_cast<double>(record.time.count()) / 1e6, record.changed ? "changed" : "");
}

Result<std::string> emit(const CompileFlags& flags, const Function& function) {
  if (flags.emit == "ir") return print(function);
  if (flags.emit == "dot") return dot_graph(function);
  const MemoryPlan plan = plan_memory(function);
  if (flags.emit == "llvm") return emit_llvm_ir(function, plan, flags.triple, flags.cpu);
  if (flags.emit == "asm") return emit_assembly(function, plan, flags.triple, flags.cpu);
  return emit_object(function, plan, flags.triple, flags.cpu);
}

Result<ExitCode> compile_command(const CompileFlags& flags) {
  if (flags.emit == "obj" && flags.out.empty())
    return tl::unexpected(
        Error{"--emit=obj", "an object needs a file to go to", "add -o FILE", ExitCode::kUsage});
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  BuildOptions build{
      {loaded.model.training().batch_size(), flags.backend.session_options().max_bytes}, {}, {}};
  MINNOW_ASSIGN(build.pipeline, parse_pipeline(flags.passes));
  build.passes = pass_options(flags);
  std::vector<PassRecord> records;
  build.records = &records;
  MINNOW_ASSIGN(const auto function, build_function(loaded, flags.function, build));
  if (flags.time_passes) print_times(records);
  MINNOW_ASSIGN(const std::string text, emit(flags, *function));
  if (!flags.out.empty()) {
    MINNOW_TRY(write_file_atomically(flags.out, text));
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_compile(CLI::App& app) {
  auto flags = std::make_shared<CompileFlags>();
  flags->model.add(app);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  app.add_option("--emit", flags->emit, "ir, dot, llvm, asm or obj")
      ->check(CLI::IsMember({"ir", "dot", "llvm", "asm", "obj"}))
      ->capture_default_str();
  app.add_option("--function", flags->function, "infer, evaluate, loss or train_step")
      ->check(CLI::IsMember({"infer", "evaluate", "loss", "train_step"}))
      ->capture_default_str();
  app.add_option("--passes", flags->passes, "passes to run; an empty list shows the IR as lowered")
      ->capture_default_str();
  app.add_option("-o", flags->out, "write here instead of stdout")->type_name("FILE");
  app.add_option("--target", flags->triple, "another machine's LLVM triple")->type_name("TRIPLE");
  app.add_option("--cpu", flags->cpu, "another CPU, as LLVM names it")->type_name("NAME");
  app.add_option("--print-ir-before", flags->print_before, "dump before this pass")
      ->type_name("PASS")
      ->check(CLI::IsMember(pass_names()));
  app.add_option("--print-ir-after", flags->print_after, "dump after this pass")
      ->type_name("PASS")
      ->check(CLI::IsMember(pass_names()));
  app.add_flag("--print-ir-after-all", flags->print_after_all, "dump after every pass");
  app.add_flag("--print-ir-changes", flags->print_changes, "dump after every pass that changed something");
  app.add_flag("--time-passes", flags->time_passes, "how long each pass took");
  return [flags] { return compile_command(*flags); };
}

}  // namespace minnow
