// Accumulators of a microkernel: variables that LLVM keeps in registers.
#pragma once

#include "codegen/element/element_emitter.h"

namespace minnow {

class RegisterTile {
 public:
  RegisterTile(KernelBuilder& kernel, int64_t rows, int64_t columns, int lanes)
      : kernel_(kernel), columns_(columns), lanes_(lanes), type_(kernel.vector_type(kernel.ir().getFloatTy(), lanes)) {
    for (int64_t i = 0; i < rows * columns; ++i) slots_.push_back(kernel.stack(type_));
  }

  // Whether steps of the depth may follow each other in the code. What they read alike LLVM reads once, early, and
  // spills where sums leave no registers for it.
  bool has_room_for_steps(int64_t rows) const;
  // Between steps that must: LLVM does not look behind a fence, which is no code.
  void separate_steps() {
    kernel_.ir().CreateFence(llvm::AtomicOrdering::SequentiallyConsistent, llvm::SyncScope::SingleThread);
  }

  void clear() {
    for (llvm::Value* slot : slots_) kernel_.ir().CreateStore(llvm::Constant::getNullValue(type_), slot);
  }
  llvm::Value* get(int64_t row, int64_t column) { return kernel_.ir().CreateLoad(type_, slot(row, column)); }
  void set(int64_t row, int64_t column, llvm::Value* value) { kernel_.ir().CreateStore(value, slot(row, column)); }
  void multiply_add(int64_t row, int64_t column, llvm::Value* a, llvm::Value* b) {
    llvm::IRBuilder<>& ir = kernel_.ir();
    set(row, column, ir.CreateIntrinsic(llvm::Intrinsic::fma, {type_}, {a, b, get(row, column)}));
  }

 private:
  llvm::Value* slot(int64_t row, int64_t column) { return slots_[static_cast<size_t>(row * columns_ + column)]; }

  KernelBuilder& kernel_;
  int64_t columns_;
  int lanes_;
  llvm::Type* type_;
  std::vector<llvm::Value*> slots_;
};

// Tiles [from, to) of `rows`, with the first of a tile's rows and their number. Whole tiles share their code; the last
// may have fewer rows.
void for_tiles(KernelBuilder& kernel, int64_t rows, int64_t tile_rows, llvm::Value* from, llvm::Value* to,
               const std::function<void(llvm::Value* first, int64_t rows)>& body);

// W vectors of W lanes, transposed: lane i of vector j becomes lane j of vector i. W is a power of two.
std::vector<llvm::Value*> transpose_lanes(llvm::IRBuilder<>& ir, std::vector<llvm::Value*> rows);

// W vectors of W lanes, added up: lane i is the sum of vector i's lanes, by halving.
llvm::Value* add_rows(llvm::IRBuilder<>& ir, std::vector<llvm::Value*> rows);

// One number from a vector's lanes, by halving: a fixed tree.
llvm::Value* combine_lanes(llvm::IRBuilder<>& ir, llvm::Value* vector,
                           llvm::function_ref<llvm::Value*(llvm::Value*, llvm::Value*)> combine);

}  // namespace minnow
