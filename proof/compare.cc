#include "proof/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace minnow::proof {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// NaN agrees with NaN and with no number.
double difference(double expected, double actual) {
  if (std::isnan(expected) && std::isnan(actual)) return 0;
  if (expected == actual) return 0;
  const double distance = std::abs(expected - actual);
  return std::isnan(distance) ? kInfinity : distance;
}

double ulp_of(double x, DType dtype) {
  if (!is_float(dtype)) return 1;
  if (dtype == DType::kF64) return std::nextafter(std::abs(x), kInfinity) - std::abs(x);
  const auto single = static_cast<float>(std::abs(x));
  if (!std::isfinite(single)) return kInfinity;
  return static_cast<double>(std::nextafter(single, std::numeric_limits<float>::infinity())) -
         static_cast<double>(single);
}

double largest_of(std::span<const double> values) {
  double largest = 0;
  for (const double x : values)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  return largest;
}

bool is_tame(std::span<const double> values) {
  return std::ranges::all_of(values, [](double x) { return std::abs(x) < kTame; });
}

struct Worst {
  size_t element = 0;
  double distance = -1;
};

Worst furthest(std::span<const double> expected, std::span<const double> actual) {
  Worst worst;
  for (size_t i = 0; i < expected.size(); ++i)
    if (const double d = difference(expected[i], actual[i]); d > worst.distance) worst = {i, d};
  return worst;
}

// Compares one result over all steps.
class ResultComparer {
 public:
  ResultComparer(const Reference& reference, const Trace& trace, size_t result, Comparison comparison)
      : reference_(reference), trace_(trace), result_(result), worst_(std::move(comparison)) {}

  Result<Comparison> run() {
    for (size_t step = 0; step < trace_.size(); ++step) {
      if (trace_[step][result_].type().elements() > 0) MINNOW_TRY(visit(step));
      if (!worst_.agrees) break;  // what follows is a consequence
    }
    return worst_;
  }

 private:
  Status visit(size_t step) {
    const DType dtype = trace_[step][result_].type().dtype;
    const Tensor expected = reference_.expected(step, result_).converted_to(DType::kF64);
    const Tensor actual = trace_[step][result_].converted_to(DType::kF64);
    if (!is_tame(expected.as<double>())) return {};
    const Worst worst = furthest(expected.as<double>(), actual.as<double>());
    const double tolerance = reference_.tolerance(step, result_);
    const double share = worst.distance <= tolerance ? worst.distance / std::max(tolerance, 1e-300) : kInfinity;
    if (share < share_) return {};
    share_ = share;
    const double x = expected.as<double>()[worst.element];
    worst_.step = static_cast<int>(step);
    worst_.element = static_cast<int64_t>(worst.element);
    worst_.expected = x;
    worst_.actual = actual.as<double>()[worst.element];
    worst_.tolerance = tolerance;
    const double largest = largest_of(expected.as<double>());
    worst_.relative = worst.distance == 0 ? 0 : worst.distance / std::max(largest, 1e-300);
    worst_.ulps = worst.distance == 0 ? 0 : worst.distance / ulp_of(x, dtype);
    if (worst.distance <= tolerance) return {};
    return excuse(step, expected.as<double>(), actual.as<double>());
  }

  // All elements that are too far off must be undecided; else the furthest of the others is reported.
  Status excuse(size_t step, std::span<const double> expected, std::span<const double> actual) {
    if (reference_.is_exact(step, result_)) {
      worst_.agrees = false;
      return {};
    }
    double most = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double distance = difference(expected[i], actual[i]);
      if (distance <= worst_.tolerance) continue;
      MINNOW_ASSIGN(const double unsteadiness, reference_.unsteadiness(step, result_, i));
      worst_.undecided = true;
      if (distance <= worst_.tolerance + 8 * unsteadiness || distance <= most) continue;
      most = distance;
      worst_.agrees = false;
      worst_.element = static_cast<int64_t>(i);
      worst_.expected = expected[i];
      worst_.actual = actual[i];
    }
    if (!worst_.agrees) worst_.undecided = false;
    return {};
  }

  const Reference& reference_;
  const Trace& trace_;
  size_t result_;
  Comparison worst_;
  double share_ = -1;
};

Comparison blank(const Subject& subject, size_t result, std::string_view way) {
  const FunctionResult& named = subject.function->results()[result];
  Comparison comparison;
  comparison.way = way;
  comparison.name = named.name.empty() ? fmt::format("result {}", result) : named.name;
  comparison.kind = result_kind(*subject.function, named);
  return comparison;
}

}  // namespace

std::string Comparison::to_string() const {
  return fmt::format("{}: {} {}, step {}, element {} is {:.9g} instead of {:.9g} (may differ by {:.2g})", way, kind,
                     name, step + 1, element, actual, expected, tolerance);
}

Result<std::vector<Comparison>> compare(const Subject& subject, const Reference& reference, const Trace& trace,
                                        std::string_view way) {
  std::vector<Comparison> comparisons;
  for (size_t i = 0; i < subject.function->results().size(); ++i) {
    MINNOW_ASSIGN(Comparison comparison, ResultComparer(reference, trace, i, blank(subject, i, way)).run());
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

std::vector<Comparison> compare_threads(const Subject& subject, const WayTraces& traces, std::string_view way) {
  std::vector<Comparison> comparisons;
  for (size_t step = 0; step < traces.together.size(); ++step)
    for (size_t i = 0; i < traces.together[step].size(); ++i) {
      const Tensor& one = traces.alone[step][i];
      const Tensor& two = traces.together[step][i];
      if (one.bytes() == two.bytes()) continue;
      Comparison comparison = blank(subject, i, fmt::format("{}, 2 threads", way));
      const Tensor x = one.converted_to(DType::kF64), y = two.converted_to(DType::kF64);
      const Worst worst = furthest(x.as<double>(), y.as<double>());
      comparison.agrees = false;
      comparison.step = static_cast<int>(step);
      comparison.element = static_cast<int64_t>(worst.element);
      comparison.expected = x.as<double>()[worst.element];
      comparison.actual = y.as<double>()[worst.element];
      comparisons.push_back(std::move(comparison));
    }
  return comparisons;
}

}  // namespace minnow::proof
