// Predictions, evaluations and single steps.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "api/arrays.h"
#include "api/border.h"
#include "runtime/train/diagnose.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/schedule.h"

namespace minnow::api {
namespace {

int64_t batch_size_of(const minnow_model* model) { return model->session->model().model.training().batch_size(); }

// How many examples to compute for so many: what a program takes; else a power of two, so that any number of examples
// needs few functions, but no more than a batch.
int64_t padded_size(const minnow_model* model, int64_t examples) {
  const int64_t batch = batch_size_of(model);
  if (model->session->lowered().has_fixed_batch) return batch;
  return std::min<int64_t>(batch, static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(examples))));
}

// Rows [first, first + count) of `tensor`, borrowed where they make a batch of `size` as they lie; the last row fills
// up.
Tensor rows_as_batch(Tensor& tensor, int64_t first, int64_t count, int64_t size, DType dtype) {
  TensorType type = tensor.type();
  const int64_t row_bytes = type.bytes() / type.dim(0);
  type.shape[0] = size;
  if (count == size && type.dtype == dtype) return Tensor::borrowed(type, tensor.data() + first * row_bytes);
  Tensor rows = Tensor::uninitialized(type);
  std::memcpy(rows.data(), tensor.data() + first * row_bytes, static_cast<size_t>(count * row_bytes));
  for (int64_t i = count; i < size; ++i)
    std::memcpy(rows.data() + i * row_bytes, rows.data() + (count - 1) * row_bytes, static_cast<size_t>(row_bytes));
  return type.dtype == dtype ? std::move(rows) : rows.converted_to(dtype);
}

// Predictions of up to a batch of examples, with some behind them that nobody reads.
Result<const Tensor*> infer_batch(minnow_model* model, NamedTensors& inputs, int64_t first, int64_t count) {
  const int64_t size = padded_size(model, count);
  Batch batch;
  for (const InputInfo& input : model->session->lowered().inputs)
    batch.tensors.emplace(input.name, rows_as_batch(inputs.at(input.name), first, count, size, input.type.dtype));
  MINNOW_ASSIGN(const Tensor* predictions, model->session->infer(batch));
  const int64_t row = predictions->type().elements() / size;
  if (predictions->type().dtype != DType::kF32) return predictions;
  const auto values = predictions->as<float>().first(static_cast<size_t>(count * row));
  const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
  if (bad == values.end()) return predictions;
  Error error{fmt::format("example {}", first + (bad - values.begin()) / row), "the prediction is not finite", {}};
  return tl::unexpected(not_finite(*model->session, std::move(error), "infer", batch));
}

// Where predictions of this type go: to the caller, or to the model's own memory.
Result<std::byte*> room_for(minnow_model* model, const TensorType& type, const minnow_array& output) {
  if (output.data == nullptr) {
    if (model->predictions.type() != type) model->predictions = Tensor::uninitialized(type);
    return model->predictions.data();
  }
  if (is_of_type(output, type)) return static_cast<std::byte*>(output.data);
  return misuse("output", "has another type or shape than the predictions",
                fmt::format("they are {}", type.to_string()));
}

Status infer(minnow_model* model, std::span<const minnow_array> arrays, minnow_array* output) {
  MINNOW_ASSIGN(TensorType type, prediction_type(*model->session));
  const LoweredModel& network = model->session->lowered();
  MINNOW_ASSIGN(NamedTensors inputs, tensors_for(input_slots(network), arrays));
  MINNOW_TRY(check_values(network, inputs));
  const int64_t count = inputs.begin()->second.dim(0), batch = batch_size_of(model);
  type.shape[0] = count;
  if (!checked_element_count(type.shape))
    return fail("prediction", "{} is more than {} elements", shape_to_string(type.shape), kMaxElements);
  if (count <= batch && output->data == nullptr) {
    MINNOW_ASSIGN(const Tensor* predictions, infer_batch(model, inputs, 0, count));
    *output = describe("prediction", type, const_cast<std::byte*>(predictions->data()));
    return {};
  }
  MINNOW_ASSIGN(std::byte* const to, room_for(model, type, *output));
  const int64_t row_bytes = type.bytes() / count;
  for (int64_t first = 0; first < count; first += batch) {
    MINNOW_TRY(check_interrupt(&model->is_cancelled));
    const int64_t rows = std::min(batch, count - first);
    MINNOW_ASSIGN(const Tensor* predictions, infer_batch(model, inputs, first, rows));
    std::memcpy(to + first * row_bytes, predictions->data(), static_cast<size_t>(rows * row_bytes));
  }
  *output = describe("prediction", type, to);
  return {};
}

Status evaluate_on(minnow_model* model, const Dataset& data, minnow_outcome* outcome) {
  MINNOW_ASSIGN(const Evaluation result, evaluate(*model->session, data, &model->is_cancelled));
  *outcome = {result.loss, accuracy_of(model, result.accuracy), evaluated_examples(*model->session, data)};
  return {};
}

Status evaluate_arrays(minnow_model* model, std::span<const minnow_array> arrays, minnow_outcome* outcome) {
  MINNOW_TRY(check_has_loss(model->session->model()));
  if (!arrays.empty()) {
    MINNOW_ASSIGN(const Dataset data, dataset_of(model->session->lowered(), arrays, "examples"));
    return evaluate_on(model, data, outcome);
  }
  MINNOW_ASSIGN(const DataSplits* data, own_data(model, nullptr));
  return evaluate_on(model, data->validation, outcome);
}

Result<double> learning_rate_of_step(const minnow_model* model, double given) {
  if (!std::isnan(given)) return given;
  const spec::Training& training = model->session->model().model.training();
  const spec::Schedule& schedule = training.schedule();
  const bool is_constant = schedule.has_constant() || schedule.kind_case() == spec::Schedule::KIND_NOT_SET;
  if ((!is_constant || schedule.warmup_epochs() > 0) && model->steps_per_epoch == 0)
    return misuse("learning_rate", "follows a schedule in epochs, whose length is not known",
                  "set the steps per epoch, or give a rate");
  return learning_rate_at(training, model->state.step, std::max<int64_t>(1, model->steps_per_epoch));
}

Status train_step(minnow_model* model, std::span<const minnow_array> arrays, double rate, minnow_outcome* outcome) {
  MINNOW_TRY(check_learns(model));
  const LoweredModel& network = model->session->lowered();
  MINNOW_ASSIGN(const double learning_rate, learning_rate_of_step(model, rate));
  MINNOW_ASSIGN(NamedTensors tensors, tensors_for(input_and_target_slots(network), arrays));
  MINNOW_TRY(check_values(network, tensors));
  Batch batch;
  for (const Slot& slot : input_and_target_slots(network)) {
    Tensor& tensor = tensors.at(slot.name);
    const int64_t count = tensor.dim(0);
    if (network.has_fixed_batch && count != slot.type.dim(0))
      return fail(slot.name, "has {} examples, but the program takes {} at a time", count, slot.type.dim(0));
    batch.tensors.emplace(slot.name, rows_as_batch(tensor, 0, count, count, slot.type.dtype));
  }
  MINNOW_ASSIGN(const BatchOutcome step, model->session->train_step(batch, model->state.step, learning_rate));
  if (!std::isfinite(step.loss))
    return tl::unexpected(Error{fmt::format("step {}", model->state.step + 1), "the loss is no longer finite",
                                "lower the learning rate, or clip gradients with training.clip.global_norm",
                                ExitCode::kMismatch});
  ++model->state.step;
  const double counted = std::max(step.weight, 1.0) * static_cast<double>(network.predictions_per_example);
  if (outcome != nullptr) *outcome = {step.loss, accuracy_of(model, step.correct / counted), batch.size()};
  return {};
}

}  // namespace
}  // namespace minnow::api

using namespace minnow;       // NOLINT
using namespace minnow::api;  // NOLINT

extern "C" {

minnow_status minnow_infer(minnow_model* model, const minnow_array* inputs, size_t input_count, minnow_array* output) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(inputs, "inputs"));
    MINNOW_TRY(check_given(output, "output"));
    begin_call(model);
    return infer(model, span_of(inputs, input_count), output);
  });
}

minnow_status minnow_evaluate(minnow_model* model, const minnow_array* arrays, size_t count, minnow_outcome* outcome) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(outcome, "outcome"));
    begin_call(model);
    return evaluate_arrays(model, span_of(arrays, count), outcome);
  });
}

minnow_status minnow_train_step(minnow_model* model, const minnow_array* arrays, size_t count, double learning_rate,
                                minnow_outcome* outcome) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(arrays, "arrays"));
    begin_call(model);
    return train_step(model, span_of(arrays, count), learning_rate, outcome);
  });
}

minnow_status minnow_set_steps_per_epoch(minnow_model* model, int64_t steps) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    if (steps < 1) return misuse("steps", fmt::format("is {}, but must be at least 1", steps));
    model->steps_per_epoch = steps;
    return {};
  });
}

int64_t minnow_step_count(const minnow_model* model) { return model == nullptr ? 0 : model->state.step; }

}  // extern "C"
