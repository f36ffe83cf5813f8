#include "proof/training_form.h"

#include <algorithm>

#include "ir/builder.h"
#include "passes/gradient/autodiff.h"
#include "passes/gradient/optimizer.h"

namespace minnow::proof {
namespace {

std::string cotangent_name(size_t result) { return fmt::format("cotangent.{}", result); }

// sum(result * cotangent), f32; nullptr for a result that has no gradient.
Value* share_of(const FunctionResult& result, size_t number, Builder& b) {
  if (!is_float(result.value->type.dtype)) return nullptr;
  Value* cotangent = b.function().add_parameter(cotangent_name(number), result.value->type);
  Value* product = b.mul(result.value, cotangent);
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < product->type.rank(); ++i) dims.push_back(i);
  if (!dims.empty()) product = b.reduce_sum(product, dims);
  return product->type.dtype == DType::kF32 ? product : b.convert(product, DType::kF32);
}

Value* add_loss(Function& function) {
  Builder b(function);
  b.set_location({"loss", Phase::kForward});
  Value* loss = nullptr;
  for (size_t i = 0; i < function.results().size(); ++i) {
    Value* share = share_of(function.results()[i], i, b);
    if (share != nullptr) loss = loss == nullptr ? share : b.add(loss, share);
  }
  return loss;
}

bool is_trainable(const Function& function, const Value* loss, const Value& weight) {
  if (weight.type != TensorType{DType::kF32, weight.type.shape}) return false;
  const auto copy = function.clone();
  // The clone's loss: the same position among the results as it was given.
  Value* copied_loss = copy->results()[0].value;
  MINNOW_CHECK(copied_loss->type == loss->type, "a clone has other results");
  std::vector<Value*> gradients;
  return differentiate(*copy, copied_loss, {copy->find_parameter(weight.name)}, gradients).has_value();
}

bool has_taken_names(const Function& function) {
  const auto is_taken = [&](const FunctionResult& result) {
    return result.name == "loss" || function.find_parameter(result.name) != nullptr;
  };
  bool is_any =
      std::ranges::any_of(function.results(), is_taken) || function.find_parameter("learning_rate") != nullptr;
  for (size_t i = 0; i < function.results().size(); ++i)
    is_any = is_any || function.find_parameter(cotangent_name(i)) != nullptr;
  return is_any;
}

}  // namespace

std::unique_ptr<Function> training_form(const Function& function, const PlantedBug* bug) {
  if (has_taken_names(function)) return nullptr;
  auto form = function.clone();
  Value* loss = add_loss(*form);
  if (loss == nullptr) return nullptr;
  form->results().insert(form->results().begin(), {"loss", loss});
  bool is_any = false;
  for (const auto& parameter : form->parameters()) {
    if (parameter->role != Role::kWeight) continue;
    if (is_trainable(*form, loss, *parameter)) is_any = true;
    else parameter->role = Role::kInput;
  }
  if (!is_any) return nullptr;
  OptimizerSpec sgd;
  sgd.keep_gradients = true;
  auto step = build_train_step(*form, sgd);
  if (!step) return nullptr;
  if (bug != nullptr && bug->gradient) bug->gradient(**step);
  return *std::move(step);
}

}  // namespace minnow::proof
