#include "codegen/kernels/register_tile.h"

#include <algorithm>
#include <tuple>

#include "codegen/schedule/contraction_schedule.h"

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

// Registers are shuffled by parts of so many lanes: within each, or whole ones.
constexpr size_t kLanesOfPart = 4;

// Two vectors, of which every `block` lanes are seen as places of `size` lanes: the even places of the first and then
// those of the second, and their odd places.
std::pair<llvm::Value*, llvm::Value*> unzip(llvm::IRBuilder<>& ir, llvm::Value* first, llvm::Value* second,
                                            size_t width, size_t block, size_t size) {
  llvm::SmallVector<int, 16> even, odd;
  const size_t half = block / size / 2;  // places
  for (size_t lane = 0; lane < width; ++lane) {
    const size_t place = lane % block / size;
    const size_t from = (place < half ? 0 : width) + lane - lane % block + 2 * (place % half) * size + lane % size;
    even.push_back(static_cast<int>(from));
    odd.push_back(static_cast<int>(from + size));
  }
  return {ir.CreateShuffleVector(first, second, even), ir.CreateShuffleVector(first, second, odd)};
}

// LLVM tries to make one of shuffles that follow each other, which takes it milliseconds where there are many and finds
// nothing: it does not look behind a fence, which is no code.
void hide_shuffles(llvm::IRBuilder<>& ir, std::vector<llvm::Value*>& rows) {
  for (llvm::Value*& row : rows)
    if (row->getType()->isFPOrFPVectorTy()) row = ir.CreateArithmeticFence(row, row->getType());
}

}  // namespace

bool RegisterTile::has_room_for_steps(int64_t rows) const {
  const Target& target = kernel_.target();
  const int64_t registers = registers_of_vector(lanes_, target.processor) * (rows * columns_ + rows + columns_);
  return registers < target.processor.registers;
}

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

// Step by step a bit of the row's number changes places with one of the lane's (Eklundh's method). Those within a part
// of a vector first, then those of the parts: every step is one instruction for each row.
std::vector<llvm::Value*> transpose_lanes(llvm::IRBuilder<>& ir, std::vector<llvm::Value*> rows) {
  const size_t width = rows.size();
  const size_t part = std::min(kLanesOfPart, width);
  for (size_t bit = 1; bit < width; bit *= 2) {
    const bool is_within = bit < part;
    if (bit == part) hide_shuffles(ir, rows);
    for (size_t row = 0; row < width; ++row)
      if ((row & bit) == 0)
        std::tie(rows[row], rows[row + bit]) =
            unzip(ir, rows[row], rows[row + bit], width, is_within ? part : width, is_within ? 1 : part);
  }
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
