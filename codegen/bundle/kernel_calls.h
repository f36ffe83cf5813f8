// The calls of a function's kernels as LLVM IR, in order, and real loops around those in loops: what CompiledExecutable
// does on one thread, with every address computed from those of a few blocks of memory.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <span>
#include <vector>

#include "codegen/lower_function.h"

namespace minnow {

// Where the function's memory is.
struct KernelMemory {
  std::vector<llvm::Value*> parameters, results;  // nullptr for a result that has a parameter's place
  std::vector<llvm::Value*> constants;            // by buffer; nullptr for others
  llvm::Value* arena = nullptr;
  llvm::Value* local = nullptr;  // arena of block loops
};

class KernelCalls {
 public:
  // `kernels` are those of `lowered`, and lie in the module that `ir` adds to.
  KernelCalls(llvm::IRBuilder<>& ir, int index_bits, std::span<const Kernel> kernels, const LoweredFunction& lowered,
              KernelMemory memory);
  void emit() { run({0, kernels_.size()}, 0); }

 private:
  using V = llvm::Value*;
  struct Range {
    size_t begin, end;
  };
  // The block of examples that is at work.
  struct Block {
    V number, sums;
  };

  void run(Range range, size_t sequence);
  void run_sequence(size_t index);
  void begin_iteration(const SequentialLoop& loop, V iteration);
  void run_blocks(const BlockLoop& loop);
  void call(const Kernel& kernel, const Block& block = {});
  V address(int buffer, const Block& block = {});
  V offset(V base, int64_t bytes);
  V offset(V base, V count, int64_t bytes);
  V index(int64_t value) { return llvm::ConstantInt::get(index_, static_cast<uint64_t>(value)); }
  V slot(int buffer);
  const Buffer& buffer(int index) const { return lowered_.buffers[static_cast<size_t>(index)]; }

  llvm::IRBuilder<>& ir_;
  llvm::IntegerType* index_;
  std::span<const Kernel> kernels_;
  const LoweredFunction& lowered_;
  KernelMemory memory_;
  std::vector<llvm::AllocaInst*> slots_;  // by buffer: addresses that move from iteration to iteration
  llvm::AllocaInst* table_;               // the buffers of the kernel that is called
};

}  // namespace minnow
