#include <algorithm>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/tile_reader.h"
#include "codegen/kernels/winograd_math.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

// Into this partition's part of the sums.
class WinogradFilter : ContractionKernel {
 public:
  WinogradFilter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const WinogradFilterSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), column_(s.column_axis()), channel_(s.channel_axis()),
        depth_(s.whole.axes_of(Kind::kDepth)), at_(origin()),
        reader_(emitter_, op_.operands[0], {s.whole.a[2].offset, s.whole.a[3].offset}, {s.rows, s.columns}) {}

  WorkUnits emit();

 private:
  static constexpr int64_t kStep = WinogradSchedule::kStep, kPlaces = WinogradSchedule::kPlaces;
  static constexpr int64_t kTaps = WinogradSchedule::kTaps;

  void divide(V scratch);
  void emit_group();
  void transform_tile(V tile, V index);
  void transform_pixels_of(V tile, V row, V column);
  void transform_gradients_of(V tile, V index, V vector);
  void sum_tiles();
  void sum_products(V place, V first_channel, int64_t channels, V first_vector);
  void add_filters();
  void add_filter(V channel, V vector);
  V place_of_sum(V place, V channel, V vector) {
    return plus(times(place, s_.sum_plane()), times(plus(times(channel, s_.vectors()), vector), s_.lanes));
  }

  const WinogradFilterSchedule& s_;
  size_t column_, channel_;
  std::vector<size_t> depth_;  // examples, and pixels of the output
  Axes at_;
  TileReader reader_;
  V pixels_ = nullptr, gradients_ = nullptr, sums_ = nullptr, corner_ = nullptr;
};

WorkUnits WinogradFilter::emit() {
  ScratchUnits scratch(kernel_, work_, {s_.bytes(), 1});
  divide(scratch.memory());
  loops(s_.whole, s_.whole.axes_of(Kind::kBatch), at_, false, [&] { emit_group(); });
  return {1, false};
}

void WinogradFilter::divide(V scratch) {
  pixels_ = scratch;
  gradients_ = float_at(pixels_, number(kPlaces * s_.pixel_plane()));
  sums_ = float_at(gradients_, number(kPlaces * s_.gradient_plane()));
  corner_ = float_at(sums_, number(kPlaces * s_.sum_plane()));
}

// Tiles are counted through the image; those behind the last one have no gradient.
void WinogradFilter::emit_group() {
  const int64_t all = s_.rows * s_.columns;
  ir_.CreateMemSet(sums_, ir_.getInt8(0), static_cast<uint64_t>(kPlaces * s_.sum_plane() * 4), llvm::Align(4));
  kernel_.loop(number(0), number(all), s_.tiles, [&](V first) {
    kernel_.loop(0, s_.tiles, [&](V tile) { transform_tile(tile, plus(first, tile)); });
    sum_tiles();
  });
  add_filters();
}

void WinogradFilter::transform_tile(V tile, V index) {
  V known = smaller(index, number(s_.rows * s_.columns - 1));
  emitter_.examples_loop([&](const Coord& examples) {
    at_[depth_[0]] = examples;
    transform_pixels_of(tile, divided(known, s_.columns), rest(known, s_.columns));
    kernel_.loop(0, s_.vectors(), [&](V vector) { transform_gradients_of(tile, index, vector); });
  });
}

// As [channel][tile][example].
void WinogradFilter::transform_pixels_of(V tile, V row, V column) {
  reader_.with_tile(emitter_.uniform(row), emitter_.uniform(column), [&](const TileReader::Read& read) {
    kernel_.loop(0, s_.channels(), [&](V channel) {
      Axes at = at_;
      at[channel_] = emitter_.uniform(channel);
      const Position place = position_of({s_.whole.a[0], s_.whole.a[1]}, at);
      const WinogradTile pixels = transform_pixels(ir_, read(place[0], place[1]));
      V first = plus(times(plus(times(channel, s_.tiles), tile), kBlockExamples), emitter_.index_of(at_[depth_[0]]));
      for (int64_t i = 0; i < kPlaces; ++i)
        store_vector(pixels[static_cast<size_t>(i)], pixels_, plus(first, i * s_.pixel_plane()));
      emitter_.forget();
    });
  });
}

// As [tile][example][channel]: examples and channels change places first, pixel by pixel.
void WinogradFilter::transform_gradients_of(V tile, V index, V vector) {
  V exists = ir_.CreateICmpSLT(index, number(s_.rows * s_.columns));
  V first_column = times(vector, s_.lanes);
  for (int64_t pixel = 0; pixel < kStep * kStep; ++pixel) {
    std::vector<V> examples;
    for (int64_t i = 0; i < s_.lanes; ++i) {
      Axes at = at_;
      V column = plus(first_column, i);
      at[column_] = emitter_.uniform(column);
      at[depth_[1]] = emitter_.uniform(plus(times(divided(index, s_.columns), kStep), pixel / kStep));
      at[depth_[2]] = emitter_.uniform(plus(times(rest(index, s_.columns), kStep), pixel % kStep));
      const int64_t columns = s_.whole.axes[column_].extent;
      V is_column = columns % s_.lanes == 0 ? nullptr : ir_.CreateICmpSLT(column, number(columns));
      examples.push_back(
          emitter_.emit_guarded(op_.operands[1], position_of(s_.whole.b, at), emitter_.both(exists, is_column), 0));
    }
    const std::vector<V> channels = transpose_lanes(ir_, std::move(examples));
    for (int64_t i = 0; i < s_.lanes; ++i)
      store_vector(channels[static_cast<size_t>(i)], corner_, number((i * kStep * kStep + pixel) * s_.lanes));
    emitter_.forget();
  }
  kernel_.loop(0, s_.lanes, [&](V example) {
    std::array<V, 4> pixels;
    for (int64_t i = 0; i < kStep * kStep; ++i)
      pixels[static_cast<size_t>(i)] = load_vector(corner_, times(plus(times(example, kStep * kStep), i), s_.lanes));
    const WinogradTile places = transform_gradients(ir_, pixels);
    V row = plus(plus(times(tile, kBlockExamples), emitter_.index_of(at_[depth_[0]])), example);
    V first = times(plus(times(row, s_.vectors()), vector), s_.lanes);
    for (int64_t i = 0; i < kPlaces; ++i)
      store_vector(places[static_cast<size_t>(i)], gradients_, plus(first, i * s_.gradient_plane()));
  });
}

void WinogradFilter::sum_tiles() {
  const int64_t all = s_.channels(), whole = all / s_.tile_channels * s_.tile_channels;
  kernel_.loop(0, kPlaces, [&](V place) {
    kernel_.loop(number(0), number(s_.vectors()), s_.tile_vectors, [&](V vector) {
      kernel_.loop(number(0), number(whole), s_.tile_channels,
                   [&](V channel) { sum_products(place, channel, s_.tile_channels, vector); });
      if (whole < all) sum_products(place, number(whole), all - whole, vector);
    });
  });
}

// Over examples and tiles, onto the sums so far.
void WinogradFilter::sum_products(V place, V first_channel, int64_t channels, V first_vector) {
  RegisterTile sums(kernel_, channels, s_.tile_vectors, emitter_.lanes());
  const auto for_sums = [&](const std::function<void(int64_t c, int64_t o, V where)>& body) {
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t o = 0; o < s_.tile_vectors; ++o)
        body(c, o, place_of_sum(place, plus(first_channel, c), plus(first_vector, o)));
  };
  for_sums([&](int64_t c, int64_t o, V where) { sums.set(c, o, load_vector(sums_, where)); });
  const int64_t depth = s_.tiles * kBlockExamples;
  V pixels = float_at(pixels_, plus(times(place, s_.pixel_plane()), times(first_channel, depth)));
  V gradients = float_at(gradients_, plus(times(place, s_.gradient_plane()), times(first_vector, s_.lanes)));
  kernel_.loop(0, depth, [&](V i) {
    std::vector<V> columns;
    for (int64_t o = 0; o < s_.tile_vectors; ++o)
      columns.push_back(load_vector(gradients, plus(times(i, s_.vectors() * s_.lanes), o * s_.lanes)));
    for (int64_t c = 0; c < channels; ++c) {
      V pixel = emitter_.load(pixels, DType::kF32, emitter_.uniform(plus(i, c * depth)));
      for (int64_t o = 0; o < s_.tile_vectors; ++o) sums.multiply_add(c, o, pixel, columns[static_cast<size_t>(o)]);
    }
  });
  for_sums([&](int64_t c, int64_t o, V where) { store_vector(sums.get(c, o), sums_, where); });
}

void WinogradFilter::add_filters() {
  kernel_.loop(0, s_.channels(), [&](V channel) {
    kernel_.loop(0, s_.vectors(), [&](V vector) {
      const int64_t columns = s_.whole.axes[column_].extent;
      V rest_of_columns = ir_.CreateSub(number(columns), times(vector, s_.lanes));
      emitter_.under_mask(columns % s_.lanes == 0 ? nullptr : emitter_.first_lanes(rest_of_columns),
                          [&] { add_filter(channel, vector); });
      emitter_.forget();
    });
  });
}

void WinogradFilter::add_filter(V channel, V vector) {
  WinogradTile sums;
  for (int64_t i = 0; i < kPlaces; ++i)
    sums[static_cast<size_t>(i)] = load_vector(sums_, place_of_sum(number(i), channel, vector));
  const std::array<V, 9> window = transform_filter_sums(ir_, sums);
  V memory = kernel_.buffer(work_.outputs[0].buffer);
  Axes at = at_;
  at[channel_] = emitter_.uniform(channel);
  at[column_] = emitter_.lane(times(vector, s_.lanes));
  Position place = position_of(s_.whole.y, at);
  for (int64_t tap = 0; tap < kTaps * kTaps; ++tap) {
    place[2] = emitter_.constant(tap / kTaps);
    place[3] = emitter_.constant(tap % kTaps);
    const Coord element = emitter_.row_major(place, op_.type().shape);
    V before = emitter_.load(memory, DType::kF32, element);
    emitter_.store(memory, DType::kF32, element, ir_.CreateFAdd(before, window[static_cast<size_t>(tap)]));
  }
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const WinogradFilterSchedule& s) {
  return WinogradFilter(kernel, storage, work, s).emit();
}

}  // namespace minnow
