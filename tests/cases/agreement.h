// Running a function compiled and interpreted, and holding the results against each other.
#pragma once

#include <gtest/gtest.h>

#include "tests/cases/compiled_program.h"

namespace minnow::testing {

// How far an element may be from what is expected. NaN agrees with NaN and no number with NaN.
struct Tolerance {
  double relative = 0;  // of the expected element; for f64 a billionth of that
  double absolute = 0;
  bool signed_zeros = false;  // 0 is not -0
};
::testing::AssertionResult agrees(const Tensor& expected, const Tensor& actual, const Tolerance& tolerance);

// What a function means, and how certain f32 makes that.
struct Reference {
  std::vector<Tensor> results;
  std::vector<double> rounding;  // largest difference between a result computed in f32 and in f64

  // A few times the error that the reference makes itself.
  Tolerance tolerance(size_t result) const;
};
Reference interpret_reference(const Function& function, const std::vector<Tensor>& arguments);
::testing::AssertionResult agrees(const Reference& expected, const std::vector<Tensor>& actual);

// Whether 2, 3 and 5 threads compute the same bits as one.
::testing::AssertionResult ignores_threads(CompiledProgram& program, const std::vector<Tensor>& arguments);

}  // namespace minnow::testing
