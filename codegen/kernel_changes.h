// Kernels that are not what they should be, for proofs that this is noticed. The program itself changes none.
#pragma once

#include <functional>

#include "codegen/compile.h"

namespace llvm {
class Function;
}

namespace minnow {

struct KernelWork;

struct KernelChanges {
  // What a kernel is to do; the target has the schedule that this was chosen for.
  std::function<void(KernelWork&, const Target&)> work = {};
  // What it has become, before LLVM's passes.
  std::function<void(llvm::Function&)> code = {};
};

// As compile, with each kernel changed before what follows sees it. Nothing is kept in a cache.
Result<std::unique_ptr<CompiledFunction>> compile_changed(const Function& function, const MemoryPlan& plan,
                                                          CompileOptions options, const KernelChanges& changes);

}  // namespace minnow
