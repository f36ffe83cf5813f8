#include "proof/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/printable.h"

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

// Of what it may be, how far an element is off: infinite beyond it.
double share_of(double distance, double tolerance) {
  if (distance <= tolerance) return distance == 0 || !std::isfinite(tolerance) ? 0 : distance / tolerance;
  return kInfinity;
}

size_t furthest(std::span<const double> expected, std::span<const double> actual) {
  size_t worst = 0;
  for (size_t i = 0; i < expected.size(); ++i)
    if (difference(expected[i], actual[i]) > difference(expected[worst], actual[worst])) worst = i;
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
    if (reference_.is_open(step, result_)) return {};
    const Tensor expected = reference_.expected(step, result_).converted_to(DType::kF64);
    const Tensor actual = trace_[step][result_].converted_to(DType::kF64);
    const std::vector<double> tolerances = reference_.tolerances(step, result_);
    size_t worst = 0;
    double share = -1;
    for (size_t i = 0; i < tolerances.size(); ++i) {
      const double own = share_of(difference(expected.as<double>()[i], actual.as<double>()[i]), tolerances[i]);
      if (own > share) worst = i, share = own;
    }
    if (share < share_) return {};
    share_ = share;
    worst_.step = static_cast<int>(step);
    describe(worst, expected.as<double>(), actual.as<double>(), tolerances);
    if (std::isfinite(share)) return {};
    return excuse(step, expected.as<double>(), actual.as<double>(), tolerances);
  }

  void describe(size_t element, std::span<const double> expected, std::span<const double> actual,
                std::span<const double> tolerances) {
    worst_.element = static_cast<int64_t>(element);
    worst_.expected = expected[element];
    worst_.actual = actual[element];
    worst_.tolerance = tolerances[element];
    const double distance = difference(expected[element], actual[element]);
    const bool is_excused = !std::isfinite(worst_.tolerance);
    worst_.relative = distance == 0 || is_excused ? 0 : distance / std::max(largest_of(expected), 1e-300);
    worst_.ulps =
        distance == 0 || is_excused ? 0 : distance / ulp_of(expected[element], trace_[0][result_].type().dtype);
  }

  // All elements that are too far off must be undecided; else the furthest of the others is reported.
  Status excuse(size_t step, std::span<const double> expected, std::span<const double> actual,
                std::span<const double> tolerances) {
    double most = -1;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double distance = difference(expected[i], actual[i]);
      if (distance <= tolerances[i]) continue;
      double allowed = tolerances[i];
      if (!reference_.is_exact(step, result_)) {
        MINNOW_ASSIGN(const double unsteadiness, reference_.unsteadiness(step, result_, i));
        allowed += 8 * unsteadiness;
        // Next to a pole, rounding that moves a number by more than its size may as well make it infinite.
        if (!std::isfinite(actual[i]) && unsteadiness > std::abs(expected[i])) allowed = kInfinity;
      }
      worst_.undecided = true;
      if (distance <= allowed || distance <= most) continue;
      most = distance;
      worst_.agrees = false;
      describe(i, expected, actual, tolerances);
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
  comparison.dtype = named.value->type.dtype;
  return comparison;
}

}  // namespace

std::string Comparison::to_string() const {
  return fmt::format("{}: {} (may differ by {:.2g})", way, what_differs(), tolerance);
}

std::string Comparison::what_differs() const {
  return fmt::format("{} {}, step {}, element {} is {} instead of {}", kind, name, step + 1, element,
                     element_text(actual, dtype), element_text(expected, dtype));
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

namespace {

// Where a trace has other bits than that of one thread.
void compare_to_alone(const Subject& subject, const Trace& alone, const Trace& other, const std::string& way,
                      std::vector<Comparison>& comparisons) {
  for (size_t step = 0; step < other.size(); ++step)
    for (size_t i = 0; i < other[step].size(); ++i) {
      const Tensor& one = alone[step][i];
      const Tensor& two = other[step][i];
      if (one.bytes() == two.bytes()) continue;
      Comparison comparison = blank(subject, i, way);
      const Tensor x = one.converted_to(DType::kF64), y = two.converted_to(DType::kF64);
      const size_t worst = furthest(x.as<double>(), y.as<double>());
      comparison.agrees = false;
      comparison.step = static_cast<int>(step);
      comparison.element = static_cast<int64_t>(worst);
      comparison.expected = x.as<double>()[worst];
      comparison.actual = y.as<double>()[worst];
      comparisons.push_back(std::move(comparison));
    }
}

}  // namespace

std::vector<Comparison> compare_bits(const Subject& subject, const WayTraces& traces, std::string_view way) {
  std::vector<Comparison> comparisons;
  compare_to_alone(subject, traces.alone, traces.together, fmt::format("{}, 2 threads", way), comparisons);
  for (size_t rank = 0; rank < traces.by_rank.size(); ++rank)
    compare_to_alone(subject, traces.alone, traces.by_rank[rank],
                     fmt::format("{}, rank {} of {}", way, rank, traces.by_rank.size()), comparisons);
  compare_to_alone(subject, traces.alone, traces.rescheduled, fmt::format("{}, other schedules", way), comparisons);
  return comparisons;
}

}  // namespace minnow::proof
