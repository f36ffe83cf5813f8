// LLVM IR without what a machine has only as functions of a library.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <string>
#include <string_view>
#include <vector>

#include "codegen/target/target.h"
#include "ir/error.h"

namespace minnow {

// Adds the internal functions of a text.
void link_llvm_ir(llvm::Module& module, const Target& target, std::string_view text);

// Where the machine has no instruction for them, floor and rint become additions, and a multiply-add becomes a product
// and a sum, each rounded. pow, sin, cos and atan of f32 and sqrt of f64 become functions of the module's own.
void make_freestanding(llvm::Module& module, const Target& target, const llvm::TargetMachine& machine);

struct ObjectFacts {
  std::vector<std::string> needs;  // symbols that are elsewhere, sorted
  int64_t code_bytes = 0, constant_bytes = 0;
};
Result<ObjectFacts> facts_of(std::string_view object);

}  // namespace minnow
