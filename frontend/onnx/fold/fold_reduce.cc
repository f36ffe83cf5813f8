#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "frontend/onnx/fold/fold.h"
#include "frontend/onnx/ops/reduction.h"

namespace minnow::onnx_fold {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Where element i of `shape` goes when `dims` are dropped.
size_t reduced_place(const Shape& shape, const Dims& dims, size_t i) {
  size_t place = 0, stride = 1;
  for (size_t dim = shape.size(); dim-- > 0;) {
    const auto size = static_cast<size_t>(shape[dim]);
    if (std::ranges::find(dims, static_cast<int64_t>(dim)) == dims.end()) {
      place += i % size * stride;
      stride *= size;
    }
    i /= size;
  }
  return place;
}

struct Reduction {
  double initial;
  double (*combine)(double, double);
};

const Reduction* reduction_of(const std::string& op) {
  static const std::map<std::string_view, Reduction> kReductions = {
      {"ReduceSum", {0, [](double a, double b) { return a + b; }}},
      {"ReduceMean", {0, [](double a, double b) { return a + b; }}},
      {"ReduceProd", {1, [](double a, double b) { return a * b; }}},
      {"ReduceMax", {-kInfinity, larger_of}},
      {"ReduceMin", {kInfinity, smaller_of}}};
  const auto found = kReductions.find(op);
  return found == kReductions.end() ? nullptr : &found->second;
}

// Whole numbers beyond 2^53 as well.
bool is_less(const HostTensor& x, size_t a, size_t b) {
  return x.is_float() ? x.number(a) < x.number(b) : x.whole(a) < x.whole(b);
}

bool has_nan(const HostTensor& x) {
  return std::ranges::any_of(x.floats, [](double value) { return std::isnan(value); });
}

}  // namespace

bool reduce(NodeScope& n) {
  const HostTensor& x = n.known(0);
  const Reduction* reduction = reduction_of(n.op());
  const Dims dims = reduced_axes(n);
  if (reduction == nullptr || !is_small(x.shape) || x.size() == 0 || dims.empty()) return false;
  Shape kept = x.shape, shape;
  for (const int64_t dim : dims) kept[static_cast<size_t>(dim)] = 1;
  for (size_t i = 0; i < kept.size(); ++i)
    if (n.whole("keepdims", 1) != 0 || std::ranges::find(dims, static_cast<int64_t>(i)) == dims.end())
      shape.push_back(kept[i]);
  std::vector<double> sums(static_cast<size_t>(element_count(kept)), reduction->initial);
  for (size_t i = 0; i < x.size(); ++i) {
    double& sum = sums[reduced_place(x.shape, dims, i)];
    sum = reduction->combine(sum, x.number(i));
    if (!x.is_float() && std::abs(sum) > kExact) return false;
  }
  const double count = n.op() == "ReduceMean" ? static_cast<double>(x.size()) / static_cast<double>(sums.size()) : 1;
  HostTensor y = HostTensor::zeros(x.type, shape);
  for (size_t i = 0; i < sums.size(); ++i) {
    if (y.is_float()) y.floats[i] = rounded_to(y.type, sums[i] / count);
    else y.ints[i] = wrapped_to(y.type, static_cast<int64_t>(sums[i] / count));
  }
  n.give_known(0, std::move(y));
  return true;
}

bool arg(NodeScope& n) {
  const HostTensor& x = n.known(0);
  if (x.shape.size() != 1 || x.size() == 0 || !is_small(x.shape) || n.whole("select_last_index") != 0) return false;
  if (has_nan(x)) return false;
  size_t best = 0;
  for (size_t i = 1; i < x.size(); ++i)
    if (n.op() == "ArgMax" ? is_less(x, best, i) : is_less(x, i, best)) best = i;
  n.give_known(0, HostTensor::of_ints(n.whole("keepdims", 1) != 0 ? Shape{1} : Shape{}, {static_cast<int64_t>(best)}));
  return true;
}

// Indices of what is not zero, a row for each dimension.
bool non_zero(NodeScope& n) {
  const HostTensor& x = n.known(0);
  if (!is_small(x.shape)) return false;
  const Dims strides = row_major_strides(x.shape);
  std::vector<int64_t> found;
  for (size_t i = 0; i < x.size(); ++i)
    if (x.number(i) != 0) found.push_back(static_cast<int64_t>(i));
  HostTensor y = HostTensor::of_ints({n.rank(), static_cast<int64_t>(found.size())}, {});
  for (size_t dim = 0; dim < strides.size(); ++dim)
    for (const int64_t i : found) y.ints.push_back(i / strides[dim] % x.shape[dim]);
  n.give_known(0, std::move(y));
  return true;
}

// Of all elements together, with what else is asked for. NaN is refused: nothing is the same as it.
bool unique(NodeScope& n) {
  const HostTensor& x = n.known(0);
  if (n.has_attribute("axis") || !is_small(x.shape)) return false;
  if (has_nan(x)) return false;
  std::vector<size_t> firsts;
  std::vector<int64_t> inverse(x.size()), counts;
  const auto before = [&](size_t a, size_t b) { return is_less(x, a, b); };
  std::map<size_t, size_t, decltype(before)> seen(before);  // by the first element that is the same
  for (size_t i = 0; i < x.size(); ++i) {
    const auto [entry, is_new] = seen.emplace(i, firsts.size());
    if (is_new) firsts.push_back(i), counts.push_back(0);
    inverse[i] = static_cast<int64_t>(entry->second);
    ++counts[entry->second];
  }
  std::vector<size_t> order(firsts.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (n.whole("sorted", 1) != 0)
    std::ranges::sort(order, [&](size_t a, size_t b) { return before(firsts[a], firsts[b]); });
  std::vector<int64_t> place(order.size());
  HostTensor indices = HostTensor::of_ints({static_cast<int64_t>(order.size())}, {}), ordered = indices;
  for (size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = static_cast<int64_t>(i);
    indices.ints.push_back(static_cast<int64_t>(firsts[order[i]]));
    ordered.ints.push_back(counts[order[i]]);
  }
  for (int64_t& i : inverse) i = place[static_cast<size_t>(i)];
  n.give_known(0, pick(x, indices.shape, [&](size_t i) { return firsts[order[i]]; }));
  n.give_known(1, std::move(indices));
  n.give_known(2, HostTensor::of_ints({static_cast<int64_t>(x.size())}, std::move(inverse)));
  n.give_known(3, std::move(ordered));
  return true;
}

}  // namespace minnow::onnx_fold
