// Machine code: LLVM's passes, object files, and the ORC JIT that links them into this process.
#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <string>
#include <vector>

#include "codegen/target/target.h"
#include "ir/interrupt.h"

namespace llvm::orc {
class LLJIT;
}

namespace minnow {

// Attribute of a function that reads from more places at once than there are registers for their addresses: LLVM is to
// find what they have in common, which takes it time.
inline constexpr char kManyAddresses[] = "minnow-many-addresses";
// Of one whose inner loops take all registers, while its outer ones read many constants: LLVM is not to keep those in
// registers meanwhile.
inline constexpr char kManyConstants[] = "minnow-many-constants";

using ObjectBytes = llvm::SmallVector<char, 0>;

// Optimises a module and turns it into an object file, or into assembly text. `times` as CompileOptions::llvm_times.
// Once interrupted, it ends with an error behind the function that it is at. `has_sections` puts every function and
// constant in a section of its own, so that a linker can drop what is not used.
Result<ObjectBytes> compile_module(llvm::Module& module, const Target& target, int opt_level,
                                   std::string* times = nullptr, InterruptFlag interrupt = nullptr,
                                   bool has_sections = false);
Result<std::string> assemble_module(llvm::Module& module, const Target& target, int opt_level,
                                    std::string* times = nullptr);

class JitCode {
 public:
  static Result<std::unique_ptr<JitCode>> link(std::vector<ObjectBytes> objects);
  ~JitCode();

  Result<void*> find(const std::string& symbol);

 private:
  JitCode();
  std::unique_ptr<llvm::orc::LLJIT> jit_;
};

}  // namespace minnow
