// Running compiled code under conditions in which mistakes show.
#pragma once

#include "codegen/compiled_function.h"
#include "ir/function.h"
#include "runtime/tensor.h"
#include "runtime/thread_pool.h"

namespace minnow::testing {

// A function's machine code. LLVM's verifier has seen every kernel. The function may not write its
// parameters.
class CompiledProgram {
 public:
  // `cpu` as LLVM names it; empty: the host's.
  explicit CompiledProgram(const Function& function, const std::string& cpu = {});

  // All units of a kernel are divided among the pool's threads, also where that would not pay. What a kernel
  // should write holds NaN at first, and writing past the end of a buffer fails the test.
  std::vector<Tensor> run(const std::vector<Tensor>& arguments, ThreadPool& pool);
  std::vector<Tensor> run(const std::vector<Tensor>& arguments);  // on one thread

 private:
  std::vector<TensorType> result_types_;
  std::unique_ptr<CompiledFunction> compiled_;
};

}  // namespace minnow::testing
