#include "codegen/kernels/tile_reader.h"
#include "codegen/kernels/winograd_kernel.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// Vectors along the examples: one is a tile of each.
class WinogradBlock : WinogradKernel {
 public:
  WinogradBlock(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const WinogradSchedule& s)
      : WinogradKernel(kernel, storage, work, s), tiles_(s.rows * s.columns),
        reader_(emitter_, op_.operands[0], {s.first_pixel(2), s.first_pixel(3)}, {s.rows, s.columns}) {}

  WorkUnits emit();

 private:
  void emit_group(V first);
  void transform_tile(V tile, V index);
  void store_tile(V index, V column, const Pixels& pixels);
  void store_pixel(Axes at, int64_t i, int64_t j, V value);

  int64_t tiles_;  // of an image
  TileReader reader_;
};

WorkUnits WinogradBlock::emit() {
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), 1});
  begin(scratch.memory());
  loops(s_.whole, s_.whole.axes_of(Axis::Kind::kBatch), at_, false, [&] {
    emitter_.examples_loop([&](const Coord& examples) {
      at_[s_.row_axis(0)] = examples;
      kernel_.loop(0, s_.groups(), [&](V group) { emit_group(times(group, s_.vectors)); });
    });
  });
  return {1, false};
}

// Tiles are counted through the image. Those behind the last one are read as that, and not stored.
void WinogradBlock::emit_group(V first) {
  kernel_.loop(0, s_.vectors, [&](V tile) { transform_tile(tile, smaller(plus(first, tile), number(tiles_ - 1))); });
  sum_channels(s_.vectors, [&](V column) {
    kernel_.loop(0, s_.vectors, [&](V tile) {
      V index = plus(first, tile);
      const auto store = [&] { store_tile(index, column, pixels_of_sums(tile)); };
      tiles_ % s_.vectors == 0 ? store() : kernel_.when(ir_.CreateICmpSLT(index, number(tiles_)), store);
    });
  });
}

void WinogradBlock::transform_tile(V tile, V index) {
  const Coord row = emitter_.uniform(divided(index, s_.columns)), column = emitter_.uniform(rest(index, s_.columns));
  reader_.with_tile(row, column, [&](const TileReader::Read& read) {
    transform_pixels_of(tile, [&](const Coord& channel) {
      Axes at = at_;
      at[channel_] = channel;
      const Position place = position_of({s_.whole.a[0], s_.whole.a[1]}, at);
      return read(place[0], place[1]);
    });
  });
}

void WinogradBlock::store_tile(V index, V column, const Pixels& pixels) {
  Axes at = at_;
  at[s_.row_axis(1)] = emitter_.uniform(times(divided(index, s_.columns), kStep));
  at[s_.row_axis(2)] = emitter_.uniform(times(rest(index, s_.columns), kStep));
  at[column_] = emitter_.uniform(column);
  for (int64_t i = 0; i < kStep; ++i)
    for (int64_t j = 0; j < kStep; ++j) store_pixel(at, i, j, pixels[static_cast<size_t>(kStep * i + j)]);
}

// Of the tile at `at`, if the image has it.
void WinogradBlock::store_pixel(Axes at, int64_t i, int64_t j, V value) {
  V exists = nullptr;
  const auto move = [&](size_t dim, int64_t by) {
    const size_t axis = s_.row_axis(dim);
    at[axis] = emitter_.offset(at[axis], by);
    const int64_t extent = s_.whole.axes[axis].extent;
    if (by > 0 && extent % kStep != 0)
      exists = emitter_.both(exists, emitter_.compare(llvm::CmpInst::ICMP_SLT, at[axis], extent));
  };
  move(1, i);
  move(2, j);
  const auto store = [&] {
    emitter_.forget();
    store_sum(position_of(s_.whole.y, at), value);
    emitter_.forget();
  };
  exists == nullptr ? store() : kernel_.when(exists, store);
}

}  // namespace

WorkUnits emit_winograd_block(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                              const WinogradSchedule& s) {
  return WinogradBlock(kernel, storage, work, s).emit();
}

}  // namespace minnow
