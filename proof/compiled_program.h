// Running compiled code under conditions in which mistakes show.
#pragma once

#include <memory>
#include <vector>

#include "codegen/compile.h"
#include "interpreter/tensor.h"
#include "proof/planted_bug.h"
#include "runtime/cluster/communicator.h"
#include "runtime/thread_pool.h"

namespace minnow::proof {

// A function's machine code. LLVM's verifier has seen every kernel.
class CompiledProgram {
 public:
  // Compiles on one thread whatever the options say.
  static Result<CompiledProgram> create(const Function& function, CompileOptions options = {},
                                        const PlantedBug* bug = nullptr);

  size_t kernels() const { return compiled_->kernels.size(); }

  // The function's results, new weights among them, of a guarded run that is divided among all of the pool's threads
  // (see ExecutorOptions), and among the ranks, if there are any; the arguments are left as they are.
  Result<std::vector<Tensor>> run(const std::vector<Tensor>& arguments, ThreadPool& pool,
                                  Communicator* ranks = nullptr) const;

 private:
  CompiledProgram() = default;

  std::unique_ptr<Function> function_;
  std::shared_ptr<const CompiledFunction> compiled_;
};

}  // namespace minnow::proof
