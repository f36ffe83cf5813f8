#include "codegen/kernels/emit_window.h"

#include <algorithm>
#include <functional>

#include "codegen/element/accumulate.h"
#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// Windows of more places are walked by loops: with code for each place, LLVM takes minutes.
const Threshold kMostPlaces{"places of a window that is scattered without loops", 256};

class WindowScatter {
 public:
  WindowScatter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), window_(window_within_picture(op_)), y_(*op_.operands.back()),
        overlaps_(windows_overlap(op_.attr<WindowAttributes>())), needs_zeros_(overlaps_ || windows_leave_gaps(op_)),
        in_block_(work.loop >= 0), emitter_(kernel, storage, work.inside, kernel.target().lanes),
        target_buffer_(work.outputs[0].buffer), target_(kernel.buffer(target_buffer_)) {}

  WorkUnits emit() { return in_block_ ? emit_block() : emit_planes(); }

 private:
  WorkUnits emit_planes();
  WorkUnits emit_block();
  void emit_windows(const Position& window);
  void emit_large_windows(const Position& window);
  Position element(const Position& window, int64_t i, int64_t j);
  Position element(const Position& window, const Coord& i, const Coord& j);
  void walk(const std::function<void(const Coord&, const Coord&)>& visit);
  V place_of(const Coord& i, const Coord& j);
  V largest_place(const Position& window);
  std::vector<V> pick(const Position& window, V y);
  V inside(const Position& at);
  void add_to(const Position& at, V value);
  void store_with_epilogue(const Position& at, V value);

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  WindowAttributes window_;
  const Value& y_;
  bool overlaps_;
  bool needs_zeros_;
  bool in_block_;  // vectors are examples, not columns
  ElementEmitter emitter_;
  int target_buffer_;
  V target_;
};

WorkUnits WindowScatter::emit_block() {
  const Shape& x = op_.type().shape;
  llvm::IRBuilder<>& ir = kernel_.ir();
  if (needs_zeros_) ir.CreateMemSet(target_, ir.getInt8(0), static_cast<uint64_t>(op_.type().bytes()), llvm::Align(1));
  emitter_.examples_loop([&](const Coord& examples) {
    emitter_.loop(0, x[1], [&](const Coord& channel) {
      emitter_.loop(0, y_.type.dim(2), [&](const Coord& row) {
        emitter_.loop(0, y_.type.dim(3), [&](const Coord& column) { emit_windows({examples, channel, row, column}); });
      });
    });
  });
  return {1, false};
}

WorkUnits WindowScatter::emit_planes() {
  const Shape& x = op_.type().shape;
  llvm::IRBuilder<>& ir = kernel_.ir();
  const int64_t plane = x[2] * x[3];
  const auto bytes = static_cast<uint64_t>(plane * dtype_bytes(op_.type().dtype));
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    V start = ir.CreateGEP(kernel_.memory_type(op_.type().dtype), target_, ir.CreateMul(unit, kernel_.index(plane)));
    if (needs_zeros_) ir.CreateMemSet(start, ir.getInt8(0), bytes, llvm::Align(1));
    const Coord image = emitter_.divide(emitter_.uniform(unit), x[1]);
    const Coord channel = emitter_.remainder(emitter_.uniform(unit), x[1]);
    emitter_.loop(0, y_.type.dim(2), [&](const Coord& row) {
      emitter_.lanes_loop(kernel_.index(0), kernel_.index(y_.type.dim(3)),
                          [&](const Coord& column) { emit_windows({image, channel, row, column}); });
    });
  });
  return {x[0] * x[1], true, grid_of_rows(x[0] * x[1], 1, plane)};
}

Position WindowScatter::element(const Position& window, int64_t i, int64_t j) {
  return {window[0], window[1], emitter_.offset(emitter_.scale(window[2], window_.stride[0]), i - window_.pad[0]),
          emitter_.offset(emitter_.scale(window[3], window_.stride[1]), j - window_.pad[2])};
}

// Whether the element exists; nullptr if it does in any case.
V WindowScatter::inside(const Position& at) {
  V condition = nullptr;
  const bool padded = std::ranges::any_of(window_.pad, [](int64_t pad) { return pad != 0; });
  for (size_t d = 2; padded && d < 4; ++d) {
    condition = emitter_.both(condition, emitter_.compare(llvm::CmpInst::ICMP_ULT, at[d], op_.type().shape[d]));
  }
  return condition;
}

// Of the windows in a vector, the first covers an element with its last place: so from the last place to the first,
// each element's windows are added up in their order.
void WindowScatter::emit_windows(const Position& window) {
  if (window_.window[0] * window_.window[1] > kMostPlaces) return emit_large_windows(window);
  V y = emitter_.emit(&y_, window);
  std::vector<V> values;
  if (op_.kind == OpKind::kWindowPick) values = pick(window, y);
  for (int64_t i = 0; i < window_.window[0]; ++i) {
    for (int64_t j = window_.window[1] - 1; j >= 0; --j) {
      add_to(element(window, i, j), values.empty() ? y : values[static_cast<size_t>(i * window_.window[1] + j)]);
    }
  }
}

Position WindowScatter::element(const Position& window, const Coord& i, const Coord& j) {
  const Coord row = emitter_.add(emitter_.scale(window[2], window_.stride[0]), i);
  const Coord column = emitter_.add(emitter_.scale(window[3], window_.stride[1]), j);
  return {window[0], window[1], emitter_.offset(row, -window_.pad[0]), emitter_.offset(column, -window_.pad[2])};
}

void WindowScatter::walk(const std::function<void(const Coord&, const Coord&)>& visit) {
  emitter_.loop(0, window_.window[0],
                [&](const Coord& i) { emitter_.loop(0, window_.window[1], [&](const Coord& j) { visit(i, j); }); });
}

// As many places in a loop. Where y is picked, a first loop finds out where to.
void WindowScatter::emit_large_windows(const Position& window) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  V y = emitter_.emit(&y_, window);
  V place = op_.kind == OpKind::kWindowPick ? largest_place(window) : nullptr;
  walk([&](const Coord& i, const Coord& from_end) {
    const Coord j = emitter_.offset(emitter_.scale(from_end, -1), window_.window[1] - 1);
    V value = y;
    if (place != nullptr)
      value = ir.CreateSelect(ir.CreateICmpEQ(place, place_of(i, j)), y, emitter_.constant_of(y_.type.dtype, 0));
    add_to(element(window, i, j), value);
  });
}

V WindowScatter::place_of(const Coord& i, const Coord& j) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  V place = emitter_.index_of(emitter_.add(emitter_.scale(i, window_.window[1]), j));
  return emitter_.splat(ir.CreateTrunc(place, ir.getInt32Ty()));
}

// The place of the first largest element, NaN above all.
V WindowScatter::largest_place(const Position& window) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  const DType dtype = y_.type.dtype;
  V zero = emitter_.constant_of(dtype, 0);
  V none = emitter_.constant_of(DType::kI32, -1);
  V best_slot = kernel_.stack(zero->getType());
  V place_slot = kernel_.stack(none->getType());
  ir.CreateStore(zero, best_slot);
  ir.CreateStore(none, place_slot);
  walk([&](const Coord& i, const Coord& j) {
    const Position at = element(window, i, j);
    V exists = inside(at);
    V x =
        exists == nullptr ? emitter_.emit(op_.operands[0], at) : emitter_.emit_guarded(op_.operands[0], at, exists, 0);
    V best = ir.CreateLoad(zero->getType(), best_slot);
    V place = ir.CreateLoad(none->getType(), place_slot);
    V greater =
        ir.CreateOr(exceeds(emitter_, dtype, x, best), ir.CreateICmpSLT(place, emitter_.constant_of(DType::kI32, 0)));
    if (exists != nullptr) greater = emitter_.both(greater, exists);
    ir.CreateStore(ir.CreateSelect(greater, x, best), best_slot);
    ir.CreateStore(ir.CreateSelect(greater, place_of(i, j), place), place_slot);
  });
  return ir.CreateLoad(none->getType(), place_slot);
}

// y at the place of the first largest element, NaN above all, zero at the others.
std::vector<V> WindowScatter::pick(const Position& window, V y) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  const DType dtype = y_.type.dtype;
  V best = nullptr;
  V place = nullptr;
  const int64_t count = window_.window[0] * window_.window[1];
  for (int64_t k = 0; k < count; ++k) {
    const Position at = element(window, k / window_.window[1], k % window_.window[1]);
    V exists = inside(at);
    V x =
        exists == nullptr ? emitter_.emit(op_.operands[0], at) : emitter_.emit_guarded(op_.operands[0], at, exists, 0);
    V here = emitter_.constant_of(DType::kI32, static_cast<double>(k));
    if (best == nullptr) {
      best = x;
      place = exists == nullptr ? here : emitter_.math().select(exists, here, emitter_.constant_of(DType::kI32, -1));
      continue;
    }
    V greater = exceeds(emitter_, dtype, x, best);
    if (exists != nullptr) {
      greater = ir.CreateOr(greater, ir.CreateICmpSLT(place, emitter_.constant_of(DType::kI32, 0)));
      greater = emitter_.both(greater, exists);
    }
    best = ir.CreateSelect(greater, x, best);
    place = ir.CreateSelect(greater, here, place);
  }
  std::vector<V> values;
  for (int64_t k = 0; k < count; ++k) {
    V here = ir.CreateICmpEQ(place, emitter_.constant_of(DType::kI32, static_cast<double>(k)));
    values.push_back(ir.CreateSelect(here, y, emitter_.constant_of(dtype, 0)));
  }
  return values;
}

void WindowScatter::add_to(const Position& at, V value) {
  const DType dtype = op_.type().dtype;
  // A sum of one starts at 0, too: of -0 it is 0.
  if (!overlaps_) value = emitter_.math().add(dtype, emitter_.constant_of(dtype, 0), value);
  V exists = inside(at);
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
  return WindowScatter(kernel, storage, work).emit();
}

}  // namespace minnow
