// Running compiled code under conditions in which mistakes show.
#pragma once

#include <memory>
#include <vector>

#include "codegen/compile.h"
#include "proof/planted_bug.h"
#include "runtime/tensor.h"
#include "runtime/thread_pool.h"

namespace minnow::proof {

// A function's machine code. LLVM's verifier has seen every kernel.
class CompiledProgram {
 public:
  // Compiles on one thread whatever the options say.
  static Result<CompiledProgram> create(const Function& function, CompileOptions options = {},
                                        const PlantedBug* bug = nullptr);

  // The function's results, new weights among them; the arguments are left as they are. All units of a kernel are
  // divided among the pool's threads, also where that would not pay. What a kernel should write holds NaN at first,
  // and writing past the end of a buffer is an error.
  Result<std::vector<Tensor>> run(const std::vector<Tensor>& arguments, ThreadPool& pool) const;

 private:
  struct ResultHome {
    TensorType type;
    int parameter = -1;  // that it is written over; -1: none
  };

  CompiledProgram() = default;

  std::vector<ResultHome> results_;
  std::unique_ptr<CompiledFunction> compiled_;
};

}  // namespace minnow::proof
