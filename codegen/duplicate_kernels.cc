#include "codegen/duplicate_kernels.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Instruction.h>
#include <llvm/IR/StructuralHash.h>

#include <optional>

#include "ir/attribute_text.h"
#include "ir/steps.h"

namespace minnow {
namespace {

// Of a number, or of one that all lanes of a vector are.
std::optional<uint64_t> number_bits(const llvm::Value& operand) {
  const auto* constant = llvm::dyn_cast<llvm::Constant>(&operand);
  if (constant == nullptr) return std::nullopt;
  if (constant->getType()->isVectorTy()) constant = constant->getSplatValue();
  if (const auto* integer = llvm::dyn_cast_or_null<llvm::ConstantInt>(constant))
    return llvm::hash_value(integer->getValue());
  if (const auto* real = llvm::dyn_cast_or_null<llvm::ConstantFP>(constant))
    return llvm::hash_value(real->getValueAPF());
  return std::nullopt;
}

// LLVM's hash leaves out the numbers in the code, by which kernels of different sizes differ.
uint64_t hash_of(const llvm::Function& function) {
  uint64_t hash = llvm::StructuralHash(function);
  for (const llvm::BasicBlock& block : function)
    for (const llvm::Instruction& instruction : block)
      for (const llvm::Use& operand : instruction.operands())
        if (const std::optional<uint64_t> bits = number_bits(*operand))
          hash = (hash ^ *bits) * 0x9e3779b97f4a7c15 + (hash >> 29);
  return hash;
}

}  // namespace

llvm::Function* DuplicateKernels::find_or_add(llvm::Function& function) {
  const uint64_t hash = hash_of(function);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto other = first; other != last; ++other) {
    count_steps();
    if (llvm::FunctionComparator(other->second, &function, &numbers_).compare() == 0) return other->second;
  }
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
