// Model and experiment files: one that is accepted prints as text that is accepted again; a network is built or
// refused.
#include "frontend/load/defaults.h"
#include "frontend/load/load_experiment.h"
#include "frontend/load/validate_model.h"
#include "frontend/lower/lower_model.h"
#include "ir/verify.h"
#include "tests/fuzz/targets/memory_file.h"
#include "tests/fuzz/targets/targets.h"

namespace minnow::testing {
namespace {

constexpr int64_t kMaxModelBytesInMemory = int64_t{1} << 30;

void lower(const LoadedModel& model) {
  const auto lowered = lower_model(model, {model.model.training().batch_size(), kMaxModelBytesInMemory});
  if (!lowered) return;
  const Status status = verify(lowered->module);
  MINNOW_CHECK(status.has_value(), "{}", status.error().to_string());
}

void follow(Result<LoadedModel> loaded) {
  if (!loaded) {
    MINNOW_CHECK(!loaded.error().to_string().empty(), "an error that says nothing");
    return;
  }
  const std::string text = model_to_text(loaded->model);
  const auto again = parse_model_text(text, "again.textproto");
  MINNOW_CHECK(again.has_value(), "{}\n{}", again.error().to_string(), text);
  MINNOW_CHECK(model_to_text(again->model) == text, "prints differently the second time:\n{}", text);
  if (complete_model(*loaded)) lower(*loaded);
}

}  // namespace

void fuzz_text_model(std::string_view bytes) { follow(parse_model_text(bytes, "fuzz.textproto")); }

void fuzz_experiment(std::string_view bytes) {
  const std::string models = MINNOW_SOURCE_DIR "/models";
  const MemoryFile file(bytes);
  const auto loaded = load_experiment(file.path(), {}, models);
  if (!loaded) return;
  const std::string text = experiment_to_text(loaded->experiment);
  const MemoryFile resolved(text);
  const auto again = load_experiment(resolved.path(), {}, models);
  MINNOW_CHECK(again.has_value(), "{}\n{}", again.error().to_string(), text);
  MINNOW_CHECK(experiment_to_text(again->experiment) == text, "prints differently the second time:\n{}", text);
}

void fuzz_binary_model(std::string_view bytes) {
  const MemoryFile file(bytes);
  follow(load_model(file.path()));
}

}  // namespace minnow::testing
