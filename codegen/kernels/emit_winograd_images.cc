#include <algorithm>

#include "codegen/kernels/pixel_reader.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/kernels/winograd_kernel.h"
#include "codegen/machine/jit_code.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// Vectors along the tiles of an image, from line to line.
class WinogradImages : WinogradKernel {
 public:
  WinogradImages(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const WinogradSchedule& s)
      : WinogradKernel(kernel, storage, work, s) {
    if (is_epilogue_costly()) kernel_.function()->addFnAttr(kManyConstants);
  }

  WorkUnits emit();

 private:
  using Band = WinogradSchedule::Band;

  void emit_group_of_image(V group);
  void emit_band(const Band& band, V piece);
  void emit_group(const Band& band, int64_t first);
  V pixels_of(const Band& band, const Coord& channel);
  WinogradTile read_tiles(const PixelVectors& tiles, V pixels, int64_t vector);
  void store_tiles(const Band& band, int64_t vector, V column, const Pixels& pixels);
  void store_lines(const Band& band, int64_t tile, int64_t lane, int64_t count, V column, const Pixels& pixels);

  V line_ = nullptr;  // of pixels, where the band's repeat begins
};

// A piece of work is an image, or a group of its vectors, whose pixels are no grid.
WorkUnits WinogradImages::emit() {
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), s_.units()});
  begin(scratch.memory());
  std::vector<size_t> outer = {s_.row_axis(0)};
  for (const size_t axis : s_.whole.axes_of(Axis::Kind::kBatch)) outer.push_back(axis);
  std::vector<int64_t> extents;
  for (const size_t axis : outer) extents.push_back(s_.whole.axes[axis].extent);
  scratch.loop([&](V piece) {
    if (s_.divides_images()) {
      set_digits(at_, outer, extents, divided(piece, s_.groups()));
      emit_group_of_image(rest(piece, s_.groups()));
    } else {
      set_digits(at_, outer, extents, piece);
      kernel_.loop(0, s_.groups(), [&](V group) { emit_group_of_image(group); });
    }
  });
  if (s_.divides_images()) return {scratch.count(), true, {}};
  ResultGrid grid(s_.whole, op_.type().elements());
  grid.divide(outer, 1);
  return {scratch.count(), true, grid.take()};
}

void WinogradImages::emit_group_of_image(V group) {
  int64_t first = 0;
  for (const Band& band : s_.bands) {
    const int64_t count = band.repeats * s_.groups(band);
    V of_band = ir_.CreateSub(group, number(first));
    kernel_.when(ir_.CreateICmpULT(of_band, number(count)), [&] { emit_band(band, of_band); });
    first += count;
  }
}

// Each group has code of its own.
void WinogradImages::emit_band(const Band& band, V piece) {
  V group = rest(piece, s_.groups(band));
  V row = plus(times(divided(piece, s_.groups(band)), band.rows), band.row);
  line_ = band.repeats > 1 ? times(row, kStep) : number(kStep * band.row);
  for (int64_t i = 0; i < s_.groups(band); ++i)
    kernel_.when(ir_.CreateICmpEQ(group, number(i)), [&] { emit_group(band, i * s_.vectors); });
}

void WinogradImages::emit_group(const Band& band, int64_t first) {
  const int64_t vectors = std::min(s_.vectors, band.tiles.vectors() - first);
  emitter_.forget();
  for (int64_t i = 0; i < vectors; ++i)
    transform_pixels_of(
        number(i), [&](const Coord& channel) { return read_tiles(band.tiles, pixels_of(band, channel), first + i); });
  sum_channels(vectors, [&](V column) {
    for (int64_t i = 0; i < vectors; ++i) store_tiles(band, first + i, column, pixels_of_sums(number(i)));
  });
}

// Where those of a channel begin that the band counts.
V WinogradImages::pixels_of(const Band& band, const Coord& channel) {
  const Value* input = op_.operands[0];
  Axes axes = at_;
  axes[channel_] = channel;
  Position at = position_of({s_.whole.a[0], s_.whole.a[1]}, axes);
  at.resize(input->type.shape.size(), emitter_.constant(0));
  if (band.repeats > 1) at[2] = emitter_.offset(emitter_.uniform(line_), s_.first_pixel(2));
  return emitter_.element_address(kernel_.buffer(storage_.find(input)), ir_.getFloatTy(),
                                  emitter_.row_major(at, input->type.shape));
}

WinogradTile WinogradImages::read_tiles(const PixelVectors& tiles, V from, int64_t vector) {
  WinogradTile pixels;
  for (int64_t i = 0; i < kSide; ++i)
    for (int64_t j = 0; j < kSide; ++j) {
      V read = read_pixels(emitter_, from, tiles.elements(), tiles.places_of(vector, i, j));
      pixels[static_cast<size_t>(kSide * i + j)] = read == nullptr ? zero() : read;
    }
  return pixels;
}

// Tiles of one line of them lie one after the other in lines of pixels.
void WinogradImages::store_tiles(const Band& band, int64_t vector, V column, const Pixels& pixels) {
  const int64_t begin = vector * s_.lanes, end = std::min(begin + s_.lanes, band.tiles.pixels());
  for (int64_t tile = begin; tile < end;) {
    const int64_t next = std::min(end, (tile / s_.columns + 1) * s_.columns);
    store_lines(band, tile, tile - begin, next - tile, column, pixels);
    tile = next;
  }
}

void WinogradImages::store_lines(const Band& band, int64_t tile, int64_t lane, int64_t count, V column,
                                 const Pixels& pixels) {
  const int64_t line = tile / s_.columns * kStep, begin = tile % s_.columns * kStep;
  const int64_t lines = s_.whole.axes[s_.row_axis(1)].extent - kStep * band.row;
  const int64_t width = s_.whole.axes[s_.row_axis(2)].extent;
  const int64_t end = std::min(begin + count * kStep, width);
  for (int64_t i = 0; i < kStep && line + i < lines; ++i)
    for (int64_t first = begin; first < end; first += s_.lanes) {
      llvm::SmallVector<int, 16> from;
      for (int64_t pixel = first - begin; pixel < first - begin + s_.lanes; ++pixel) {
        const int64_t of_lane = lane + pixel / kStep;
        from.push_back(of_lane < s_.lanes ? static_cast<int>(pixel % kStep * s_.lanes + of_lane)
                                          : llvm::PoisonMaskElem);
      }
      const auto row = static_cast<size_t>(kStep * i);
      V value = ir_.CreateShuffleVector(pixels[row], pixels[row + 1], from);
      Axes at = at_;
      at[column_] = emitter_.uniform(column);
      at[s_.row_axis(1)] = emitter_.offset(emitter_.uniform(line_), line + i);
      at[s_.row_axis(2)] = emitter_.lane(emitter_.constant(first));
      V mask = end - first < s_.lanes ? emitter_.first_lanes(number(end - first)) : nullptr;
      emitter_.under_mask(mask, [&] { store_sum(position_of(s_.whole.y, at), value); });
      emitter_.forget();
    }
}

}  // namespace

WorkUnits emit_winograd_images(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                               const WinogradSchedule& s) {
  return WinogradImages(kernel, storage, work, s).emit();
}

}  // namespace minnow
