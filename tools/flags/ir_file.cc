#include "tools/flags/ir_file.h"

#include <fmt/ranges.h>

#include "frontend/load/load_model.h"
#include "ir/text.h"
#include "passes/group/check_kernels.h"

namespace minnow {

Result<std::unique_ptr<Module>> read_ir_file(const std::string& path, ReadFor purpose) {
  MINNOW_ASSIGN(const std::string text, read_bytes(path, "IR"));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  OpPlaces places;
  auto parsed = parse_module(std::string_view(text).substr(begin), shown_path(path), &places);
  if (!parsed && path.ends_with(".textproto"))
    return fail_with_hint(path, "is a model, not IR text", fmt::format("minnow compile {} writes its IR", path));
  MINNOW_ASSIGN(auto module, std::move(parsed));
  if (purpose == ReadFor::kCompiling)
    for (const auto& function : module->functions) MINNOW_TRY(check_kernels(*function, places));
  return module;
}

Result<const Function*> choose_function(const Module& module, const std::string& file, const std::string& name) {
  if (module.functions.empty()) return fail(file, "holds no function");
  if (name.empty()) return module.functions[0].get();
  if (const Function* found = module.find(name)) return found;
  std::vector<std::string> known;
  for (const auto& function : module.functions) known.push_back(function->name());
  const std::string nearest = nearest_name(name, known);
  return fail_with_hint(file, fmt::format("there is no function @{}", name),
                        nearest.empty() ? fmt::format("there is @{}", fmt::join(known, ", @"))
                                        : fmt::format("did you mean {}?", nearest));
}

Result<bool> is_made_of_loss(const std::string& path, const std::string& function) {
  if (function != "train_step") return false;
  MINNOW_ASSIGN(const auto module, read_ir_file(path, ReadFor::kInterpreting));
  return module->find(function) == nullptr && module->find("loss") != nullptr;
}

namespace {

// Of all values that ops make. Compiled code keeps what is in a body in registers.
int64_t bytes_of_ops(const Function& function, ReadFor purpose) {
  int64_t bytes = 0;
  for (const auto& op : function.ops()) {
    for (const auto& result : op->results) bytes += result->type.bytes();
    if (op->body && purpose == ReadFor::kInterpreting) bytes += bytes_of_ops(*op->body, purpose);
  }
  return bytes;
}

}  // namespace

Status check_memory(const std::string& file, const Function& function, int64_t allowed, ReadFor purpose) {
  int64_t bytes = bytes_of_ops(function, purpose);
  for (const auto& parameter : function.parameters()) bytes += parameter->type.bytes();
  // What is no op's result, or is no number that is computed, is copied to be one of the function.
  for (const FunctionResult& result : function.results())
    if (result.value->op == nullptr || result.value->op->kind == OpKind::kConstant) bytes += result.value->type.bytes();
  if (bytes <= allowed) return {};
  return fail_with_hint(file, fmt::format("@{} needs {} bytes, but {} are allowed", function.name(), bytes, allowed),
                        "--max-memory allows more");
}

}  // namespace minnow
