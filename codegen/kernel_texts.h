// The texts of one kernel, cut out of those of its module.
#pragma once

#include <llvm/IR/Module.h>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "codegen/kernel_comments.h"
#include "codegen/machine/compiled_function.h"

namespace minnow {

// The function of that name, with the comment above it. Of a kernel whose code is another's, the alias.
std::string llvm_ir_of(std::string_view kernel, const llvm::Module& module, const KernelsByName& kernels);

// By kernel: from its label, with the comment above it, to the end of the function. A kernel whose code is another's
// has no label and is missing.
std::unordered_map<std::string, std::string> assembly_by_kernel(std::string_view assembly,
                                                                std::span<const Kernel> kernels);

// The kernel whose code it has; empty for one with code of its own.
std::string duplicate_of(std::string_view kernel, const llvm::Module& module);

}  // namespace minnow
