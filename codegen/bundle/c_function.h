// One function of a bundle being emitted: `int NAME_suffix(void *memory, ...)`.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <string_view>
#include <vector>

#include "codegen/bundle/emit_entries.h"

namespace minnow {

class CFunction {
 public:
  using V = llvm::Value*;

  // `arguments` are those behind `memory`; 'p' a pointer, 's' a size_t, 'f' a float.
  CFunction(const BundleCode& code, std::string_view suffix, std::string_view arguments);
  // The function returns 0.
  void finish() { ir_.CreateRet(ir_.getInt32(0)); }

  llvm::IRBuilder<>& ir() { return ir_; }
  V argument(size_t i) { return function_->getArg(static_cast<unsigned>(i) + 1); }
  V memory() { return function_->getArg(0); }
  V at(int64_t offset) {
    return ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), memory(), static_cast<uint64_t>(offset));
  }
  V size(int64_t bytes) { return llvm::ConstantInt::get(size_type_, static_cast<uint64_t>(bytes)); }

  // Where the condition holds, the function returns the error.
  void refuse(V condition, BundleError error);
  void refuse_null(V pointer) { refuse(ir_.CreateIsNull(pointer), BundleError::kNull); }
  // Memory that is none, or not aligned.
  void check_place();
  // Memory that has not been initialised, by this bundle.
  void check_memory();

  V field(int64_t offset) { return ir_.CreateLoad(ir_.getInt32Ty(), at(offset)); }
  void set_field(int64_t offset, uint32_t value) { ir_.CreateStore(ir_.getInt32(value), at(offset)); }
  void add_to_field(int64_t offset) { ir_.CreateStore(ir_.CreateAdd(field(offset), ir_.getInt32(1)), at(offset)); }
  void copy(V to, V from, int64_t bytes);
  void clear(V to, int64_t bytes);

 private:
  llvm::IRBuilder<> ir_;
  llvm::IntegerType* size_type_;
  llvm::Function* function_;
  uint64_t model_;
};

// Bytes that stand in the object.
llvm::GlobalVariable* add_constant(llvm::Module& module, std::string_view bytes, const std::string& name);

}  // namespace minnow
