#include "tools/bundle_files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "codegen/bundle/bundle.h"
#include "passes/simplify/eliminate_dead_code.h"
#include "runtime/file.h"
#include "runtime/safetensors.h"
#include "runtime/train/run_curves.h"
#include "runtime/train/run_folder.h"
#include "tools/command.h"
#include "tools/flags/ir_file.h"
#include "tools/flags/trained_model.h"

namespace minnow {
namespace {

// What a bundle is made of.
struct Parts {
  std::vector<std::unique_ptr<Function>> functions;
  std::map<std::string, Tensor> tensors;
  BundleOptions options;
};

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= names.size();) {
    const size_t comma = std::min(names.find(',', at), names.size());
    parts.push_back(names.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

Result<std::vector<std::string>> function_names(const BundleFlags& flags) {
  std::vector<std::string> names = split(flags.functions);
  for (const std::string& name : names)
    if (std::ranges::count(names, name) > 1)
      return tl::unexpected(
          Error{"--function", fmt::format("\"{}\" comes twice", name), "each function once", ExitCode::kUsage});
  return names;
}

Result<std::string> bundle_name(const ModelFlags& model, const BundleFlags& flags) {
  if (flags.name.empty()) return c_identifier(std::filesystem::path(last_name(model.path)).stem().string());
  if (is_c_identifier(flags.name)) return flags.name;
  return tl::unexpected(Error{"--name", fmt::format("\"{}\" is no name for functions of C", flags.name),
                              fmt::format("letters, digits and _, as in {}", c_identifier(flags.name)),
                              ExitCode::kUsage});
}

// What training would go on from for a bundle that trains, else what the run has come to.
Status load_run(const std::string& path, bool trains, Session& session, Parts& parts) {
  const RunFolder run = RunFolder::at(path);
  const auto file = trains ? run.checkpoint_path() : run.result_path();
  if (!file) return fail_with_hint(path, "holds no weights of a run", "minnow train --out leaves best.safetensors");
  MINNOW_ASSIGN(parts.options.class_names, load_weights(*file, session));
  if (!trains) return {};
  MINNOW_ASSIGN(const TrainingState state, load_checkpoint(*file, session));
  parts.options.step = static_cast<int32_t>(state.step);
  return {};
}

Status add_model(const ModelFlags& flags, const BackendFlags& backend, const std::vector<std::string>& names,
                 const BundleFlags& bundle, Parts& parts) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.read());
  const bool trains = std::ranges::find(names, "train_step") != names.end();
  ThreadPool pool(1);
  SessionOptions options = backend.session_options();
  options.trains = trains;
  const LowerOptions lower{loaded.model.training().batch_size(), options.max_bytes};
  for (const std::string& name : names) {
    MINNOW_ASSIGN(parts.functions.emplace_back(), build_function(loaded, name, {lower, bundle.pipeline, {}}));
  }
  MINNOW_ASSIGN(const auto session, Session::create(loaded, options, pool));
  std::error_code error;
  if (bundle.names_weights()) {
    MINNOW_ASSIGN(const std::string file, weights_at(bundle.weights));
    MINNOW_ASSIGN(parts.options.class_names, load_weights(file, *session));
  } else if (std::filesystem::is_directory(flags.path, error)) {
    MINNOW_TRY(load_run(flags.path, trains, *session, parts));
  }
  if (session->lowered().classes > 0)
    parts.options.class_names = names_of_classes(std::move(parts.options.class_names), *session);
  parts.options.seed = static_cast<int32_t>(loaded.model.training().seed());
  if (std::ranges::find(names, "generate") != names.end()) parts.options.positions = session->input_type().dim(1);
  parts.options.model = loaded.model.name();
  parts.tensors = std::move(session->tensors());
  return {};
}

// Functions as they stand in IR text; their weights come from a checkpoint.
Status add_program(const std::string& path, const std::vector<std::string>& names, int64_t max_bytes,
                   const std::vector<Pass>& pipeline, Parts& parts) {
  MINNOW_ASSIGN(const auto module, read_ir_file(path));
  for (const std::string& name : names) {
    MINNOW_ASSIGN(const Function* const found, choose_function(*module, path, name));
    MINNOW_TRY(check_memory(path, *found, max_bytes));
    auto& function = parts.functions.emplace_back(found->clone());
    MINNOW_ASSIGN(const auto records, run_passes(*function, pipeline, {}));
  }
  parts.options.has_weights = false;
  parts.options.model = last_name(path);
  return {};
}

Result<bool> is_plain_program(const std::string& path) {
  if (!is_ir_file(path)) return false;
  MINNOW_ASSIGN(const auto module, read_ir_file(path, ReadFor::kInterpreting));
  return module->find("loss") == nullptr;
}

// All or none: what was written before one that cannot be is removed.
Status write_files(const std::string& folder, const Bundle& bundle, const Parts& parts) {
  MINNOW_TRY(make_folder(folder));
  std::vector<std::string> written;
  Status status;
  for (const auto& [name, bytes] : bundle.files) {
    if (!status) break;
    status = write_file_atomically(folder + "/" + name, bytes);
    written.push_back(folder + "/" + name);
  }
  if (status && !parts.options.has_weights && !parts.tensors.empty()) {
    std::vector<NamedTensorRef> tensors;
    for (const BundleTensor* tensor : bundle.layout.saved())
      tensors.push_back({tensor->name, &parts.tensors.at(tensor->name)});
    status = write_safetensors(folder + "/" + parts.options.name + ".safetensors", tensors, {});
  }
  std::error_code ignored;
  if (!status)
    for (const std::string& path : written) std::filesystem::remove(path, ignored);
  return status;
}

// "infer 4, train_step 4": of those that know a batch.
std::string batches_of(const Bundle& bundle) {
  std::vector<std::string> batches;
  for (const BundleEntry& entry : bundle.layout.entries) {
    const auto input = std::ranges::find(entry.arguments, EntryArgument::Kind::kInput, &EntryArgument::kind);
    if (input != entry.arguments.end() && input->type.rank() > 0)
      batches.push_back(fmt::format("{} {}", entry.name, input->type.dim(0)));
  }
  return fmt::format("{}", fmt::join(batches, ", "));
}

void print_summary(const std::string& folder, const Bundle& bundle, bool has_batches) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : bundle.files) names.push_back(name);
  fmt::print("{}: {}\n", folder, fmt::join(names, ", "));
  if (has_batches) fmt::print("examples   {} at a time\n", batches_of(bundle));
  if (bundle.code_bytes > 0)
    fmt::print("code       {:>12} bytes\nconstants  {:>12} bytes\n", bundle.code_bytes, bundle.constant_bytes);
  fmt::print("memory     {:>12} bytes, of which tensors {}\n", bundle.layout.memory_bytes,
             bundle.layout.work_offset - BundleHeader::kBytes);
  if (!bundle.needs.empty()) fmt::print("needs      {}\n", fmt::join(bundle.needs, ", "));
}

}  // namespace

Status write_bundle(const ModelFlags& model, const BackendFlags& backend, const BundleFlags& flags) {
  if (flags.folder.empty())
    return tl::unexpected(Error{"--emit", "a bundle needs a folder to go to", "add -o DIR", ExitCode::kUsage});
  if (flags.folder.ends_with(".c") || flags.folder.ends_with(".o"))
    return tl::unexpected(Error{"-o",
                                fmt::format("\"{}\" would be a folder, as a bundle is several files", flags.folder),
                                "name a folder, and the files by --name", ExitCode::kUsage});
  Parts parts;
  MINNOW_ASSIGN(parts.options.name, bundle_name(model, flags));
  MINNOW_ASSIGN(std::vector<std::string> names, function_names(flags));
  parts.options.triple = flags.triple;
  parts.options.cpu = flags.cpu;
  parts.options.is_small = flags.optimize == "size";
  parts.options.has_weights = flags.weights != "file";
  MINNOW_ASSIGN(const bool is_plain, is_plain_program(model.path));
  if (names[0].empty() && !is_plain) names[0] = "infer";
  MINNOW_TRY(is_plain ? add_program(model.path, names, backend.session_options().max_bytes, flags.pipeline, parts)
                      : add_model(model, backend, names, flags, parts));
  for (auto& [name, tensor] : parts.tensors)
    parts.options.tensors[name] = {tensor.data(), static_cast<size_t>(tensor.type().bytes())};
  std::vector<const Function*> functions;
  for (const auto& function : parts.functions) {
    drop_unread_weights(*function);
    functions.push_back(function.get());
  }
  auto made = flags.as_c ? make_c_bundle(functions, parts.options) : make_bundle(functions, parts.options);
  if (!made && made.error().hint.empty() && !flags.triple.empty())
    made.error().hint = "--emit=c writes C99, for any machine that has a compiler of it";
  MINNOW_ASSIGN(const Bundle bundle, std::move(made));
  MINNOW_TRY(write_files(flags.folder, bundle, parts));
  print_summary(flags.folder, bundle, !is_plain);
  return {};
}

}  // namespace minnow
