#include "codegen/kernels/winograd_kernel.h"

#include "codegen/kernels/emit_contraction.h"

namespace minnow {

using V = llvm::Value*;

void WinogradKernel::begin(V scratch) {
  MINNOW_CHECK(work_.panels >= 0, "a filter that is not transformed ahead");
  planes_ = kernel_.buffer(work_.panels);
  pixels_ = scratch;
  totals_ = float_at(pixels_, number(s_.pixel_floats()));
}

V WinogradKernel::place_of_pixels(V place, V channel, V vector) {
  return times(plus(times(place, s_.pixel_vectors()), plus(times(channel, s_.vectors), vector)), s_.lanes);
}

V WinogradKernel::place_of_sum(V place, V column, V vector) {
  return times(plus(times(place, s_.sum_vectors()), plus(times(column, s_.vectors), vector)), s_.lanes);
}

void WinogradKernel::transform_pixels_of(V vector, const std::function<WinogradTile(const Coord&)>& read) {
  kernel_.loop(0, s_.channels(), [&](V channel) {
    const WinogradTile pixels = transform_pixels(ir_, read(emitter_.uniform(channel)));
    for (int64_t i = 0; i < kPlaces; ++i)
      store_vector(pixels[static_cast<size_t>(i)], pixels_, place_of_pixels(number(i), channel, vector));
    emitter_.forget();
  });
}

// What follows the sums may overwrite what it reads: no element is computed twice, and the last tile has what is left.
void WinogradKernel::sum_channels(int64_t vectors, const std::function<void(V column)>& store) {
  const int64_t all = s_.whole.axes[column_].extent, whole = all / s_.tile_columns * s_.tile_columns;
  const auto sum_tile = [&](V first, int64_t columns) {
    RegisterTile sums(kernel_, columns, vectors, emitter_.lanes());
    kernel_.loop(0, kPlaces, [&](V place) { sum_products(sums, {columns, vectors}, place, first); });
    kernel_.loop(0, columns, [&](V column) {
      stored_ = column;
      store(plus(first, column));
    });
  };
  kernel_.loop(number(0), number(whole), s_.tile_columns, [&](V first) { sum_tile(first, s_.tile_columns); });
  if (whole < all) sum_tile(number(whole), all - whole);
}

WinogradKernel::Pixels WinogradKernel::pixels_of_sums(V vector) {
  WinogradTile sums;
  for (int64_t i = 0; i < kPlaces; ++i)
    sums[static_cast<size_t>(i)] = load_vector(totals_, place_of_sum(number(i), stored_, vector));
  return transform_sums(ir_, sums);
}

// At this place of all tiles.
void WinogradKernel::sum_products(RegisterTile& sums, const Tile& tile, V place, V first_column) {
  V filter = float_at(planes_, times(place, s_.floats_of_plane()));
  const Shape& shape = op_.operands[1]->type.shape;
  sums.clear();
  kernel_.loop(0, s_.channels(), [&](V channel) {
    std::vector<V> pixels;
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      pixels.push_back(load_vector(pixels_, place_of_pixels(place, channel, number(vector))));
    Axes at = at_;
    at[channel_] = emitter_.uniform(channel);
    for (int64_t o = 0; o < tile.columns; ++o) {
      at[column_] = emitter_.uniform(plus(first_column, o));
      const Position of_filter = position_of({s_.whole.b[0], s_.whole.b[1]}, at);
      V weight = emitter_.load(filter, DType::kF32, emitter_.row_major(of_filter, {shape[0], shape[1]}));
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        sums.multiply_add(o, vector, weight, pixels[static_cast<size_t>(vector)]);
    }
  });
  for (int64_t o = 0; o < tile.columns; ++o)
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      store_vector(sums.get(o, vector), totals_, place_of_sum(place, number(o), number(vector)));
}

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const WinogradSchedule& s) {
  return s.bands.empty() ? emit_winograd_block(kernel, storage, work, s)
                         : emit_winograd_images(kernel, storage, work, s);
}

}  // namespace minnow
