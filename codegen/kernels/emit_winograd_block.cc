#include "codegen/kernels/winograd_kernel.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// Vectors along the examples: one is a tile of each.
class WinogradBlock : WinogradKernel {
 public:
  WinogradBlock(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const WinogradSchedule& s)
      : WinogradKernel(kernel, storage, work, s), tiles_(s.rows * s.columns) {}

  WorkUnits emit();

 private:
  void emit_group(V first);
  Axes place_of_tile(V index);
  void transform_tile(V tile, V index);
  bool is_always_inside(size_t dim) const;
  V is_inside(const Position& corner);
  Position corner_of(const Axes& at);
  WinogradTile read_tile(const Position& corner, bool is_inside);
  void store_tile(V index, V column, const Pixels& pixels);
  void store_pixel(Axes at, int64_t i, int64_t j, V value);

  int64_t tiles_;  // of an image
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

ContractionKernel::Axes WinogradBlock::place_of_tile(V index) {
  Axes at = at_;
  at[s_.row_axis(1)] = emitter_.uniform(times(divided(index, s_.columns), kStep));
  at[s_.row_axis(2)] = emitter_.uniform(times(rest(index, s_.columns), kStep));
  return at;
}

void WinogradBlock::transform_tile(V tile, V index) {
  const Axes begin = place_of_tile(index);
  const auto transform = [&](bool is_inside) {
    transform_pixels_of(tile, [&](const Coord& channel) {
      Axes at = begin;
      at[channel_] = channel;
      return read_tile(corner_of(at), is_inside);
    });
  };
  if (is_always_inside(2) && is_always_inside(3)) return transform(true);
  V inside = is_inside(corner_of(begin));
  kernel_.when(inside, [&] { transform(true); });
  kernel_.when(ir_.CreateNot(inside), [&] { transform(false); });
}

bool WinogradBlock::is_always_inside(size_t dim) const {
  const CoordSpan span = span_of(s_.whole.a[dim], s_.whole.axes);
  return span.low >= 0 && s_.whole.axes[s_.row_axis(dim - 1)].extent % kStep == 0 &&
         span.high < op_.operands[0]->type.shape[dim];
}

V WinogradBlock::is_inside(const Position& corner) {
  V inside = nullptr;
  for (size_t d = 2; d < corner.size(); ++d) {
    const int64_t last = op_.operands[0]->type.shape[d] - kSide;
    inside = emitter_.both(inside, emitter_.compare(llvm::CmpInst::ICMP_SGE, corner[d], 0));
    inside = emitter_.both(inside, emitter_.compare(llvm::CmpInst::ICMP_SLE, corner[d], last));
  }
  return inside;
}

// The first pixel of a tile, which may be outside.
Position WinogradBlock::corner_of(const Axes& at) {
  Position corner = position_of(s_.whole.a, at);
  for (size_t d = 2; d < corner.size(); ++d)
    corner[d] = emitter_.offset(corner[d], s_.first_pixel(d) - s_.whole.a[d].offset);
  return corner;
}

WinogradTile WinogradBlock::read_tile(const Position& corner, bool is_inside) {
  const Value* input = op_.operands[0];
  WinogradTile pixels;
  for (int64_t i = 0; i < kSide; ++i)
    for (int64_t j = 0; j < kSide; ++j) {
      const Position at = {corner[0], corner[1], emitter_.offset(corner[2], i), emitter_.offset(corner[3], j)};
      pixels[static_cast<size_t>(kSide * i + j)] =
          is_inside ? emitter_.emit(input, at) : emitter_.emit_guarded(input, at, nullptr, 0);
    }
  return pixels;
}

void WinogradBlock::store_tile(V index, V column, const Pixels& pixels) {
  Axes at = place_of_tile(index);
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
