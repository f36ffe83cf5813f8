#include "codegen/kernels/gather_windows.h"

#include <algorithm>
#include <utility>

#include "codegen/kernels/loop_pieces.h"
#include "codegen/kernels/window_places.h"
#include "ir/windows.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMostGathered{"places of windows that are gathered", 64};
const Threshold kMostBlocks{"pieces of a plane that windows are gathered to", 64};

// Along one dimension of space, a block is as many elements as the stride: those that the same windows cover. Block q
// begins at stride * q - pad, and its element p lies at place p + stride * t of window q - t.
struct Blocks {
  int64_t stride, window, pad, windows, elements;
  int64_t begin, end;              // of all blocks
  int64_t inside_from, inside_to;  // those all of whose elements and windows exist

  Blocks(const Op& op, const WindowAttributes& attributes, size_t dim)
      : stride(attributes.stride[dim]), window(attributes.window[dim]), pad(attributes.pad[2 * dim]),
        windows(op.operands.back()->type.shape[2 + dim]), elements(op.type().shape[2 + dim]) {
    begin = pad / stride;
    end = (elements - 1 + pad) / stride + 1;
    inside_from = std::clamp(std::max((pad + stride - 1) / stride, covering() - 1), begin, end);
    inside_to = std::clamp(std::min((elements + pad) / stride, windows), inside_from, end);
  }
  // The most windows over an element.
  int64_t covering() const { return (window + stride - 1) / stride; }
  // Those at the border are one each, so that of everything is known whether it exists.
  int64_t pieces() const { return end - begin - std::max<int64_t>(0, inside_to - inside_from - 1); }

  void loop(ElementEmitter& emitter, const std::function<void(const Coord&)>& body) const {
    for (int64_t q = begin; q < inside_from; ++q) emitter.loop(q, q + 1, body);
    if (inside_from < inside_to) emitter.loop(inside_from, inside_to, body);
    for (int64_t q = inside_to; q < end; ++q) emitter.loop(q, q + 1, body);
  }
};

class WindowGather {
 public:
  WindowGather(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), y_(*op_.operands.back()),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), places_(emitter_, op_),
        rows_(op_, places_.window(), 0), columns_(op_, places_.window(), 1),
        scratch_(kernel, work, gather_scratch(work, kernel.target())) {}

  WorkUnits emit();

 private:
  struct Share {
    V y = nullptr;      // nullptr: there is no such window
    V place = nullptr;  // nullptr: all have it
  };

  bool is_pick() const { return op_.kind == OpKind::kWindowPick; }
  bool keeps_places() const { return is_pick() && rows_.covering() * columns_.covering() > 1; }
  V kept_place(const Position& window);
  void find_places(const Coord& examples, const Coord& channel);
  Share share_of(const Position& window);
  std::vector<Share> shares_of(const Position& block);
  V sum(const std::vector<Share>& shares, int64_t i, int64_t j);
  void emit_elements(const Position& block);

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  const Value& y_;
  ElementEmitter emitter_;
  WindowPlaces places_;
  Blocks rows_, columns_;
  ScratchUnits scratch_;
};

WorkUnits WindowGather::emit() {
  emitter_.loop(0, op_.type().shape[1], [&](const Coord& channel) {
    emitter_.examples_loop([&](const Coord& examples) {
      if (keeps_places()) find_places(examples, channel);
      rows_.loop(emitter_, [&](const Coord& row) {
        columns_.loop(emitter_, [&](const Coord& column) { emit_elements({examples, channel, row, column}); });
      });
    });
  });
  return {1, false};
}

V WindowGather::kept_place(const Position& window) {
  const Coord number = emitter_.add(emitter_.scale(window[2], columns_.windows), window[3]);
  V place = emitter_.constant_of(DType::kI32, 0);
  return emitter_.element_address(scratch_.memory(), place->getType(), number);
}

void WindowGather::find_places(const Coord& examples, const Coord& channel) {
  const auto cuts = [&](size_t dim, const Blocks& blocks) {
    return cuts_at_border(places_.window(), dim, blocks.windows, blocks.elements);
  };
  loop_in_pieces(emitter_, rows_.windows, cuts(0, rows_), [&](const Coord& row) {
    loop_in_pieces(emitter_, columns_.windows, cuts(1, columns_), [&](const Coord& column) {
      const Position window = {examples, channel, row, column};
      kernel_.ir().CreateAlignedStore(places_.largest(window), kept_place(window), llvm::Align(sizeof(int32_t)));
    });
  });
}

WindowGather::Share WindowGather::share_of(const Position& window) {
  V exists = emitter_.both(emitter_.inside(window[2], rows_.windows), emitter_.inside(window[3], columns_.windows));
  if (ElementEmitter::is_never(exists)) return {};
  MINNOW_CHECK(exists == nullptr, "a window that is there for some of a piece's blocks");
  Share share = {emitter_.emit(&y_, window)};
  if (!is_pick()) return share;
  llvm::Type* type = emitter_.type_of(DType::kI32);
  share.place = keeps_places() ? kernel_.ir().CreateAlignedLoad(type, kept_place(window), llvm::Align(sizeof(int32_t)))
                               : places_.largest(window);
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

// All sums are there before the first is stored: LLVM does not know that stores leave y and the places as they are.
void WindowGather::emit_elements(const Position& block) {
  const std::vector<Share> shares = shares_of(block);
  std::vector<std::pair<Position, V>> elements;
  for (int64_t i = 0; i < rows_.stride; ++i)
    for (int64_t j = 0; j < columns_.stride; ++j) {
      const Position at = places_.element(block, i, j);
      V exists = emitter_.both(emitter_.inside(at[2], rows_.elements), emitter_.inside(at[3], columns_.elements));
      if (!ElementEmitter::is_never(exists)) elements.emplace_back(at, sum(shares, i, j));
    }
  for (const auto& [at, value] : elements) {
    emitter_.bind(op_.result(), [value = value](const Position&) { return value; });
    store_outputs(emitter_, work_, at);
    emitter_.unbind(op_.result());
  }
}

}  // namespace

bool gathers_windows(const Op& op) {
  const WindowAttributes window = window_within_picture(op);
  const Blocks rows(op, window, 0), columns(op, window, 1);
  return std::max(rows.window, rows.stride) * std::max(columns.window, columns.stride) <= kMostGathered &&
         rows.pieces() * columns.pieces() <= kMostBlocks;
}

WorkUnits gather_windows(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return WindowGather(kernel, storage, work).emit();
}

ScratchNeed gather_scratch(const KernelWork& work, const Target& target) {
  const Shape& windows = work.main->operands.back()->type.shape;
  const bool keeps = work.main->kind == OpKind::kWindowPick && windows_overlap(window_within_picture(*work.main));
  return {keeps ? windows[2] * windows[3] * target.lanes * static_cast<int64_t>(sizeof(int32_t)) : 0};
}

}  // namespace minnow
