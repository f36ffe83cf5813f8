#include "codegen/kernels/gather_windows.h"

#include <algorithm>
#include <utility>

#include "codegen/kernels/loop_pieces.h"
#include "codegen/kernels/window_blocks.h"
#include "codegen/kernels/window_places.h"
#include "ir/windows.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMostGathered{"places of windows that are gathered", 64};
const Threshold kMostBlocks{"pieces of a plane that windows are gathered to", 64};

class WindowGather {
 public:
  WindowGather(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), y_(*op_.operands.back()), in_block_(work.loop >= 0),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), places_(emitter_, op_),
        rows_(op_, places_.window(), 0), columns_(op_, places_.window(), 1),
        scratch_(kernel, work, gather_scratch(work, kernel.target())) {}

  WorkUnits emit() { return in_block_ ? emit_block() : emit_planes(); }

 private:
  struct Share {
    V y = nullptr;      // nullptr: there is no such window
    V place = nullptr;  // nullptr: all have it
  };
  using Sums = std::vector<std::pair<Position, V>>;

  WorkUnits emit_block();
  WorkUnits emit_planes();
  void emit_plane(const Coord& image, const Coord& channel);
  bool is_pick() const { return op_.kind == OpKind::kWindowPick; }
  bool keeps_places() const { return is_pick() && rows_.covering() * columns_.covering() > 1; }
  Coord kept_place(const Position& window);
  void find_places(const Coord& image, const Coord& channel);
  Share share_of(const Position& window);
  std::vector<Share> shares_of(const Position& block);
  V sum(const std::vector<Share>& shares, int64_t i, int64_t j);
  Sums sums_of_block(const Position& block);
  void add_columns(const Position& block, int64_t i, const std::vector<Share>& shares, Sums& sums);
  void store(const Sums& sums);

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  const Value& y_;
  bool in_block_;  // vectors are examples, else columns
  ElementEmitter emitter_;
  WindowPlaces places_;
  WindowBlocks rows_, columns_;
  ScratchUnits scratch_;
};

WorkUnits WindowGather::emit_block() {
  emitter_.loop(0, op_.type().shape[1], [&](const Coord& channel) {
    emitter_.examples_loop([&](const Coord& examples) { emit_plane(examples, channel); });
  });
  return {1, false};
}

WorkUnits WindowGather::emit_planes() {
  const Shape& x = op_.type().shape;
  scratch_.loop([&](V unit) {
    emitter_.forget();
    emit_plane(emitter_.divide(emitter_.uniform(unit), x[1]), emitter_.remainder(emitter_.uniform(unit), x[1]));
  });
  return {scratch_.count(), true, grid_of_rows(x[0] * x[1], 1, x[2] * x[3])};
}

void WindowGather::emit_plane(const Coord& image, const Coord& channel) {
  if (keeps_places()) find_places(image, channel);
  rows_.loop(emitter_, [&](const Coord& row) {
    const auto emit = [&](const Coord& column) { store(sums_of_block({image, channel, row, column})); };
    if (in_block_) return columns_.loop(emitter_, emit);
    emitter_.lanes_loop(kernel_.index(columns_.begin), kernel_.index(columns_.end), emit);
  });
}

Coord WindowGather::kept_place(const Position& window) {
  const Coord number = emitter_.add(emitter_.scale(window[2], columns_.windows), window[3]);
  return in_block_ ? emitter_.lane(emitter_.scale(number, emitter_.lanes())) : number;
}

void WindowGather::find_places(const Coord& image, const Coord& channel) {
  const auto cuts = [&](size_t dim, const WindowBlocks& blocks) {
    return cuts_at_border(places_.window(), dim, blocks.windows, blocks.elements);
  };
  loop_in_pieces(emitter_, rows_.windows, cuts(0, rows_), [&](const Coord& row) {
    const auto find = [&](const Coord& column) {
      const Position window = {image, channel, row, column};
      emitter_.store(scratch_.memory(), DType::kI32, kept_place(window), places_.largest(window));
    };
    if (in_block_) return loop_in_pieces(emitter_, columns_.windows, cuts(1, columns_), find);
    emitter_.lanes_loop(kernel_.index(0), kernel_.index(columns_.windows), find);
  });
}

// In lanes without such a window y is 0, which adds nothing wherever it goes.
WindowGather::Share WindowGather::share_of(const Position& window) {
  V exists = emitter_.both(emitter_.inside(window[2], rows_.windows), emitter_.inside(window[3], columns_.windows));
  if (ElementEmitter::is_never(exists)) return {};
  Share share;
  emitter_.under_mask(exists, [&] {
    share.y = emitter_.emit(&y_, window);
    if (keeps_places()) share.place = emitter_.load(scratch_.memory(), DType::kI32, kept_place(window));
  });
  if (exists != nullptr) share.y = emitter_.math().select(exists, share.y, emitter_.constant_of(y_.type.dtype, 0));
  if (is_pick() && !keeps_places()) share.place = places_.largest(window);
  return share;
}

// Of all windows that cover a block, in their order.
std::vector<WindowGather::Share> WindowGather::shares_of(const Position& block) {
  std::vector<Share> shares;
  for (int64_t t = rows_.covering() - 1; t >= 0; --t)
    for (int64_t u = columns_.covering() - 1; u >= 0; --u)
      shares.push_back(share_of({block[0], block[1], emitter_.offset(block[2], -t), emitter_.offset(block[3], -u)}));
  return shares;
}

// For element i, j of the block.
V WindowGather::sum(const std::vector<Share>& shares, int64_t i, int64_t j) {
  const DType dtype = op_.type().dtype;
  V sum = emitter_.constant_of(dtype, 0);
  auto share = shares.begin();
  for (int64_t t = rows_.covering() - 1; t >= 0; --t)
    for (int64_t u = columns_.covering() - 1; u >= 0; --u, ++share) {
      const int64_t row = i + rows_.stride * t, column = j + columns_.stride * u;
      if (share->y == nullptr || row >= rows_.window || column >= columns_.window) continue;
      V more = emitter_.math().add(dtype, sum, share->y);
      const auto number = static_cast<double>(places_.number_of(row, column));
      if (share->place != nullptr)
        more = emitter_.math().select(
            kernel_.ir().CreateICmpEQ(share->place, emitter_.constant_of(DType::kI32, number)), more, sum);
      sum = more;
    }
  return sum;
}

WindowGather::Sums WindowGather::sums_of_block(const Position& block) {
  const std::vector<Share> shares = shares_of(block);
  Sums sums;
  for (int64_t i = 0; i < rows_.stride; ++i) {
    if (ElementEmitter::is_never(emitter_.inside(places_.element(block, i, 0)[2], rows_.elements))) continue;
    if (!in_block_) {
      add_columns(block, i, shares, sums);
      continue;
    }
    for (int64_t j = 0; j < columns_.stride; ++j) {
      const Position at = places_.element(block, i, j);
      if (!ElementEmitter::is_never(emitter_.inside(at[3], columns_.elements)))
        sums.emplace_back(at, sum(shares, i, j));
    }
  }
  return sums;
}

// Of a vector of blocks that follow each other: the elements of row i, in the order in which they lie in memory.
void WindowGather::add_columns(const Position& block, int64_t i, const std::vector<Share>& shares, Sums& sums) {
  const int64_t lanes = emitter_.lanes(), stride = columns_.stride;
  V first = sum(shares, i, 0), second = stride == 1 ? first : sum(shares, i, 1);
  Position at = places_.element(block, i, 0);
  at[3].step = 0;
  for (int64_t part = 0; part < stride; ++part) {
    llvm::SmallVector<int, 16> order;
    for (int64_t l = part * lanes; l < (part + 1) * lanes; ++l)
      order.push_back(static_cast<int>(l % stride * lanes + l / stride));
    Position here = at;
    here[3] = emitter_.lane(emitter_.offset(at[3], part * lanes));
    sums.emplace_back(here, kernel_.ir().CreateShuffleVector(first, second, order));
  }
}

// All sums are there before the first is stored: LLVM does not know that stores leave y and the places as they are.
void WindowGather::store(const Sums& sums) {
  for (const auto& [at, value] : sums) {
    emitter_.bind(op_.result(), [value = value](const Position&) { return value; });
    const auto store = [&, at = at] { store_outputs(emitter_, work_, at); };
    if (in_block_) store();
    else emitter_.without_mask([&] { emitter_.under_mask(emitter_.inside(at[3], columns_.elements), store); });
    emitter_.unbind(op_.result());
  }
}

}  // namespace

bool gathers_windows(const KernelWork& work, const Target& target) {
  const Op& op = *work.main;
  const WindowAttributes window = window_within_picture(op);
  const WindowBlocks rows(op, window, 0), columns(op, window, 1);
  if (std::max(rows.window, rows.stride) * std::max(columns.window, columns.stride) > kMostGathered) return false;
  if (work.loop >= 0) return rows.pieces() * columns.pieces() <= kMostBlocks;
  return columns.stride <= 2 && target.lanes > 1 && rows.pieces() <= kMostBlocks && op.type().dtype == DType::kF32;
}

WorkUnits gather_windows(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return WindowGather(kernel, storage, work).emit();
}

ScratchNeed gather_scratch(const KernelWork& work, const Target& target) {
  const Op& op = *work.main;
  const Shape& windows = op.operands.back()->type.shape;
  const bool keeps = op.kind == OpKind::kWindowPick && windows_overlap(window_within_picture(op));
  const int64_t lanes = work.loop >= 0 ? target.lanes : 1, planes = work.loop >= 0 ? 1 : windows[0] * windows[1];
  return {keeps ? windows[2] * windows[3] * lanes * static_cast<int64_t>(sizeof(int32_t)) : 0, planes};
}

}  // namespace minnow
