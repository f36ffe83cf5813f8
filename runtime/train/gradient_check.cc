#include "runtime/train/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "frontend/load/complain.h"
#include "frontend/lower/lower_model.h"
#include "interpreter/interpreter.h"
#include "ir/random.h"
#include "passes/gradient/autodiff.h"

namespace minnow {
namespace {

constexpr int64_t kBatch = 2;
constexpr double kDisturbance = 1e-2;
// Gradients far below the largest of their weight are compared on its scale: differences have no more digits there.
constexpr double kFloor = 1e-3;
constexpr double kWithinNoise = 1e-9;  // the largest error that is told where rounding explains it
// Differences that disagree more than this lie on a kink of the loss.
constexpr double kSmooth = 1e-4;

// What tokens and labels lie below.
int64_t limit_of(const std::string& parameter, const LoweredModel& lowered) {
  constexpr int64_t kSomeTokens = 10;
  for (const InputInfo& input : lowered.inputs)
    if (input.name == parameter) return input.vocabulary > 0 ? input.vocabulary : kSomeTokens;
  for (const TargetInfo& target : lowered.targets)
    if (target.name == parameter) return std::max<int64_t>(target.classes, 1);
  return std::max<int64_t>(lowered.classes, 1);
}

Tensor random_tensor(const Value& parameter, const LoweredModel& lowered, uint32_t stream) {
  const RandomSequence random{1, stream, 0};
  Tensor wide = Tensor::zeros({DType::kF64, parameter.type.shape});
  const auto values = wide.as<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    const double uniform = random.uniform(i);
    if (parameter.type.dtype == DType::kU8) values[i] = std::floor(uniform * 256);
    else if (parameter.type.dtype == DType::kI32)
      values[i] = std::floor(uniform * static_cast<double>(limit_of(parameter.name, lowered)));
    else values[i] = uniform;
  }
  return wide.converted_to(parameter.type.dtype);
}

// @loss with its gradients, and the arguments to evaluate it at.
class GradientProblem {
 public:
  static Result<GradientProblem> create(const LoadedModel& model) {
    MINNOW_TRY(check_has_loss(model));
    GradientProblem problem;
    MINNOW_ASSIGN(problem.lowered_, lower_model(model, {batch_size_for(model, kBatch)}));
    problem.loss_ = problem.lowered_.module.find("loss");
    for (const WeightInfo& weight : problem.lowered_.weights)
      if (!weight.is_frozen) problem.trained_.push_back(&weight);
    if (problem.trained_.empty() && !problem.lowered_.weights.empty())
      return complain(model, "training.freeze.0", "every weight is frozen, so there is no gradient to check");
    problem.differentiated_ = problem.loss_->clone();
    MINNOW_TRY(problem.append_gradients());
    problem.draw_arguments(static_cast<uint32_t>(model.model.training().seed()));
    return problem;
  }

  const std::string& name_of(size_t weight) const { return trained_[weight]->name; }

  Result<std::vector<Tensor>> gradients() const { return interpret(*differentiated_, arguments(), Precision::kF64); }

  Result<double> loss_at(size_t weight, size_t element, double offset) {
    Tensor& tensor = tensors_[static_cast<size_t>(loss_->find_parameter(name_of(weight))->index)];
    double& value = tensor.as<double>()[element];
    const double saved = value;
    value += offset;
    auto results = interpret(*loss_, arguments(), Precision::kF64);
    value = saved;
    if (!results) return tl::unexpected(std::move(results).error());
    return (*results)[0].as<double>()[0];
  }

 private:
  Status append_gradients() {
    std::vector<Value*> weights;
    for (const WeightInfo* weight : trained_) weights.push_back(differentiated_->find_parameter(weight->name));
    std::vector<Value*> gradients;
    MINNOW_TRY(differentiate(*differentiated_, differentiated_->find_result("loss")->value, weights, gradients));
    differentiated_->results().clear();
    for (size_t i = 0; i < gradients.size(); ++i) differentiated_->add_result("d" + name_of(i), gradients[i]);
    return {};
  }

  void draw_arguments(uint32_t seed) {
    std::map<std::string_view, const WeightInfo*> weights;
    for (const WeightInfo& weight : lowered_.weights) weights[weight.name] = &weight;
    for (const auto& parameter : loss_->parameters()) {
      const auto stream = static_cast<uint32_t>(tensors_.size() + 1);
      const auto it = weights.find(parameter->name);
      tensors_.push_back(it == weights.end() ? random_tensor(*parameter, lowered_, stream)
                                             : disturbed_weight(*it->second, seed, stream));
    }
  }

  static Tensor disturbed_weight(const WeightInfo& weight, uint32_t seed, uint32_t stream) {
    const std::vector<float> values = initialize_weight(weight.init, weight.name, weight.shape, seed);
    Tensor tensor = Tensor::zeros({DType::kF64, weight.shape});
    const RandomSequence random{2, stream, 0};
    for (size_t i = 0; i < values.size(); ++i)
      tensor.as<double>()[i] = static_cast<double>(values[i]) + kDisturbance * (random.uniform(i) - 0.5);
    return tensor;
  }

  std::vector<const Tensor*> arguments() const {
    std::vector<const Tensor*> pointers;
    for (const Tensor& tensor : tensors_) pointers.push_back(&tensor);
    return pointers;
  }

  LoweredModel lowered_;
  std::vector<const WeightInfo*> trained_;  // of these, those that have gradients
  const Function* loss_ = nullptr;
  std::unique_ptr<Function> differentiated_;
  std::vector<Tensor> tensors_;  // of each parameter
};

struct Difference {
  double derivative = 0;
  double disagreement = 1;  // between steps h and 2h, relative
  double noise = 0;         // what the rounding of the loss makes of it, about
};

// Central differences with steps h and 2h, joined to fourth order: (4 D(h) - D(2h)) / 3.
Result<Difference> difference_with_step(GradientProblem& problem, size_t weight, size_t element, double step) {
  constexpr double kRoundings = 16;  // of the loss, in units of its last place
  double loss = 0;
  const auto central = [&](double h) -> Result<double> {
    MINNOW_ASSIGN(const double above, problem.loss_at(weight, element, h));
    MINNOW_ASSIGN(const double below, problem.loss_at(weight, element, -h));
    loss = std::max({loss, std::abs(above), std::abs(below)});
    return (above - below) / (2 * h);
  };
  MINNOW_ASSIGN(const double narrow, central(step));
  MINNOW_ASSIGN(const double wide, central(2 * step));
  const double scale = std::max({std::abs(narrow), std::abs(wide), 1e-8});
  const double noise = kRoundings * std::numeric_limits<double>::epsilon() * loss / step;
  return Difference{(4 * narrow - wide) / 3, std::abs(narrow - wide) / scale, noise};
}

// A long step meets kinks (a maximum changes hands), a short one drowns in rounding: takes the one that agrees best.
Result<Difference> difference_at(GradientProblem& problem, size_t weight, size_t element) {
  constexpr double kGoodEnough = 1e-7;
  Difference best;
  for (const double step : {5e-4, 5e-5, 5e-6, 5e-7}) {
    MINNOW_ASSIGN(const Difference difference, difference_with_step(problem, weight, element, step));
    if (difference.disagreement < best.disagreement) best = difference;
    if (best.disagreement < kGoodEnough) break;
  }
  return best;
}

Result<GradientRow> check_weight(GradientProblem& problem, size_t weight, const Tensor& gradient, int64_t samples,
                                 const GradientListener& listener) {
  const std::string& name = problem.name_of(weight);
  const auto values = gradient.as<double>();
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const RandomSequence random{3, static_cast<uint32_t>(weight), 0};
  GradientRow row{name};
  const int64_t wanted = std::min<int64_t>(samples, static_cast<int64_t>(values.size()));
  for (int64_t draw = 0; row.checked < wanted && draw < 4 * wanted; ++draw) {
    const size_t element = random.bits(static_cast<uint64_t>(draw)) % values.size();
    if (listener.on_element) listener.on_element(name, row.checked, wanted);
    MINNOW_ASSIGN(const Difference difference, difference_at(problem, weight, element));
    if (difference.disagreement > kSmooth) continue;
    const double floor = std::max(kFloor * largest, 1e-7);
    const double scale = std::max({std::abs(values[element]), std::abs(difference.derivative), floor});
    const double apart = std::abs(values[element] - difference.derivative);
    const double error = apart > difference.noise ? apart / scale : std::min(apart / scale, kWithinNoise);
    if (row.checked++ == 0 || error > row.error)
      row = {name, row.checked, values[element], difference.derivative, error};
  }
  if (row.checked == 0)
    return fail(name, "every element drawn lies on a kink of the loss; there is nothing to compare");
  return row;
}

}  // namespace

Result<std::vector<GradientRow>> check_gradients(const LoadedModel& model, int64_t samples,
                                                 const GradientListener& listener) {
  MINNOW_ASSIGN(GradientProblem problem, GradientProblem::create(model));
  MINNOW_ASSIGN(const std::vector<Tensor> gradients, problem.gradients());
  std::vector<GradientRow> rows;
  for (size_t i = 0; i < gradients.size(); ++i) {
    MINNOW_ASSIGN(GradientRow row, check_weight(problem, i, gradients[i], samples, listener));
    if (listener.on_row) listener.on_row(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace minnow
