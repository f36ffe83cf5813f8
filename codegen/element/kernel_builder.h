// One kernel being emitted: its LLVM function, its buffers, its loops.
#pragma once

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codegen/target/target.h"
#include "ir/type.h"

namespace minnow {

// Emits `void name(ptr buffers, i64 begin, i64 end)`; see KernelEntry.
class KernelBuilder {
 public:
  KernelBuilder(llvm::Module& module, const Target& target, const std::string& name);

  const Target& target() const { return target_; }
  llvm::IRBuilder<>& ir() { return ir_; }
  llvm::Function* function() { return function_; }

  // The work units of this call.
  llvm::Value* begin() const { return function_->getArg(1); }
  llvm::Value* end() const { return function_->getArg(2); }

  // Base address of a buffer of the compiled function's buffer table.
  llvm::Value* buffer(int index);
  const std::vector<int>& buffers() const { return buffers_; }

  // for (i = from; i < to; i += step) body(i)
  void loop(llvm::Value* from, llvm::Value* to, int64_t step, llvm::function_ref<void(llvm::Value*)> body);
  void loop(int64_t from, int64_t to, llvm::function_ref<void(llvm::Value*)> body);
  // The same by `step`, with code for each i where there are few.
  void short_loop(int64_t from, int64_t to, int64_t step, llvm::function_ref<void(llvm::Value*)> body);
  // if (condition) body()
  void when(llvm::Value* condition, llvm::function_ref<void()> body);

  llvm::Value* byte_offset(llvm::Value* base, int64_t bytes) {
    return ir_.CreateConstGEP1_64(ir_.getInt8Ty(), base, static_cast<uint64_t>(bytes));
  }
  llvm::Value* index(int64_t value) { return ir_.getInt64(static_cast<uint64_t>(value)); }
  // A variable, or an array of `count`, on the stack; allocated once at entry, aligned to a cache line.
  llvm::AllocaInst* stack(llvm::Type* type, int64_t count = 1);
  llvm::Type* element_type(DType dtype);                 // in registers; pred is i1
  llvm::Type* memory_type(DType dtype);                  // in memory; pred is i8
  llvm::Type* vector_type(llvm::Type* type, int lanes);  // `type` itself for one lane

  // Fused multiply-adds that the target has not become products and sums: a call of the C library for each lane would
  // take a hundred times as long.
  void finish();

 private:
  const Target& target_;
  llvm::IRBuilder<> ir_;
  llvm::Function* function_;
  llvm::BasicBlock* entry_;
  std::vector<int> buffers_;
  std::unordered_map<int, llvm::Value*> bases_;  // of those buffers
};

}  // namespace minnow
