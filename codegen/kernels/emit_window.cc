#include "codegen/kernels/emit_window.h"

#include <algorithm>

#include "codegen/kernels/gather_windows.h"
#include "codegen/kernels/loop_pieces.h"
#include "codegen/kernels/window_places.h"
#include "ir/windows.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;

class WindowScatter {
 public:
  WindowScatter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), y_(*op_.operands.back()),
        overlaps_(windows_overlap(op_.attr<WindowAttributes>())), needs_zeros_(overlaps_ || windows_leave_gaps(op_)),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), places_(emitter_, op_),
        target_buffer_(work.outputs[0].buffer), target_(kernel.buffer(target_buffer_)) {}

  WorkUnits emit_planes();
  WorkUnits emit_block();

 private:
  void clear(const Coord& first, int64_t count);
  void loop_over_windows(size_t dim, const std::function<void(const Coord&)>& body);
  void emit_windows(const Position& window);
  void add_to(const Position& at, V value);
  void store_with_epilogue(const Position& at, V value);

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  const Value& y_;
  bool overlaps_;
  bool needs_zeros_;
  ElementEmitter emitter_;
  WindowPlaces places_;
  int target_buffer_;
  V target_;
};

// Vectors are examples.
WorkUnits WindowScatter::emit_block() {
  const Shape& x = op_.type().shape;
  const int64_t plane = x[2] * x[3] * kBlockExamples;
  emitter_.loop(0, x[1], [&](const Coord& channel) {
    if (needs_zeros_) clear(emitter_.scale(channel, plane), plane);
    emitter_.examples_loop([&](const Coord& examples) {
      loop_over_windows(0, [&](const Coord& row) {
        loop_over_windows(1, [&](const Coord& column) { emit_windows({examples, channel, row, column}); });
      });
    });
  });
  return {1, false};
}

// Vectors are columns.
WorkUnits WindowScatter::emit_planes() {
  const Shape& x = op_.type().shape;
  const int64_t plane = x[2] * x[3];
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    if (needs_zeros_) clear(emitter_.scale(emitter_.uniform(unit), plane), plane);
    const Coord image = emitter_.divide(emitter_.uniform(unit), x[1]);
    const Coord channel = emitter_.remainder(emitter_.uniform(unit), x[1]);
    loop_over_windows(0, [&](const Coord& row) {
      emitter_.lanes_loop(kernel_.index(0), kernel_.index(y_.type.dim(3)),
                          [&](const Coord& column) { emit_windows({image, channel, row, column}); });
    });
  });
  return {x[0] * x[1], true, grid_of_rows(x[0] * x[1], 1, plane)};
}

void WindowScatter::clear(const Coord& first, int64_t count) {
  const DType dtype = op_.type().dtype;
  V start = emitter_.element_address(target_, kernel_.memory_type(dtype), first);
  kernel_.ir().CreateMemSet(start, kernel_.ir().getInt8(0), static_cast<uint64_t>(count * dtype_bytes(dtype)),
                            llvm::Align(1));
}

void WindowScatter::loop_over_windows(size_t dim, const std::function<void(const Coord&)>& body) {
  const int64_t windows = y_.type.shape[2 + dim];
  loop_in_pieces(emitter_, windows, cuts_at_border(places_.window(), dim, windows, op_.type().shape[2 + dim]), body);
}

// Of the windows in a vector, the first covers an element with its last place: so from the last place to the first,
// each element's windows are added up in their order.
void WindowScatter::emit_windows(const Position& window) {
  V y = emitter_.emit(&y_, window);
  V place = op_.kind == OpKind::kWindowPick ? places_.largest(window) : nullptr;
  const auto share_of = [&](V number) {
    V zero = emitter_.constant_of(y_.type.dtype, 0);
    return place == nullptr ? y : kernel_.ir().CreateSelect(kernel_.ir().CreateICmpEQ(place, number), y, zero);
  };
  const auto [rows, columns] = std::pair(places_.window().window[0], places_.window().window[1]);
  if (places_.are_many()) {
    return places_.walk([&](const Coord& i, const Coord& from_end) {
      const Coord j = emitter_.offset(emitter_.scale(from_end, -1), columns - 1);
      add_to(places_.element(window, i, j), share_of(places_.number_of(i, j)));
    });
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = columns - 1; j >= 0; --j) {
      const auto number = static_cast<double>(places_.number_of(i, j));
      add_to(places_.element(window, i, j), share_of(emitter_.constant_of(DType::kI32, number)));
    }
}

void WindowScatter::add_to(const Position& at, V value) {
  const DType dtype = op_.type().dtype;
  // A sum of one starts at 0, too: of -0 it is 0.
  if (!overlaps_) value = emitter_.math().add(dtype, emitter_.constant_of(dtype, 0), value);
  V exists = places_.exists(at);
  if (ElementEmitter::is_never(exists)) return;
  auto write = [&] {
    if (!needs_zeros_) return store_with_epilogue(at, value);
    const Coord address = emitter_.address(target_buffer_, op_.type().shape, at);
    if (overlaps_) value = emitter_.math().add(dtype, emitter_.load(target_, dtype, address), value);
    emitter_.store(target_, dtype, address, value);
  };
  if (exists == nullptr) {
    write();
  } else if (emitter_.lanes() == 1) {
    kernel_.when(exists, write);
  } else {
    emitter_.under_mask(emitter_.both(emitter_.constant_of(DType::kPred, 1), exists), write);
  }
}

void WindowScatter::store_with_epilogue(const Position& at, V value) {
  emitter_.bind(op_.result(), [value](const Position&) { return value; });
  store_outputs(emitter_, work_, at);
  emitter_.unbind(op_.result());
}

}  // namespace

WorkUnits emit_window_scatter_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  if (gathers_windows(work, kernel.target())) return gather_windows(kernel, storage, work);
  WindowScatter scatter(kernel, storage, work);
  return work.loop >= 0 ? scatter.emit_block() : scatter.emit_planes();
}

ScratchNeed window_scatter_scratch(const KernelWork& work, const Target& target) {
  return gathers_windows(work, target) ? gather_scratch(work, target) : ScratchNeed{};
}

}  // namespace minnow
