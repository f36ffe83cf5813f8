// Kernels of the same code, such as those of equal layers, are compiled once.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/Transforms/Utils/FunctionComparator.h>

#include <unordered_map>

#include "codegen/schedule/kernel_work.h"

namespace minnow {

// The kernels of a module.
class DuplicateKernels {
 public:
  // The function with this one's body that was added before; else adds this one and answers nullptr.
  llvm::Function* find_or_add(llvm::Function& function);

 private:
  std::unordered_multimap<uint64_t, llvm::Function*> by_hash_;
  llvm::GlobalNumberState numbers_;
};

// The same for kernels that are likely to be duplicates: what is known of them before they are emitted.
std::string likeness(const KernelWork& work);

}  // namespace minnow
