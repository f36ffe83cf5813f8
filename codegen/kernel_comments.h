// What stands above each kernel in LLVM IR and assembly text: the value it computes, its ops, layer and phase.
#pragma once

#include <llvm/IR/AssemblyAnnotationWriter.h>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "codegen/machine/compiled_function.h"
#include "codegen/target/target.h"

namespace minnow {

// "%4 = dot+broadcast+add, layer \"fc\", forward: 0.313 MFLOP, 98.0 KiB"
std::string kernel_comment(const Kernel& kernel);

class KernelsByName {
 public:
  explicit KernelsByName(std::span<const Kernel> kernels);
  const Kernel* find(std::string_view name) const;  // nullptr if there is none

 private:
  std::unordered_map<std::string_view, const Kernel*> kernels_;
};

class KernelAnnotator : public llvm::AssemblyAnnotationWriter {
 public:
  explicit KernelAnnotator(const KernelsByName& kernels) : kernels_(kernels) {}
  void emitFunctionAnnot(const llvm::Function* function, llvm::formatted_raw_ostream& out) override;

 private:
  const KernelsByName& kernels_;
};

// The assembly with a comment in the target's own syntax above the label of each kernel.
std::string annotate_assembly(std::string_view assembly, std::span<const Kernel> kernels, const Target& target);

}  // namespace minnow
