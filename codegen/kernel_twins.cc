#include "codegen/kernel_twins.h"

#include <llvm/IR/StructuralHash.h>

#include "ir/attribute_text.h"

namespace minnow {

llvm::Function* KernelTwins::find_or_add(llvm::Function& function) {
  const uint64_t hash = llvm::StructuralHash(function);
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
