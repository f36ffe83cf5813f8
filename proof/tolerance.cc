#include "proof/tolerance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "ir/loop.h"
#include "ir/random.h"
#include "ir/windows.h"
#include "proof/open_results.h"

namespace minnow::proof {
namespace {

constexpr int kDisturbances = 6;
constexpr double kSingleEpsilon = 1.0 / (1 << 23);
constexpr double kDoubleEpsilon = 1.0 / (int64_t{1} << 52);

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double epsilon_of(DType dtype) { return dtype == DType::kF64 ? kDoubleEpsilon : kSingleEpsilon; }

double smallest_of(DType dtype) {
  return dtype == DType::kF64 ? std::numeric_limits<double>::denorm_min() : std::numeric_limits<float>::denorm_min();
}

// Numbers of another kind are no roundings of each other.
enum class Kind : uint8_t { kFinite, kNan, kPositive, kNegative };
Kind kind_of(double x) {
  if (std::isfinite(x)) return Kind::kFinite;
  if (std::isnan(x)) return Kind::kNan;
  return x > 0 ? Kind::kPositive : Kind::kNegative;
}

bool is_rounding(const Op& op) {
  return is_float(op.type().dtype) && !op.body && !has_trait(op.kind, kLeaf | kIndexMap | kCompare) &&
         op.kind != OpKind::kSelect && op.kind != OpKind::kMaximum && op.kind != OpKind::kMinimum &&
         op.kind != OpKind::kReduceMax && op.kind != OpKind::kWindowMax && op.kind != OpKind::kNegate &&
         op.kind != OpKind::kAbs && op.kind != OpKind::kSign && op.kind != OpKind::kGather;
}

// Runs along with the interpreter in double and moves every element by a rounding, up or down; a sum's by a rounding of
// the largest sum, since its terms may cancel.
class Disturber {
 public:
  Disturber(const Subject& subject, uint32_t seed) : random_{seed, 0, 0} {
    for (const auto& parameter : subject.function->parameters())
      magnitudes_[parameter.get()] = largest_magnitude(subject.arguments[static_cast<size_t>(parameter->index)]);
  }

  void operator()(const Op& op, std::span<Tensor> results) {
    for (size_t i = 0; i < results.size(); ++i) {
      disturb(op, results[i]);
      magnitudes_[op.result(i)] = largest_magnitude(results[i]);
    }
  }

 private:
  void disturb(const Op& op, Tensor& result) {
    if (!is_rounding(op) || result.type().dtype != DType::kF64) return;
    const double unit = epsilon_of(op.type().dtype) * (1 + std::sqrt(static_cast<double>(sum_length(op))));
    const double floor = sum_length(op) > 1 ? std::max(largest_magnitude(result), partial_sum(op)) : 0;
    for (double& x : result.as<double>())
      x += (2 * random_.uniform(drawn_++) - 1) * unit * std::max(std::abs(x), floor);
  }

  // How large a sum may be on the way, if its terms cancel. Of f32 the interpreter's own error tells that.
  double partial_sum(const Op& op) const {
    if (op.type().dtype != DType::kF64) return 0;
    double term = 0;
    for (const Value* operand : op.operands) {
      const auto found = magnitudes_.find(operand);
      if (found == magnitudes_.end() || !is_float(operand->type.dtype)) continue;
      const bool is_factor = has_trait(op.kind, kContraction) && term > 0;
      term = is_factor ? term * found->second : std::max(term, found->second);
    }
    return term * std::sqrt(static_cast<double>(sum_length(op)));
  }

  RandomSequence random_;
  uint64_t drawn_ = 0;
  std::unordered_map<const Value*, double> magnitudes_;
};

}  // namespace

double largest_difference(const Tensor& a, const Tensor& b) {
  const Tensor x = a.converted_to(DType::kF64);
  const Tensor y = b.converted_to(DType::kF64);
  double largest = 0;
  for (size_t i = 0; i < x.as<double>().size(); ++i) {
    const double difference = std::abs(x.as<double>()[i] - y.as<double>()[i]);
    if (std::isfinite(difference)) largest = std::max(largest, difference);
  }
  return largest;
}

double largest_magnitude(const Tensor& tensor) { return largest_difference(tensor, Tensor::zeros(tensor.type())); }

int64_t sum_length(const Op& op) {
  const auto operand = [&](size_t i) -> const TensorType& { return op.operands[i]->type; };
  switch (op.kind) {
    case OpKind::kDot: return operand(0).dim(op.attr<DotAttributes>().contract[0]);
    case OpKind::kConv: return operand(1).elements() / std::max<int64_t>(1, operand(1).dim(0));
    case OpKind::kConvInput: return operand(1).elements() / std::max<int64_t>(1, operand(1).dim(1));
    case OpKind::kConvFilter: return operand(1).elements() / std::max<int64_t>(1, operand(1).dim(1));
    case OpKind::kReduceSum: return operand(0).elements() / std::max<int64_t>(1, op.type().elements());
    case OpKind::kScatterAdd: return operand(1).elements();
    case OpKind::kCumSum: return operand(0).dim(op.attr<DimAttributes>().dim);
    case OpKind::kWindowSum:
    case OpKind::kWindowSpread:
    case OpKind::kWindowPick: return places_of(op.attr<WindowAttributes>());
    case OpKind::kLoop: return op.attr<LoopAttributes>().count;
    default: return 1;
  }
}

std::unordered_map<const Value*, Roundings> count_roundings(const Function& function) {
  std::unordered_map<const Value*, Roundings> roundings;
  for (const auto& op : function.ops()) {
    Roundings most;
    for (const Value* operand : op->operands) {
      most.length = std::max(most.length, roundings[operand].length);
      most.has_sum |= roundings[operand].has_sum;
    }
    const int64_t own = op->body ? static_cast<int64_t>(op->body->ops().size()) : 0;
    most.length += own + std::max<int64_t>(1, sum_length(*op));
    most.has_sum |= own > 0 || sum_length(*op) > 1;
    for (const auto& result : op->results) roundings[result.get()] = most;
  }
  return roundings;
}

Result<Reference> Reference::create(const Subject& subject) {
  Reference reference(subject);
  const Function& function = *subject.function;
  MINNOW_ASSIGN(reference.single_, trace_interpreted(subject, function, Precision::kDeclared));
  OpenResults open(function);
  bool is_first = true;
  const auto end_step = [&] {
    if (!std::exchange(is_first, false)) reference.open_.push_back(open.of_step());
  };
  MINNOW_ASSIGN(reference.wide_, trace_interpreted(
                                     subject, function, Precision::kF64,
                                     [&](const Op& op, std::span<Tensor> results) { open.see(op, results); },
                                     [&](std::span<const Tensor> arguments) {
                                       end_step();
                                       open.begin_step(arguments);
                                     }));
  end_step();
  auto roundings = count_roundings(function);
  for (const FunctionResult& result : function.results()) reference.roundings_.push_back(roundings[result.value]);
  return reference;
}

bool Reference::is_exact(size_t step, size_t result) const {
  return step == 0 && result < subject_->is_exact.size() && subject_->is_exact[result];
}

const Tensor& Reference::expected(size_t step, size_t result) const {
  const Tensor& single = single_[step][result];
  return is_exact(step, result) || !is_float(single.type().dtype) ? single : wide_[step][result];
}

std::vector<double> Reference::tolerances(size_t step, size_t result) const {
  const Tensor single = single_[step][result].converted_to(DType::kF64);
  const Tensor wide = wide_[step][result].converted_to(DType::kF64);
  const std::span<const double> x = single.as<double>(), exact = wide.as<double>();
  const DType dtype = single_[step][result].type().dtype;
  const double length = static_cast<double>(roundings_[result].length) * static_cast<double>(step + 1);
  const double unit = is_float(dtype) ? epsilon_of(dtype) * (32 + 4 * std::sqrt(length)) : 0;
  const auto moves = [&](size_t i) { return kind_of(x[i]) == kind_of(exact[i]) && std::isfinite(x[i]); };
  double largest = 0, rounding = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!moves(i)) continue;
    largest = std::max(largest, std::abs(exact[i]));
    rounding = std::max(rounding, std::abs(x[i] - exact[i]));
  }
  const bool each_by_itself = is_float(dtype) && !roundings_[result].has_sum;
  std::vector<double> tolerances(x.size(), 0);
  for (size_t i = 0; i < x.size() && !is_exact(step, result); ++i) {
    if (kind_of(x[i]) != kind_of(exact[i])) tolerances[i] = kInfinity;
    else if (!std::isfinite(x[i])) continue;
    else if (!each_by_itself) tolerances[i] = unit * largest + 16 * rounding;
    else tolerances[i] = unit * std::abs(exact[i]) + 16 * std::abs(x[i] - exact[i]) + 64 * smallest_of(dtype);
  }
  return tolerances;
}

Result<Trace> Reference::disturbed(uint32_t seed) const {
  Disturber disturber(*subject_, seed);
  return trace_interpreted(*subject_, *subject_->function, Precision::kF64, std::ref(disturber));
}

Result<double> Reference::unsteadiness(size_t step, size_t result, size_t element) const {
  while (disturbed_.size() < kDisturbances) {
    MINNOW_ASSIGN(Trace trace, disturbed(static_cast<uint32_t>(disturbed_.size() + 1)));
    disturbed_.push_back(std::move(trace));
  }
  const double exact = wide_[step][result].converted_to(DType::kF64).as<double>()[element];
  double most = 0;
  for (const Trace& trace : disturbed_) {
    const double moved = trace[step][result].converted_to(DType::kF64).as<double>()[element];
    if (std::isfinite(moved) != std::isfinite(exact)) return std::numeric_limits<double>::infinity();
    if (std::isfinite(moved)) most = std::max(most, std::abs(moved - exact));
  }
  return most;
}

}  // namespace minnow::proof
