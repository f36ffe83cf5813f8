#include <fmt/format.h>

#include <filesystem>

#include "runtime/data/dataset.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/export_network.h"
#include "runtime/weights/detect_names.h"
#include "runtime/weights/rename_weights.h"
#include "tools/command.h"
#include "tools/flags/trained_model.h"

namespace minnow {
namespace {

struct ExportFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string weights;
  std::string out;
  NamesFlag names;
  int64_t batch = 0;
  bool has_logits = false;
};

// The network with its weights, and the names of its classes, if there are any.
struct Exported {
  std::unique_ptr<Session> session;
  std::vector<std::string> class_names;
};

// Of a run, what it has come to; else those that the model starts from.
Result<std::vector<std::string>> fill_weights(const ExportFlags& flags, Session& session) {
  std::error_code error;
  const std::string& place = flags.weights.empty() ? flags.model.path : flags.weights;
  if (!flags.weights.empty() || std::filesystem::is_directory(place, error)) {
    MINNOW_ASSIGN(const std::string file, weights_at(place));
    return load_weights(file, session);
  }
  MINNOW_ASSIGN(const auto first, load_first_weights(session));
  if (first) MINNOW_TRY(first->status);
  const bool has_own = first || session.model().graph;  // those of a graph are in its file
  print_notes(
      {fmt::format("{}: without --weights, {}", place,
                   has_own ? "the weights are those that it starts from" : "the weights are as they are drawn")});
  return std::vector<std::string>();
}

Result<Exported> read_exported(const ExportFlags& flags, ThreadPool& pool) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  MINNOW_ASSIGN(auto session, Session::create(loaded, flags.backend.inference_options(), pool));
  MINNOW_ASSIGN(std::vector<std::string> known, fill_weights(flags, *session));
  std::vector<std::string> names = names_of_classes(std::move(known), *session);
  if (names == numbered_classes(session->lowered().classes)) names.clear();
  return Exported{std::move(session), std::move(names)};
}

Status write_weights(const ExportFlags& flags, const Exported& exported) {
  const Session& session = *exported.session;
  const Naming names = flags.names.names().value_or(Naming::kMinnow);
  MINNOW_ASSIGN(const std::vector<NamedTensor> tensors,
                rename_weights(session.tensors(), session.model(), session.lowered(), names));
  std::vector<NamedTensorRef> borrowed;
  for (const NamedTensor& tensor : tensors) borrowed.push_back({tensor.name, &tensor.tensor});
  return write_safetensors(flags.out, borrowed, metadata_of(names));
}

Result<ExitCode> export_command(const ExportFlags& flags) {
  const std::string extension = std::filesystem::path(flags.out).extension().string();
  const auto refuse = [&](std::string message, std::string hint) {
    return tl::unexpected(Error{"-o", std::move(message), std::move(hint), ExitCode::kUsage});
  };
  if (extension != ".onnx" && extension != ".safetensors")
    return refuse(fmt::format("cannot tell from \"{}\" what to write", flags.out),
                  "F.onnx is network and weights, F.safetensors the weights alone");
  if (extension == ".onnx" && !flags.names.text.empty())
    return refuse("--names is for weights in F.safetensors", "an F.onnx file has weights by Minnow's names");
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const Exported exported, read_exported(flags, pool));
  MINNOW_TRY(extension == ".onnx"
                 ? export_network(*exported.session, {flags.batch, flags.has_logits, exported.class_names}, flags.out)
                 : write_weights(flags, exported));
  return ExitCode::kDone;
}

}  // namespace

Action add_export(CLI::App& app) {
  auto flags = std::make_shared<ExportFlags>();
  flags->model.add(app);
  flags->backend.add(app);
  app.add_option("--weights", flags->weights, "trained weights, .safetensors; a run folder has its own")
      ->type_name("FILE|DIR");
  app.add_option("-o,--output", flags->out, "F.onnx, the network for inference; or F.safetensors, the weights alone")
      ->type_name("FILE")
      ->required();
  flags->names.add(app, "whose names and layouts F.safetensors is to have");
  app.add_option("--batch-size,--batch", flags->batch, "write F.onnx for batches of so many; without, for any")
      ->check(CLI::Range(1, 65536));
  app.add_flag("--logits", flags->has_logits, "end F.onnx before the softmax or sigmoid, so that it can be trained on");
  return [flags] { return export_command(*flags); };
}

}  // namespace minnow
