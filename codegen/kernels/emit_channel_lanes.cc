#include <algorithm>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"
#include "codegen/machine/jit_code.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;
using Kind = Axis::Kind;

const Threshold kMostUnrolled{"multiply-adds of a window's lines, one after the other in the code", 400};

class ChannelLanes : ContractionKernel {
 public:
  ChannelLanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const ChannelLanesSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), rows_(s.whole.axes_of(Kind::kRow)),
        depth_(s.whole.axes_of(Kind::kDepth)), a_{op_.operands[0], &Contraction::a},
        b_{op_.operands[1], &Contraction::b}, at_(origin()), sums_(kernel, s.tile, 1, emitter_.lanes()),
        is_costly_(is_epilogue_costly()) {
    if (is_costly_) kernel_.function()->addFnAttr(kManyConstants);
  }

  WorkUnits emit();

 private:
  void emit_line();
  void emit_tiles();
  bool is_interior(int64_t first) const;
  void emit_tile(V first, int64_t pixels, bool is_interior);
  void for_window_lines(const std::function<void()>& body);
  void sum_window_line(V first, int64_t pixels, bool is_interior);
  void store_pixel(V pixel, V sum);

  const ChannelLanesSchedule& s_;
  std::vector<size_t> rows_, depth_;  // images, lines, pixels; channels, the window's lines and pixels
  Operand a_, b_;
  Axes at_;
  RegisterTile sums_;
  bool is_costly_;
  bool has_all_lines_ = false;  // of the window, the lines that are emitted
};

// A unit of work is a vector of channels of a line.
WorkUnits ChannelLanes::emit() {
  const std::vector<size_t> axes = {rows_[0], s_.lane_axis, rows_[1]};
  const std::vector<int64_t> extents = {s_.images(), s_.vectors(), s_.lines()};
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    set_digits(at_, axes, extents, unit);
    V channel = times(emitter_.index_of(at_[s_.lane_axis]), s_.lanes);
    at_[s_.lane_axis] = emitter_.lane(channel);
    V rest_of_channels = ir_.CreateSub(number(s_.channels()), channel);
    emitter_.under_mask(s_.channels() % s_.lanes == 0 ? nullptr : emitter_.first_lanes(rest_of_channels),
                        [&] { emit_line(); });
  });
  UnitGrid grid;
  grid.shape = {s_.images(), s_.lines(), s_.pixels(), s_.channels()};
  grid.digits = {{0, 1}, {3, s_.lanes}, {1, 1}};
  return {s_.units(), true, std::move(grid)};
}

// Lines at the border, where a part of the window is on padding, go through the rest in a loop.
void ChannelLanes::emit_line() {
  find_depth_ranges(s_.whole, rows_[2], at_);
  const Range lines = range_[depth_[1]];
  const int64_t all = s_.whole.axes[depth_[1]].extent;
  has_all_lines_ = lines.from == nullptr;
  if (has_all_lines_ || s_.multiply_adds_in_code() * all > kMostUnrolled) return emit_tiles();
  V has_all = ir_.CreateICmpEQ(ir_.CreateSub(lines.to, lines.from), number(all));
  kernel_.when(ir_.CreateNot(has_all), [&] { emit_tiles(); });
  has_all_lines_ = true;
  kernel_.when(has_all, [&] { emit_tiles(); });
}

// Tiles whose windows reach over the border are code of their own; all others share theirs.
void ChannelLanes::emit_tiles() {
  for (int64_t first = 0; first < s_.pixels();) {
    const int64_t pixels = std::min(s_.tile, s_.pixels() - first);
    int64_t end = first;
    while (end + s_.tile <= s_.pixels() && is_interior(end)) end += s_.tile;
    if (end > first + s_.tile) {
      kernel_.loop(number(first), number(end), s_.tile, [&](V tile) { emit_tile(tile, s_.tile, true); });
      first = end;
    } else {
      emit_tile(number(first), pixels, false);
      first += pixels;
    }
  }
}

bool ChannelLanes::is_interior(int64_t first) const {
  const int64_t last_place = s_.whole.axes[depth_[2]].extent - 1;
  return is_inside(s_.whole, rows_[2], first, depth_[2], 0) &&
         is_inside(s_.whole, rows_[2], first + s_.tile - 1, depth_[2], last_place);
}

void ChannelLanes::emit_tile(V first, int64_t pixels, bool is_interior) {
  sums_.clear();
  emitter_.forget();
  kernel_.loop(0, s_.whole.axes[depth_[0]].extent, [&](V channel) {
    at_[depth_[0]] = emitter_.uniform(channel);
    for_window_lines([&] { sum_window_line(first, pixels, is_interior); });
  });
  if (!is_costly_) {
    for (int64_t i = 0; i < pixels; ++i) store_pixel(plus(first, i), sums_.get(i, 0));
  } else {
    V sums = waiting_sums(s_.tile);
    for (int64_t i = 0; i < pixels; ++i) store_vector(sums_.get(i, 0), sums, number(i * s_.lanes));
    kernel_.loop(0, pixels, [&](V i) { store_pixel(plus(first, i), load_vector(sums, times(i, s_.lanes))); });
  }
}

void ChannelLanes::for_window_lines(const std::function<void()>& body) {
  const int64_t all = s_.whole.axes[depth_[1]].extent;
  const auto at_line = [&](V line) {
    at_[depth_[1]] = emitter_.uniform(line);
    body();
    emitter_.forget();
  };
  if (!has_all_lines_) return kernel_.loop(range_[depth_[1]].from, range_[depth_[1]].to, 1, at_line);
  if (s_.multiply_adds_in_code() * all > kMostUnrolled) return kernel_.loop(0, all, at_line);
  for (int64_t line = 0; line < all; ++line) at_line(number(line));
}

// At all pixels of the tile.
void ChannelLanes::sum_window_line(V first, int64_t pixels, bool is_interior) {
  const auto* begin = llvm::dyn_cast<llvm::ConstantInt>(first);
  for (int64_t place = 0; place < s_.whole.axes[depth_[2]].extent; ++place) {
    Axes at = at_;
    at[depth_[2]] = emitter_.constant(place);
    V weight = read(b_, s_.whole, at);
    for (int64_t i = 0; i < pixels; ++i) {
      if (!is_interior && !is_inside(s_.whole, rows_[2], begin->getSExtValue() + i, depth_[2], place)) continue;
      at[rows_[2]] = emitter_.offset(emitter_.uniform(first), i);
      sums_.multiply_add(i, 0, weight, read(a_, s_.whole, at));
    }
  }
}

void ChannelLanes::store_pixel(V pixel, V sum) {
  store_sum({at_[rows_[0]], at_[rows_[1]], emitter_.uniform(pixel), at_[s_.lane_axis]}, sum);
  emitter_.forget();
}

}  // namespace

WorkUnits emit_scheduled(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                         const ChannelLanesSchedule& s) {
  return ChannelLanes(kernel, storage, work, s).emit();
}

}  // namespace minnow
