// Running a function compiled and interpreted, and holding the results against each other.
#pragma once

#include <gtest/gtest.h>

#include "codegen/compiled_function.h"
#include "ir/function.h"
#include "runtime/tensor.h"
#include "runtime/thread_pool.h"

namespace minnow::testing {

// A function's machine code with memory to run in. LLVM's verifier has seen every kernel. The function may
// not write its parameters.
class CompiledProgram {
 public:
  explicit CompiledProgram(const Function& function);

  // All units of a kernel go to the pool's threads, also where that would not pay. The arena and the results
  // hold NaN at first, and a kernel that writes past the end of its buffer fails the test.
  std::vector<Tensor> run(const std::vector<Tensor>& arguments, ThreadPool& pool);
  std::vector<Tensor> run(const std::vector<Tensor>& arguments);  // on one thread

 private:
  struct Memory;

  std::vector<TensorType> result_types_;
  std::unique_ptr<CompiledFunction> compiled_;
};

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
