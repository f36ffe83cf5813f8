#include "codegen/kernel_twins.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Instruction.h>
#include <llvm/IR/StructuralHash.h>

#include "ir/attribute_text.h"

namespace minnow {
namespace {

// LLVM's hash leaves out the numbers in the code, by which kernels of different sizes differ.
uint64_t hash_of(const llvm::Function& function) {
  uint64_t hash = llvm::StructuralHash(function);
  for (const llvm::BasicBlock& block : function)
    for (const llvm::Instruction& instruction : block)
      for (const llvm::Use& operand : instruction.operands())
        if (const auto* number = llvm::dyn_cast<llvm::ConstantInt>(operand); number && number->getBitWidth() <= 64)
          hash = (hash ^ number->getZExtValue()) * 0x9e3779b97f4a7c15 + (hash >> 29);
  return hash;
}

}  // namespace

llvm::Function* KernelTwins::find_or_add(llvm::Function& function) {
  const uint64_t hash = hash_of(function);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto other = first; other != last; ++other)
    if (llvm::FunctionComparator(other->second, &function, &numbers_).compare() == 0) return other->second;
  by_hash_.emplace(hash, &function);
  return nullptr;
}

std::string likeness(const KernelWork& work) {
  std::string text = work.ops;
  if (work.main != nullptr) {
    text += attributes_to_string(work.main->attributes);
    for (const Value* operand : work.main->operands) text += " " + operand->type.to_string();
  }
  for (const KernelOutput& output : work.outputs) text += " " + output.value->type.to_string();
  return text;
}

}  // namespace minnow
