#include "proof/slope.h"

#include <cmath>

#include "ir/random.h"

namespace minnow::proof {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-4;  // relative to all that adds up to a slope
constexpr double kNoise = 1e-8;      // of the loss, in a difference of two over the step

class Line {
 public:
  Line(const Subject& subject, uint32_t seed, uint32_t stream) : subject_(subject), random_{seed, stream, 0} {
    for (size_t i = 0; i < subject.arguments.size(); ++i) {
      const Tensor& argument = subject.arguments[i];
      arguments_.push_back(is_float(argument.type().dtype) ? argument.converted_to(DType::kF64) : argument.clone());
    }
  }

  Result<std::vector<Tensor>> at(double t) {
    std::vector<Tensor> moved;
    std::vector<const Tensor*> pointers;
    for (const Tensor& argument : arguments_) moved.push_back(argument.clone());
    uint64_t drawn = 0;
    for (const auto& parameter : subject_.function->parameters())
      if (parameter->role == Role::kWeight)
        for (double& x : moved[static_cast<size_t>(parameter->index)].as<double>()) x += t * direction(drawn++);
    for (const Tensor& tensor : moved) pointers.push_back(&tensor);
    return interpret(*subject_.function, pointers, Precision::kF64);
  }

  double direction(uint64_t i) const { return 2 * random_.uniform(i) - 1; }

 private:
  const Subject& subject_;
  RandomSequence random_;
  std::vector<Tensor> arguments_;
};

struct Slope {
  double value = 0;
  double magnitude = 0;  // sum of what adds up to it, without signs
};

Slope slope_by_gradients(const Function& function, const std::vector<Tensor>& results, const Line& line) {
  Slope slope;
  uint64_t drawn = 0;
  for (const auto& parameter : function.parameters()) {
    if (parameter->role != Role::kWeight) continue;
    for (size_t i = 0; i < results.size(); ++i) {
      if (function.results()[i].name != "gradient." + parameter->name) continue;
      for (const double g : results[i].as<double>()) {
        const double part = g * line.direction(drawn++);
        slope.value += part;
        slope.magnitude += std::abs(part);
      }
    }
  }
  return slope;
}

Result<std::optional<std::string>> check_along(Line& line, const Function& function) {
  const auto loss_index = static_cast<size_t>(function.find_result("loss") - function.results().data());
  MINNOW_ASSIGN(const std::vector<Tensor> here, line.at(0));
  const double loss = here[loss_index].as<double>()[0];
  const Slope slope = slope_by_gradients(function, here, line);
  std::vector<double> losses;
  for (const double t : {-2 * kStep, -kStep, kStep, 2 * kStep}) {
    MINNOW_ASSIGN(const std::vector<Tensor> results, line.at(t));
    losses.push_back(results[loss_index].as<double>()[0]);
  }
  if (!std::isfinite(loss) || !std::isfinite(slope.magnitude)) return std::nullopt;
  const double near = (losses[2] - losses[1]) / (2 * kStep), far = (losses[3] - losses[0]) / (4 * kStep);
  // By how much the slope changes at a kink: of what it changes from left to right, curvature's part grows with the
  // step.
  const double near_change = (losses[2] - 2 * loss + losses[1]) / kStep;
  const double far_change = (losses[3] - 2 * loss + losses[0]) / (2 * kStep);
  const double jump = 2 * near_change - far_change;
  const double scale = std::max(slope.magnitude, std::abs(near));
  const double noise = kNoise * std::abs(loss);
  if (!std::isfinite(far) || noise > kTolerance * scale) return std::nullopt;
  if (std::abs(jump) > kTolerance * scale + noise || std::abs(near - far) > 0.1 * kTolerance * scale + noise)
    return std::nullopt;
  if (std::abs(slope.value - near) <= kTolerance * scale + noise) return std::nullopt;
  return fmt::format("the gradients say that the loss has slope {:.9g}, differences say {:.9g}", slope.value, near);
}

}  // namespace

// In two directions: at a kink the slopes to the left and to the right may be alike by chance, but hardly twice.
Result<std::optional<std::string>> check_slope(const Subject& subject, uint32_t seed) {
  if (subject.function->find_result("loss") == nullptr) return std::nullopt;
  std::optional<std::string> complaint;
  for (const uint32_t stream : {77, 78}) {
    Line line(subject, seed, stream);
    MINNOW_ASSIGN(complaint, check_along(line, *subject.function));
    if (!complaint) break;
  }
  return complaint;
}

}  // namespace minnow::proof
