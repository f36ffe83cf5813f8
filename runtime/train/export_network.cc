#include "runtime/train/export_network.h"

#include <nlohmann/json.hpp>

#include "frontend/onnx/export/export_function.h"
#include "passes/simplify/eliminate_dead_code.h"
#include "runtime/file.h"

namespace minnow {
namespace {

// Lowered for two batches, of which no layer makes a special case.
constexpr int64_t kBatch = 13, kOtherBatch = 17;

// Without the softmax or sigmoid that predictions end in where a loss has it: as of a regression.
Result<LoadedModel> without_probabilities(LoadedModel loaded) {
  if (loaded.program) return fail(loaded.path, "a program's @infer says itself what it ends in, so it has no logits");
  loaded.model.mutable_loss()->mutable_mean_squared_error();
  return loaded;
}

}  // namespace

Status export_network(const Session& session, const NetworkExport& what, const std::string& path) {
  LoadedModel loaded = session.model();
  if (what.has_logits && (loaded.has_loss() || loaded.program)) {
    MINNOW_ASSIGN(loaded, without_probabilities(std::move(loaded)));
  }
  const int64_t fixed = batch_size_for(loaded, what.batch);
  if (what.batch > 0 && fixed != what.batch)
    return fail_with_hint(loaded.path, fmt::format("takes batches of {}, not of {}", fixed, what.batch),
                          "without --batch, the file has that size");
  const bool is_fixed = fixed > 0;
  MINNOW_ASSIGN(const auto infer, build_function(loaded, "infer", {{is_fixed ? fixed : kBatch}, {}, {}}));
  MINNOW_ASSIGN(const auto other, build_function(loaded, "infer", {{is_fixed ? fixed : kOtherBatch}, {}, {}}));
  for (Function* function : {infer.get(), other.get()}) {
    eliminate_dead_code(*function);
    drop_unread_weights(*function);
  }
  OnnxExport network{.function = *infer, .at_other_batch = *other, .name = loaded.model.name()};
  if (!what.class_names.empty())
    network.metadata.emplace_back(
        "classes", nlohmann::json(what.class_names).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  network.bytes_of = [&](const Value& parameter) { return session.tensors().at(parameter.name).bytes(); };
  auto bytes = export_onnx(network);
  if (!bytes && bytes.error().where.empty()) bytes.error().where = loaded.path;
  MINNOW_TRY(bytes);
  return write_file_atomically(path, *bytes);
}

}  // namespace minnow
