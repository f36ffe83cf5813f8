#include "proof/model_subject.h"

#include <algorithm>
#include <map>

#include "passes/gradient/optimizer.h"
#include "proof/parameters.h"
#include "proof/training_form.h"
#include "runtime/data/batch.h"
#include "runtime/optimizer_spec.h"
#include "runtime/random_batch.h"

namespace minnow::proof {
namespace {

constexpr uint32_t kBatchStream = 0xFFFE0000;  // and on: one per step and input
constexpr int kExtremeSteps = 8;
constexpr Domain kIndices = {.low = 0, .high = 3};  // of whole numbers in a step on extreme ones

// What the parameters of a model's function hold at the beginning.
class InitialTensors {
 public:
  InitialTensors(const LoadedModel& model, const LoweredModel& lowered) : model_(model) {
    const auto seed = static_cast<uint32_t>(model.model.training().seed());
    for (const WeightInfo& weight : lowered.weights) {
      const std::vector<float> values = initialize_weight(weight.init, weight.name, weight.shape, seed);
      tensors_.emplace(weight.name, Tensor::from<float>({DType::kF32, weight.shape}, std::span(values)));
    }
    for (const StateInfo& state : lowered.states) {
      const std::vector<float> values = state.initial_values();
      tensors_.emplace(state.name, Tensor::from<float>({DType::kF32, state.shape}, std::span(values)));
    }
  }

  // nullptr if there is none.
  const Tensor* find(const std::string& name) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }

  Tensor of(const Value& parameter) const {
    if (const Tensor* found = find(parameter.name)) return found->clone();
    Tensor tensor = Tensor::zeros(parameter.type);
    if (parameter.role != Role::kScalar) return tensor;
    const auto& training = model_.model.training();
    if (parameter.name == "learning_rate") tensor.as<float>()[0] = static_cast<float>(training.learning_rate());
    if (parameter.name == "seed") tensor.as<int32_t>()[0] = static_cast<int32_t>(training.seed());
    return tensor;
  }

 private:
  const LoadedModel& model_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

// Fills the inputs of one step.
class BatchFeed {
 public:
  BatchFeed(const Function& function, const LoweredModel& network, const Dataset* data)
      : function_(function), data_(data) {
    // What nothing is known of is drawn as the classes are.
    const int64_t classes = std::max<int64_t>(network.classes, 1);
    for (const TargetInfo& target : network.targets) limits_[target.name] = std::max<int64_t>(target.classes, 1);
    for (const InputInfo& input : network.inputs)
      limits_[input.name] = input.vocabulary > 0 ? input.vocabulary : classes;
    network_->inputs = network.inputs;
    network_->targets = network.targets;
  }

  void operator()(int step, std::vector<Tensor>& arguments) const {
    uint32_t stream = kBatchStream + 16 * static_cast<uint32_t>(step);
    for (const auto& parameter : function_.parameters()) {
      Tensor& argument = arguments[static_cast<size_t>(parameter->index)];
      if (parameter->role == Role::kInput && data_ == nullptr)
        argument = random_tensor(parameter->type, limits_.at(parameter->name), stream++);
      if (parameter->role == Role::kScalar && parameter->name == "step") argument.as<int32_t>()[0] = step;
    }
    if (data_ != nullptr) take_rows(step, arguments);
  }

 private:
  void take_rows(int step, std::vector<Tensor>& arguments) const {
    const std::vector<int32_t> order = rows_in_order(*data_);
    const int64_t batch = network_->inputs[0].type.dim(0);
    std::vector<int32_t> rows;
    for (int64_t i = 0; i < batch; ++i) rows.push_back(order[static_cast<size_t>(step * batch + i) % order.size()]);
    Batch fed;
    const Status filled = fill_batch(*network_, *data_, rows, BatchParts::kAll, fed);
    MINNOW_CHECK(filled, "{}", filled.error().to_string());
    for (const auto& parameter : function_.parameters())
      if (parameter->role == Role::kInput)
        arguments[static_cast<size_t>(parameter->index)] = std::move(fed.tensors.at(parameter->name));
  }

  const Function& function_;
  std::shared_ptr<LoweredModel> network_ = std::make_shared<LoweredModel>();  // its inputs and targets
  std::map<std::string, int64_t, std::less<>> limits_;                        // of whole numbers, by parameter
  const Dataset* data_;
};

Subject make_subject(std::unique_ptr<Function> function, int steps, const LoadedModel& model,
                     const LoweredModel& lowered, const Dataset* data) {
  const InitialTensors initial(model, lowered);
  Subject subject{.function = std::move(function), .arguments = {}, .steps = steps};
  for (const auto& parameter : subject.function->parameters()) subject.arguments.push_back(initial.of(*parameter));
  subject.feed = BatchFeed(*subject.function, lowered, data);
  subject.feed(0, subject.arguments);
  return subject;
}

std::vector<Value> inputs_of(const Function& function) {
  std::vector<Value> inputs;
  for (const auto& parameter : function.parameters())
    if (parameter->role == Role::kInput) inputs.push_back(*parameter);
  return inputs;
}

}  // namespace

Result<Subject> training_subject(const LoadedModel& model, int steps, const Dataset* data, const PlantedBug* bug) {
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(model, {model.model.training().batch_size()}));
  OptimizerSpec spec = optimizer_spec(model.model.training(), lowered.weights);
  spec.keep_gradients = true;
  MINNOW_ASSIGN(auto step, build_train_step(*lowered.module.find("loss"), spec));
  if (bug != nullptr && bug->gradient) bug->gradient(*step);
  return make_subject(std::move(step), steps, model, lowered, data);
}

Result<Subject> model_subject(const LoadedModel& model, std::unique_ptr<Function> function, int steps,
                              const Dataset* data) {
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(model, {model.model.training().batch_size()}));
  return make_subject(std::move(function), steps, model, lowered, data);
}

Result<Subject> inference_subject(const LoadedModel& model) {
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(model, {model.model.training().batch_size()}));
  const Function& infer = *lowered.module.find("infer");
  auto training = training_form(infer);
  Subject subject = random_subject(training != nullptr ? std::move(training) : infer.clone(), 1);
  const InitialTensors initial(model, lowered);
  for (const auto& parameter : subject.function->parameters())
    if (const Tensor* held = initial.find(parameter->name))
      subject.arguments[static_cast<size_t>(parameter->index)] = held->clone();
  return subject;
}

Subject random_subject(std::unique_ptr<Function> function, int steps) {
  Subject subject{.function = std::move(function), .arguments = {}, .steps = steps + kExtremeSteps};
  for (const auto& parameter : subject.function->parameters()) {
    Tensor tensor = random_tensor(parameter->type, 4, kBatchStream + static_cast<uint32_t>(parameter->index));
    if (parameter->type.dtype == DType::kF32)
      for (float& x : tensor.as<float>()) {
        if (parameter->role == Role::kInput || parameter->role == Role::kWeight) x = 2 * x - 1;
        if (parameter->name == "learning_rate") x = 0.01F;
      }
    subject.arguments.push_back(std::move(tensor));
  }
  subject.feed = [steps, inputs = inputs_of(*subject.function)](int step, std::vector<Tensor>& arguments) {
    if (step < steps) return;
    Rng rng(static_cast<uint32_t>(step));
    for (const Value& input : inputs)
      arguments[static_cast<size_t>(input.index)] = draw_tensor(input.type, kIndices, Numbers::kExtreme, rng);
  };
  return subject;
}

}  // namespace minnow::proof
