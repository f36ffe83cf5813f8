#include "proof/open_results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "proof/tolerance.h"

namespace minnow::proof {
namespace {

constexpr double kNearOverflow = 1e37;   // a tenth of the largest f32, and less
constexpr double kLargestInLoop = 1e12;  // products of a few such numbers may overflow

bool sums_exponentials(const Op& op) {
  return op.kind == OpKind::kReduceSum && op.operands[0]->op && op.operands[0]->op->kind == OpKind::kExp;
}

bool is_convolution(const Op& op) { return has_trait(op.kind, kContraction) && has_trait(op.kind, kWindow); }

}  // namespace

OpenResults::Range OpenResults::range_of(const Tensor& tensor) {
  Range range;
  const Tensor numbers = tensor.converted_to(DType::kF64);
  for (const double x : numbers.as<double>()) {
    if (std::isfinite(x)) range.largest = std::max(range.largest, std::abs(x));
    else range.is_finite = false;
    range.is_tiny |= std::abs(x) < std::numeric_limits<float>::min();
  }
  return range;
}

bool OpenResults::is_moderate(const Range& range) { return range.is_finite && range.largest <= kLargestInLoop; }

// A weight that the step before has left open still is.
void OpenResults::begin_step(std::span<const Tensor> arguments) {
  std::unordered_set<const Value*> open;
  for (const FunctionResult& result : function_.results())
    if (const Value* parameter = function_.replaced_parameter(result); ranges_[result.value].is_open)
      open.insert(parameter);
  for (const auto& parameter : function_.parameters()) {
    ranges_[parameter.get()] = range_of(arguments[static_cast<size_t>(parameter->index)]);
    ranges_[parameter.get()].is_open = open.contains(parameter.get());
  }
}

void OpenResults::see(const Op& op, std::span<const Tensor> results) {
  bool open = is_open(op);
  for (size_t i = 0; i < results.size(); ++i) {
    Range& range = ranges_[op.result(i)] = range_of(results[i]);
    range.is_open = open || (sums_exponentials(op) && (range.is_tiny || !range.is_finite));
    open |= op.kind == OpKind::kLoop && !is_moderate(range);
  }
  for (const auto& result : op.results) ranges_[result.get()].is_open |= open;
}

std::vector<bool> OpenResults::of_step() const {
  std::vector<bool> open;
  for (const FunctionResult& result : function_.results()) open.push_back(ranges_.at(result.value).is_open);
  return open;
}

bool OpenResults::is_open(const Op& op) const {
  for (const Value* operand : op.operands) {
    const auto found = ranges_.find(operand);
    if (found == ranges_.end()) continue;
    if (found->second.is_open || (is_convolution(op) && !found->second.is_finite)) return true;
    if (op.kind == OpKind::kLoop && !is_moderate(found->second)) return true;
  }
  return is_float(op.type().dtype) && sum_length(op) > 1 && largest_sum(op) > kNearOverflow;
}

// No partial sum of the op is larger.
double OpenResults::largest_sum(const Op& op) const {
  double term = has_trait(op.kind, kContraction) ? 1 : 0;
  for (const Value* operand : op.operands) {
    const auto found = ranges_.find(operand);
    if (found == ranges_.end() || !is_float(operand->type.dtype)) continue;
    const double largest = found->second.largest;
    term = has_trait(op.kind, kContraction) ? term * largest : std::max(term, largest);
  }
  return term * static_cast<double>(sum_length(op));
}

}  // namespace minnow::proof
