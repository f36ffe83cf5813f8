// What stands above each kernel in LLVM IR and assembly text: the value it computes, its ops, layer and phase.
#pragma once

#include <llvm/IR/AssemblyAnnotationWriter.h>

#include <span>
#include <string>
#include <string_view>

#include "codegen/compiled_function.h"
#include "codegen/target.h"

namespace minnow {

// "%4 = dot+broadcast+add, layer \"fc\", forward: 0.313 MFLOP, 98.0 KiB"
std::string kernel_comment(const Kernel& kernel);

class KernelAnnotator : public llvm::AssemblyAnnotationWriter {
 public:
  explicit KernelAnnotator(std::span<const Kernel> kernels) : kernels_(kernels) {}
  void emitFunctionAnnot(const llvm::Function* function, llvm::formatted_raw_ostream& out) override;

 private:
  std::span<const Kernel> kernels_;
};

// The assembly with a comment in the target's own syntax above the label of each kernel.
std::string annotate_assembly(std::string_view assembly, std::span<const Kernel> kernels, const Target& target);

}  // namespace minnow
