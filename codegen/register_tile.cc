#include "codegen/register_tile.h"

namespace minnow {

// Swaps blocks of size half, half / 2, ..., 1 across the diagonal (Eklundh's method).
std::vector<llvm::Value*> transpose_lanes(llvm::IRBuilder<>& ir, std::vector<llvm::Value*> rows) {
  const size_t width = rows.size();
  for (size_t half = width / 2; half >= 1; half /= 2) {
    llvm::SmallVector<int, 16> low, high;
    for (size_t lane = 0; lane < width; ++lane) {
      const bool from_second = (lane & half) != 0;
      low.push_back(static_cast<int>(from_second ? width + lane - half : lane));
      high.push_back(static_cast<int>(from_second ? width + lane : lane + half));
    }
    std::vector<llvm::Value*> next(width);
    for (size_t row = 0; row < width; ++row) {
      if ((row & half) != 0) continue;
      next[row] = ir.CreateShuffleVector(rows[row], rows[row + half], low);
      next[row + half] = ir.CreateShuffleVector(rows[row], rows[row + half], high);
    }
    rows = std::move(next);
  }
  return rows;
}

llvm::Value* combine_lanes(llvm::IRBuilder<>& ir, llvm::Value* vector,
                           llvm::function_ref<llvm::Value*(llvm::Value*, llvm::Value*)> combine) {
  const auto* type = llvm::dyn_cast<llvm::FixedVectorType>(vector->getType());
  if (type == nullptr) return vector;
  for (int width = static_cast<int>(type->getNumElements()) / 2; width >= 1; width /= 2) {
    llvm::SmallVector<int, 16> low, high;
    for (int i = 0; i < width; ++i) {
      low.push_back(i);
      high.push_back(i + width);
    }
    vector = combine(ir.CreateShuffleVector(vector, low), ir.CreateShuffleVector(vector, high));
  }
  return ir.CreateExtractElement(vector, uint64_t{0});
}

llvm::Value* add_lanes(llvm::IRBuilder<>& ir, llvm::Value* vector) {
  return combine_lanes(ir, vector, [&](llvm::Value* a, llvm::Value* b) { return ir.CreateFAdd(a, b); });
}

}  // namespace minnow
