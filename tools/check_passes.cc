#include "tools/check_passes.h"

#include <fmt/format.h>

#include "proof/model_subject.h"

namespace minnow {
namespace {

constexpr int kBatches = 2;

}  // namespace

Result<std::unique_ptr<ModelBatches>> ModelBatches::load(const LoadedModel& model, const DataFlags& flags) {
  auto batches = std::make_unique<ModelBatches>();
  if (!model.model.has_data()) return batches;
  ThreadPool pool(1);
  MINNOW_ASSIGN(const auto session, Session::create(model, {}, pool));
  auto data = flags.load(*session, pool);
  if (!data) {
    fmt::print(stderr, "note: random batches stand in for the data: {}\n",
               data.error().message.substr(0, data.error().message.find('\n')));
    return batches;
  }
  batches->is_random_ = false;
  batches->data_ = *std::move(data);
  return batches;
}

proof::PassChecker make_model_checker(const LoadedModel& model, const ModelBatches& batches) {
  return proof::PassChecker([&model, &batches](std::unique_ptr<Function> function) {
    return proof::model_subject(model, std::move(function), kBatches, batches.data());
  });
}

proof::PassChecker make_ir_checker() {
  return proof::PassChecker([](std::unique_ptr<Function> function) -> Result<proof::Subject> {
    return proof::random_subject(std::move(function), kBatches);
  });
}

void print_checked(const proof::PassChecker& checker) {
  fmt::print(stderr, "every pass keeps the meaning: {} of them changed something\n", checker.checked());
}

}  // namespace minnow
