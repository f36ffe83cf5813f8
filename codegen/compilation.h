// One function on its way to machine code, private to codegen: lowered, described, then either emitted or found in the
// object cache.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codegen/compile.h"
#include "codegen/duplicate_kernels.h"
#include "codegen/kernel_changes.h"
#include "codegen/lower_function.h"
#include "codegen/machine/object_cache.h"

namespace minnow {

class Compilation {
 public:
  // Lowers, and says of every kernel what is known before it is emitted.
  Compilation(const Function& function, const MemoryPlan& plan, const Target& target, const CompileOptions& options);

  // Kernels emitted from now on are changed so.
  void change(const KernelChanges& changes) { changes_ = changes; }
  // Emits the kernels into so many modules, each on a thread of its own.
  void emit(int module_count);
  // Emits them all into a module that may have others. Then the kernels know their buffers.
  void emit_into(llvm::Module& module, DuplicateKernels& duplicates);
  std::span<const Kernel> kernels() const { return kernels_; }
  const LoweredFunction& lowered() const { return lowered_; }
  Status verify() const;
  Result<std::vector<ObjectBytes>> make_objects() const;
  Result<std::string> assembly() const;
  std::string llvm_ir() const;
  Result<std::vector<KernelText>> kernel_texts() const;

  // Names the function, the options and the machine.
  std::string key() const;
  // Takes over what an earlier compilation found out; false if it was of another function.
  bool adopt(const CachedKernels& cached);
  CachedKernels to_cache(std::vector<ObjectBytes> objects) const;

  // Once the kernels are emitted, or found: fills the constants that they read, and empties the buffers of others. A
  // constant that stands in the code needs no buffer.
  const LoweredFunction& with_constants();

  // Links the objects and hands everything over.
  Result<std::unique_ptr<CompiledFunction>> finish(std::vector<ObjectBytes> objects);

 private:
  // A module and the kernels, by number, that are emitted into it.
  struct Part {
    std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
    std::unique_ptr<llvm::Module> module;
    std::vector<size_t> kernels;
  };

  void divide(int module_count);
  void emit_kernel(size_t index, llvm::Module& module, DuplicateKernels& duplicates);
  std::string unique_name(const KernelWork& work);
  Kernel describe(const KernelWork& work);
  void decide_threads();

  const Function& function_;
  const Target& target_;
  const CompileOptions& options_;
  KernelChanges changes_;
  LoweredFunction lowered_;
  std::vector<Part> parts_;
  std::vector<Kernel> kernels_;  // one for each of lowered_.works
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, int> last_number_;  // behind a name that several kernels would have
  Threads threads_ = Threads::kOne;
};

}  // namespace minnow
