#include "codegen/kernels/winograd_kernel.h"

#include <map>

#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/pixel_reader.h"

namespace minnow {
namespace {

using V = llvm::Value*;

size_t place_of_tap(int64_t i, int64_t j) { return static_cast<size_t>(WinogradSchedule::kTaps * i + j); }

class FilterAhead : FilterTransform {
 public:
  FilterAhead(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : FilterTransform(kernel, storage, work, std::get<WinogradSchedule>(*work.contraction)) {}

  // A unit is as many vectors of filters as a tile has places.
  WorkUnits emit() {
    const int64_t unit = kPlaces * emitter_.lanes();
    transform_filters(kernel_.buffer(work_.outputs[0].buffer), times(kernel_.begin(), unit),
                      smaller(times(kernel_.end(), unit), number(filters())));
    UnitGrid grid;
    grid.shape = {kPlaces, filters()};
    grid.digits = {{1, unit}};
    return {ceil_div(filters(), unit), true, std::move(grid)};
  }
};

}  // namespace

// Vectors are of filters, which follow each other in memory as in the planes. Windows that are gone through backwards
// are turned around.
void FilterTransform::transform_filters(V planes, V from, V to) {
  MINNOW_CHECK(emitter_.reads_flat(op_.operands[1]), "a filter that is computed where it is transformed");
  emitter_.lanes_loop(from, to, [&](const Coord& first) {
    const Window read = read_windows(first, ir_.CreateSub(to, emitter_.index_of(first)));
    Window window;
    for (int64_t i = 0; i < kTaps; ++i)
      for (int64_t j = 0; j < kTaps; ++j)
        window[place_of_tap(i, j)] =
            read[place_of_tap(is_forward(2) ? i : kTaps - 1 - i, is_forward(3) ? j : kTaps - 1 - j)];
    const WinogradTile tile = transform_filter(ir_, window);
    for (int64_t i = 0; i < kPlaces; ++i)
      emitter_.store(plane(planes, number(i)), DType::kF32, first, tile[static_cast<size_t>(i)]);
    emitter_.forget();
  });
}

// Put together of as many vectors as a window has places, of `count` filters where a mask is on.
FilterTransform::Window FilterTransform::read_windows(const Coord& filter, V count) {
  const int64_t lanes = emitter_.lanes();
  V mask = emitter_.mask();
  std::map<int64_t, V> pieces;
  const auto piece_at = [&](int64_t begin) {
    V& piece = pieces[begin];
    if (piece != nullptr) return piece;
    Position at(filter_.size(), emitter_.constant(0));
    at.back() =
        emitter_.lane(emitter_.offset(emitter_.scale(emitter_.uniform(emitter_.index_of(filter)), kWindow), begin));
    V behind = mask == nullptr ? nullptr : emitter_.first_lanes(ir_.CreateSub(times(count, kWindow), number(begin)));
    emitter_.without_mask([&] { emitter_.under_mask(behind, [&] { piece = emitter_.emit(op_.operands[1], at); }); });
    return piece;
  };
  Window window;
  for (int64_t place = 0; place < kWindow; ++place) {
    Places places;
    for (int64_t lane = 0; lane < lanes; ++lane) places.push_back(kWindow * lane + place);
    window[static_cast<size_t>(place)] = put_together(emitter_, places, whole_pieces_of(places), piece_at);
  }
  return window;
}

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
  V filter = plane(planes_, place);
  sums.clear();
  kernel_.loop(0, s_.channels(), [&](V channel) {
    std::vector<V> pixels;
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      pixels.push_back(load_vector(pixels_, place_of_pixels(place, channel, number(vector))));
    Axes at = at_;
    at[channel_] = emitter_.uniform(channel);
    for (int64_t o = 0; o < tile.columns; ++o) {
      at[column_] = emitter_.uniform(plus(first_column, o));
      V weight = emitter_.load(filter, DType::kF32, place_in_plane(position_of(s_.whole.b, at)));
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        sums.multiply_add(o, vector, weight, pixels[static_cast<size_t>(vector)]);
    }
  });
  for (int64_t o = 0; o < tile.columns; ++o)
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      store_vector(sums.get(o, vector), totals_, place_of_sum(place, number(o), number(vector)));
}

WorkUnits emit_transformed_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return FilterAhead(kernel, storage, work).emit();
}

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const WinogradSchedule& s) {
  return s.bands.empty() ? emit_winograd_block(kernel, storage, work, s)
                         : emit_winograd_images(kernel, storage, work, s);
}

}  // namespace minnow
