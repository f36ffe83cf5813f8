// Training over epochs.
#include <algorithm>

#include "api/arrays.h"
#include "api/border.h"
#include "runtime/train/diagnose.h"
#include "runtime/train/trainer.h"

namespace minnow::api {
namespace {

minnow_epoch_info describe_epoch(const minnow_model* model, const EpochMetrics& row) {
  return {row.epoch,
          row.steps,
          row.learning_rate,
          row.train_loss,
          accuracy_of(model, row.train_accuracy),
          row.validation_loss,
          accuracy_of(model, row.validation_accuracy),
          row.seconds};
}

minnow_step_info describe_step(const minnow_model* model, const StepMetrics& step) {
  return {step.epoch,
          step.step,
          step.steps_per_epoch,
          step.learning_rate,
          step.loss,
          step.mean_loss,
          accuracy_of(model, step.accuracy)};
}

// What the caller hands over, as examples to train and to validate on.
Result<DataSplits> given_data(const LoweredModel& network, const minnow_fit_options& options) {
  DataSplits data;
  MINNOW_ASSIGN(data.train, dataset_of(network, span_of(options.train, options.train_count), "train"));
  if (options.validation_count == 0) return data;
  MINNOW_ASSIGN(data.validation,
                dataset_of(network, span_of(options.validation, options.validation_count), "validation"));
  return data;
}

// An epoch that was stopped half way goes on if these are as many examples; otherwise a new one begins.
void begin_anew_on_other_data(TrainingState& state, int64_t batch_size, int64_t examples) {
  const bool goes_on = state.batch_size == batch_size && (state.batch_in_epoch - 1) * batch_size < examples;
  if (state.batch_in_epoch == 0 || goes_on) return;
  state.batch_in_epoch = 0;
  state.loss_sum = state.correct_sum = state.weight_sum = 0;
}

// The caller's callbacks, and further epochs behind those that are done.
TrainerOptions trainer_options(minnow_model* model, const minnow_fit_options& options) {
  TrainerOptions trainer;
  trainer.interrupt = &model->is_cancelled;
  trainer.on_step = [model, options](const StepMetrics& step) {
    model->steps_per_epoch = step.steps_per_epoch;
    if (options.on_step == nullptr) return;
    const minnow_step_info info = describe_step(model, step);
    if (options.on_step(&info, options.context) != 0) minnow_cancel(model);
  };
  if (options.on_epoch != nullptr)
    trainer.on_epoch = [model, options](const EpochMetrics& row) {
      const minnow_epoch_info info = describe_epoch(model, row);
      if (options.on_epoch(&info, options.context) != 0) minnow_cancel(model);
    };
  if (options.epochs > 0) trainer.epochs = std::ssize(model->state.history) + options.epochs;
  return trainer;
}

Status train_on(minnow_model* model, const DataSplits& data, const minnow_fit_options& options) {
  const spec::Training& training = model->session->model().model.training();
  if (training.has_early_stopping() && data.validation.size() == 0)
    return fail_with_hint("training.early_stopping", "asks for a validation, but there is nothing to validate on",
                          "hand over validation arrays");
  TrainingState state = model->state;
  begin_anew_on_other_data(state, std::min(training.batch_size(), data.train.size()), data.train.size());
  const DiagnosisStart before(*model->session, state.step);
  Result<TrainingOutcome> outcome = train(*model->session, data, trainer_options(model, options), std::move(state));
  if (!outcome) {
    before.restore(*model->session);
    return tl::unexpected(std::move(outcome.error()));
  }
  model->state = std::move(outcome->state);
  return {};
}

Status fit(minnow_model* model, const minnow_fit_options& options) {
  if (options.epochs < 0) return misuse("options.epochs", fmt::format("is {}", options.epochs));
  MINNOW_TRY(check_learns(model));
  if (options.train_count > 0) {
    MINNOW_TRY(check_given(options.train, "options.train"));
    MINNOW_ASSIGN(const DataSplits data, given_data(model->session->lowered(), options));
    return train_on(model, data, options);
  }
  if (options.validation_count > 0)
    return misuse("options.validation", "is given, but nothing to train on", "the model's own data bring both");
  MINNOW_ASSIGN(const DataSplits* data, own_data(model, options.data_dir));
  return train_on(model, *data, options);
}

}  // namespace
}  // namespace minnow::api

using namespace minnow;       // NOLINT
using namespace minnow::api;  // NOLINT

extern "C" {

minnow_status minnow_fit(minnow_model* model, const minnow_fit_options* options) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_ASSIGN(const minnow_fit_options filled, filled_up(options, minnow_fit_options MINNOW_FIT_OPTIONS_INIT));
    begin_call(model);
    return fit(model, filled);
  });
}

size_t minnow_epoch_count(const minnow_model* model) { return model == nullptr ? 0 : model->state.history.size(); }

minnow_status minnow_epoch(const minnow_model* model, size_t index, minnow_epoch_info* epoch) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(epoch, "epoch"));
    const auto& history = model->state.history;
    if (index >= history.size()) return misuse("index", fmt::format("is {}, but there are {}", index, history.size()));
    *epoch = describe_epoch(model, history[index]);
    return {};
  });
}

}  // extern "C"
