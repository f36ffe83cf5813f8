#include "tests/cases/agreement.h"

#include <algorithm>
#include <cmath>

#include "interpreter/interpreter.h"
#include "proof/tolerance.h"

namespace minnow::testing {
namespace {

std::vector<Tensor> interpret_with(const Function& function, const std::vector<Tensor>& arguments,
                                   Precision precision) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  auto results = interpret(function, pointers, precision);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  return *std::move(results);
}

bool is_close(double expected, double actual, const Tolerance& tolerance) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) && std::isnan(actual);
  if (expected == actual) return !tolerance.signed_zeros || std::signbit(expected) == std::signbit(actual);
  return std::abs(expected - actual) <= tolerance.relative * std::abs(expected) + tolerance.absolute;
}

}  // namespace

Reference interpret_reference(const Function& function, const std::vector<Tensor>& arguments) {
  Reference reference{interpret_with(function, arguments, Precision::kDeclared), {}};
  const std::vector<Tensor> exact = interpret_with(function, arguments, Precision::kF64);
  for (size_t i = 0; i < exact.size(); ++i)
    reference.rounding.push_back(proof::largest_difference(reference.results[i], exact[i]));
  return reference;
}

::testing::AssertionResult agrees(const Tensor& expected, const Tensor& actual, const Tolerance& tolerance) {
  if (expected.type() != actual.type())
    return ::testing::AssertionFailure() << expected.type().to_string() << " became " << actual.type().to_string();
  Tolerance scaled = tolerance;
  if (expected.type().dtype == DType::kF64) scaled.relative *= 1e-9;
  const Tensor x = expected.converted_to(DType::kF64);
  const Tensor y = actual.converted_to(DType::kF64);
  for (size_t i = 0; i < x.as<double>().size(); ++i)
    if (!is_close(x.as<double>()[i], y.as<double>()[i], scaled))
      return ::testing::AssertionFailure()
             << fmt::format("element {} of {} is {} instead of {}", i, expected.type().to_string(), y.as<double>()[i],
                            x.as<double>()[i]);
  return ::testing::AssertionSuccess();
}

Tolerance Reference::tolerance(size_t result) const {
  const double slack = is_float(results[result].type().dtype) ? 4e-6 * proof::largest_magnitude(results[result]) : 0;
  return {.absolute = 16 * rounding[result] + slack};
}

::testing::AssertionResult agrees(const Reference& expected, const std::vector<Tensor>& actual) {
  for (size_t i = 0; i < actual.size(); ++i)
    if (auto one = agrees(expected.results[i], actual[i], expected.tolerance(i)); !one)
      return one << ", in result " << i;
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult ignores_threads(CompiledProgram& program, const std::vector<Tensor>& arguments) {
  const std::vector<Tensor> alone = program.run(arguments);
  for (const int threads : {2, 3, 5}) {
    ThreadPool pool(threads);
    const std::vector<Tensor> together = program.run(arguments, pool);
    for (size_t i = 0; i < alone.size(); ++i)
      if (alone[i].bytes() != together[i].bytes())
        return ::testing::AssertionFailure() << "result " << i << " is another with " << threads << " threads";
  }
  return ::testing::AssertionSuccess();
}

}  // namespace minnow::testing
