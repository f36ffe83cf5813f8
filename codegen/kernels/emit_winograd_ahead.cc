#include <array>
#include <map>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/pixel_reader.h"
#include "codegen/kernels/winograd_math.h"

namespace minnow {
namespace {

using V = llvm::Value*;

size_t place_of_tap(int64_t i, int64_t j) { return static_cast<size_t>(WinogradSchedule::kTaps * i + j); }

// The filter as tiles, a plane for each place of them, as large as the filter's outer dimensions.
class FilterAhead : ContractionKernel {
 public:
  FilterAhead(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const WinogradSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s) {}

  WorkUnits emit();

 private:
  static constexpr int64_t kPlaces = WinogradSchedule::kPlaces;
  static constexpr int64_t kTaps = WinogradSchedule::kTaps, kWindow = WinogradSchedule::kWindow;
  using Window = std::array<V, 9>;

  void transform_filters(V planes, V from, V to);
  Window read_windows(const Coord& filter, V count);
  bool is_forward(size_t dim) const { return s_.whole.a[dim].terms[1].scale > 0; }

  const WinogradSchedule& s_;
};

// A unit is as many vectors of filters as a tile has places.
WorkUnits FilterAhead::emit() {
  const int64_t unit = kPlaces * emitter_.lanes(), filters = s_.floats_of_plane();
  transform_filters(kernel_.buffer(work_.outputs[0].buffer), times(kernel_.begin(), unit),
                    smaller(times(kernel_.end(), unit), number(filters)));
  UnitGrid grid;
  grid.shape = {kPlaces, filters};
  grid.digits = {{1, unit}};
  return {ceil_div(filters, unit), true, std::move(grid)};
}

// Vectors are of filters, which follow each other in memory as in the planes. Windows that are gone through backwards
// are turned around.
void FilterAhead::transform_filters(V planes, V from, V to) {
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
      emitter_.store(float_at(planes, number(i * s_.floats_of_plane())), DType::kF32, first,
                     tile[static_cast<size_t>(i)]);
    emitter_.forget();
  });
}

// Put together of as many vectors as a window has places, of `count` filters where a mask is on.
FilterAhead::Window FilterAhead::read_windows(const Coord& filter, V count) {
  const int64_t lanes = emitter_.lanes();
  V mask = emitter_.mask();
  std::map<int64_t, V> pieces;
  const auto piece_at = [&](int64_t begin) {
    V& piece = pieces[begin];
    if (piece != nullptr) return piece;
    Position at(op_.operands[1]->type.shape.size(), emitter_.constant(0));
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

}  // namespace

WorkUnits emit_transformed_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return FilterAhead(kernel, storage, work, std::get<WinogradSchedule>(*work.contraction)).emit();
}

}  // namespace minnow
