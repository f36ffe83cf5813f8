#include <llvm/IR/Constants.h>

#include <algorithm>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/pixel_reader.h"
#include "codegen/kernels/result_grid.h"
#include "codegen/machine/jit_code.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

// Places of a window with a fence between them, so that LLVM does not read ahead for all. Those of larger ones, and
// those that a stride takes apart, share what they read, and are better off without.
constexpr int64_t kPlacesApart = 9;

class PixelLanes : ContractionKernel {
 public:
  PixelLanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PixelLanesSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), image_(s.image),
        column_(s.whole.axes_of(Kind::kColumn)[0]), rows_(s.whole.axes_of(Kind::kRow)),
        depth_(s.whole.axes_of(Kind::kDepth)), b_{op_.operands[1], &Contraction::b}, at_(origin()),
        is_costly_(is_epilogue_costly()), separate_(boundaries_of_epilogue()) {
    if (is_costly_) kernel_.function()->addFnAttr(kManyConstants);
  }

  WorkUnits emit();

 private:
  void emit_image();
  void sum_channel(int64_t first);
  void sum_place(V input, int64_t elements, int64_t first, int64_t i, int64_t j);
  V plane();
  void store_tile(int64_t first);
  V lanes_from(V pixel);
  void store_pixels(V column, V vector, V sum);

  const PixelLanesSchedule& s_;
  const PixelVectors& image_;
  size_t column_;
  std::vector<size_t> rows_, depth_;
  Operand b_;
  Axes at_;
  bool is_costly_;
  std::vector<bool> separate_;  // see loop_boundaries()
  std::unique_ptr<RegisterTile> sums_;
  int64_t vectors_ = 0;  // of the tile
  V column_tile_ = nullptr;
};

// A unit of work is a tile of columns of an image.
WorkUnits PixelLanes::emit() {
  std::vector<size_t> outer = {rows_[0]};
  for (const size_t axis : s_.whole.axes_of(Kind::kBatch)) outer.push_back(axis);
  std::vector<int64_t> extents;
  for (const size_t axis : outer) extents.push_back(s_.whole.axes[axis].extent);
  const int64_t tiles = s_.whole.axes[column_].extent / s_.columns;
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    set_digits(at_, outer, extents, divided(unit, tiles));
    column_tile_ = times(rest(unit, tiles), s_.columns);
    emit_image();
  });
  ResultGrid grid(s_.whole, op_.type().elements());
  grid.divide(outer, 1).divide(column_, s_.columns);
  return {s_.units(), true, grid.take()};
}

void PixelLanes::emit_image() {
  const int64_t all = image_.vectors();
  for (int64_t first = 0; first < all; first += s_.vectors) {
    vectors_ = std::min(s_.vectors, all - first);
    sums_ = std::make_unique<RegisterTile>(kernel_, s_.columns, vectors_, emitter_.lanes());
    sums_->clear();
    emitter_.forget();
    kernel_.loop(0, s_.whole.axes[depth_[0]].extent, [&](V channel) {
      at_[depth_[0]] = emitter_.uniform(channel);
      sum_channel(first);
      emitter_.forget();
    });
    store_tile(first);
  }
}

// All places of the window, one after the other. Its rows are a loop where each reads what the one before does, so many
// places on: the first no further than where the last is inside.
void PixelLanes::sum_channel(int64_t first) {
  V input = plane();
  const auto step = image_.row_step(first, vectors_);
  const bool is_short = image_.columns.pixel_step == 1 && image_.places_of_window() <= kPlacesApart;
  const bool is_parted = s_.columns > 1 && (step || is_short);
  const int64_t elements = image_.elements() - step.value_or(0) * (image_.rows.places - 1);
  const auto sum_row = [&](V plane, V row, int64_t i) {
    at_[depth_[1]] = emitter_.uniform(row);
    for (int64_t j = 0; j < image_.columns.places; ++j) {
      if (is_parted) sums_->separate_steps();
      sum_place(plane, elements, first, i, j);
    }
  };
  if (step) return kernel_.loop(0, image_.rows.places, [&](V i) { sum_row(float_at(input, times(i, *step)), i, 0); });
  for (int64_t i = 0; i < image_.rows.places; ++i) sum_row(input, number(i), i);
}

void PixelLanes::sum_place(V input, int64_t elements, int64_t first, int64_t i, int64_t j) {
  std::vector<V> pixels;
  for (int64_t vector = 0; vector < vectors_; ++vector)
    pixels.push_back(read_pixels(emitter_, input, elements, image_.places_of(first + vector, i, j)));
  Axes at = at_;
  at[depth_[2]] = emitter_.constant(j);
  for (int64_t o = 0; o < s_.columns; ++o) {
    at[column_] = emitter_.uniform(plus(column_tile_, o));
    V weight = read(b_, s_.whole, at);
    for (int64_t vector = 0; vector < vectors_; ++vector)
      if (V a = pixels[static_cast<size_t>(vector)]) sums_->multiply_add(o, vector, weight, a);
  }
  emitter_.forget();
}

// Where the input's plane begins.
V PixelLanes::plane() {
  Position at = position_of({s_.whole.a[0], s_.whole.a[1]}, at_);
  at.resize(s_.input.size(), emitter_.constant(0));
  return emitter_.element_address(kernel_.buffer(storage_.find(op_.operands[0])), ir_.getFloatTy(),
                                  emitter_.row_major(at, s_.input));
}

void PixelLanes::store_tile(int64_t first) {
  if (!is_costly_) {
    for (int64_t o = 0; o < s_.columns; ++o)
      for (int64_t i = 0; i < vectors_; ++i) store_pixels(number(o), number(first + i), sums_->get(o, i));
    return;
  }
  V sums = waiting_sums(s_.columns * vectors_);
  for (int64_t o = 0; o < s_.columns; ++o)
    for (int64_t i = 0; i < vectors_; ++i)
      store_vector(sums_->get(o, i), sums, number((o * vectors_ + i) * image_.lanes));
  kernel_.loop(0, s_.columns, [&](V column) {
    kernel_.loop(0, vectors_, [&](V i) {
      V place = plus(times(column, vectors_), i);
      store_pixels(column, plus(i, first), load_vector(sums, times(place, image_.lanes)));
    });
  });
}

// Those that are pixels of a vector that begins with this one; nullptr: all.
V PixelLanes::lanes_from(V pixel) {
  const auto* known = llvm::dyn_cast<llvm::ConstantInt>(pixel);
  if (image_.pixels() % image_.lanes == 0 ||
      (known != nullptr && known->getSExtValue() + image_.lanes <= image_.pixels()))
    return nullptr;
  return emitter_.first_lanes(ir_.CreateSub(number(image_.pixels()), pixel));
}

void PixelLanes::store_pixels(V column, V vector, V sum) {
  Axes at = at_;
  at[column_] = emitter_.uniform(plus(column_tile_, column));
  V pixel = times(vector, image_.lanes);
  Position place = position_of({s_.whole.y[0], s_.whole.y[1]}, at);
  place.resize(op_.type().shape.size());
  count_through(place, 2, emitter_.lane(pixel), separate_);
  emitter_.under_mask(lanes_from(pixel), [&] { store_sum(place, sum); });
  emitter_.forget();
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const PixelLanesSchedule& s) {
  return PixelLanes(kernel, storage, work, s).emit();
}

}  // namespace minnow
