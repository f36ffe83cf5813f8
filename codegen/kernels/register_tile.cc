#include "codegen/kernels/register_tile.h"

#include <tuple>

namespace minnow {

namespace {

// Two vectors as pairs of halves of blocks of 2 * half lanes: (first's lower, second's lower), and their upper halves.
std::pair<llvm::Value*, llvm::Value*> exchange(llvm::IRBuilder<>& ir, llvm::Value* first, llvm::Value* second,
                                               size_t width, size_t half) {
  llvm::SmallVector<int, 16> low, high;
  for (size_t lane = 0; lane < width; ++lane) {
    const bool from_second = (lane & half) != 0;
    low.push_back(static_cast<int>(from_second ? width + lane - half : lane));
    high.push_back(static_cast<int>(from_second ? width + lane : lane + half));
  }
  return {ir.CreateShuffleVector(first, second, low), ir.CreateShuffleVector(first, second, high)};
}

}  // namespace

void for_tiles(KernelBuilder& kernel, int64_t rows, int64_t tile_rows, llvm::Value* from, llvm::Value* to,
               const std::function<void(llvm::Value* first, int64_t rows)>& body) {
  llvm::IRBuilder<>& ir = kernel.ir();
  const int64_t whole = rows / tile_rows;
  const int64_t rest = rows % tile_rows;
  llvm::Value* last = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, to, kernel.index(whole));
  kernel.loop(from, last, 1, [&](llvm::Value* tile) { body(ir.CreateMul(tile, kernel.index(tile_rows)), tile_rows); });
  if (rest == 0) return;
  kernel.when(ir.CreateICmpEQ(to, kernel.index(whole + 1)), [&] { body(kernel.index(rows - rest), rest); });
}

// Swaps blocks of size half, half / 2, ..., 1 across the diagonal (Eklundh's method).
std::vector<llvm::Value*> transpose_lanes(llvm::IRBuilder<>& ir, std::vector<llvm::Value*> rows) {
  const size_t width = rows.size();
  for (size_t half = width / 2; half >= 1; half /= 2)
    for (size_t row = 0; row < width; ++row)
      if ((row & half) == 0)
        std::tie(rows[row], rows[row + half]) = exchange(ir, rows[row], rows[row + half], width, half);
  return rows;
}

llvm::Value* add_rows(llvm::IRBuilder<>& ir, std::vector<llvm::Value*> rows) {
  const size_t width = rows.size();
  for (size_t half = width / 2; half >= 1; half /= 2) {
    for (size_t row = 0; row < half; ++row) {
      const auto [low, high] = exchange(ir, rows[row], rows[row + half], width, half);
      rows[row] = ir.CreateFAdd(low, high);
    }
  }
  return rows[0];
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

}  // namespace minnow
