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
    return {ceil_div(filters(), unit), true, {}};
  }
};

}  // namespace

// Vectors are of filters, which follow each other in memory as in the planes. Windows that are gone through backwards
// are turned around.
void FilterTransform::transform_filters(V planes, V from, V to) {
  const bool is_flat = emitter_.reads_flat(op_.operands[1]);
  emitter_.lanes_loop(from, to, [&](const Coord& first) {
    const Window read =
        is_flat ? read_windows(first, ir_.CreateSub(to, emitter_.index_of(first))) : read_elsewhere(first);
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

FilterTransform::Window FilterTransform::read_elsewhere(const Coord& filter) {
  Window window;
  for (int64_t i = 0; i < kTaps; ++i)
    for (int64_t j = 0; j < kTaps; ++j)
      window[place_of_tap(i, j)] =
          emitter_.emit(op_.operands[1], {emitter_.divide(filter, filter_[1]), emitter_.remainder(filter, filter_[1]),
                                          emitter_.constant(i), emitter_.constant(j)});
  return window;
}

void WinogradKernel::begin(V scratch) {
  pixels_ = scratch;
  totals_ = float_at(pixels_, number(s_.pixel_floats()));
  if (s_.is_ahead) {
    planes_ = kernel_.buffer(work_.panels);
  } else {
    planes_ = float_at(totals_, number(s_.sum_floats()));
    transform_filters(planes_, number(0), number(filters()));
  }
}

V WinogradKernel::place_of_pixels(V place, V channel, int64_t vector) {
  return times(plus(times(place, s_.pixel_vectors()), plus(times(channel, s_.vectors), vector)), s_.lanes);
}

V WinogradKernel::place_of_sum(V place, V column, int64_t vector) {
  return times(plus(times(place, s_.sum_vectors()), plus(times(column, s_.vectors), vector)), s_.lanes);
}

void WinogradKernel::transform_pixels_of(int64_t vector, const std::function<WinogradTile(const Coord&)>& read) {
  kernel_.loop(0, s_.channels(), [&](V channel) {
    const WinogradTile pixels = transform_pixels(ir_, read(emitter_.uniform(channel)));
    for (int64_t i = 0; i < kPlaces; ++i)
      store_vector(pixels[static_cast<size_t>(i)], pixels_, place_of_pixels(number(i), channel, vector));
    emitter_.forget();
  });
}

// The last tile of columns moves back to end with the last one.
void WinogradKernel::sum_channels(int64_t vectors, const std::function<void(int64_t, V column, const Pixels&)>& store) {
  RegisterTile sums(kernel_, s_.tile_columns, vectors, emitter_.lanes());
  const int64_t columns = s_.whole.axes[column_].extent;
  kernel_.loop(0, ceil_div(columns, s_.tile_columns), [&](V tile) {
    V first = smaller(times(tile, s_.tile_columns), number(columns - s_.tile_columns));
    kernel_.loop(0, kPlaces, [&](V place) { sum_products(sums, vectors, place, first); });
    kernel_.loop(0, s_.tile_columns, [&](V column) {
      for (int64_t vector = 0; vector < vectors; ++vector) {
        WinogradTile tile_sums;
        for (int64_t i = 0; i < kPlaces; ++i)
          tile_sums[static_cast<size_t>(i)] = load_vector(totals_, place_of_sum(number(i), column, vector));
        store(vector, plus(first, column), transform_sums(ir_, tile_sums));
      }
    });
  });
}

// At this place of all tiles.
void WinogradKernel::sum_products(RegisterTile& sums, int64_t vectors, V place, V first_column) {
  V filter = plane(planes_, place);
  sums.clear();
  kernel_.loop(0, s_.channels(), [&](V channel) {
    std::vector<V> pixels;
    for (int64_t vector = 0; vector < vectors; ++vector)
      pixels.push_back(load_vector(pixels_, place_of_pixels(place, channel, vector)));
    Axes at = at_;
    at[channel_] = emitter_.uniform(channel);
    for (int64_t o = 0; o < s_.tile_columns; ++o) {
      at[column_] = emitter_.uniform(plus(first_column, o));
      V weight = emitter_.load(filter, DType::kF32, place_in_plane(position_of(s_.whole.b, at)));
      for (int64_t vector = 0; vector < vectors; ++vector)
        sums.multiply_add(o, vector, weight, pixels[static_cast<size_t>(vector)]);
    }
  });
  for (int64_t o = 0; o < s_.tile_columns; ++o)
    for (int64_t vector = 0; vector < vectors; ++vector)
      store_vector(sums.get(o, vector), totals_, place_of_sum(place, number(o), vector));
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
