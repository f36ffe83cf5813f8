#include <llvm/IR/Constants.h>

#include "codegen/kernels/emit_pixel_windows.h"
#include "codegen/kernels/pixel_kernel.h"
#include "codegen/kernels/window_places.h"

namespace minnow {
namespace {

class PixelPicking : PixelKernel {
 public:
  PixelPicking(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PickingSchedule& s)
      : PixelKernel(kernel, storage, work, s.planes()), s_(s), places_(emitter_, op_),
        found_(kernel.stack(emitter_.type_of(DType::kF32), s_.windows.vectors())),
        target_(kernel.buffer(work.outputs[0].buffer)) {}

  WorkUnits emit() {
    return for_units(s_.elements.pixels(), [this] { emit_unit(); });
  }

 private:
  void emit_unit();
  V find(int64_t vector);
  V sum(int64_t vector);
  void find_again();
  V numbers(const std::vector<int64_t>& numbers);

  const PickingSchedule& s_;
  WindowPlaces places_;
  V found_;  // of each window of the unit the number of its first largest element, -1 if there is none
  V target_;
  V x_ = nullptr, y_ = nullptr;  // of the unit
};

void PixelPicking::emit_unit() {
  x_ = begin_of(op_.operands[0], s_.windows.elements());
  y_ = begin_of(op_.operands[1], s_.elements.elements());
  forget_specials();
  for (int64_t vector = 0; vector < s_.windows.vectors(); ++vector) {
    emitter_.store(found_, DType::kF32, emitter_.lane(emitter_.constant(vector * emitter_.lanes())), find(vector));
    keep_order();
  }
  kernel_.when(ir_.CreateOrReduce(has_specials()), [this] { find_again(); });
  for (int64_t vector = 0; vector < s_.elements.vectors(); ++vector) {
    for_pixels(emitter_.constant(vector), s_.elements.pixels(), [&](const Coord& first) {
      const Coord begin = emitter_.scale(emitter_.uniform(unit_), s_.elements.pixels());
      V result = nullptr;
      emitter_.without_mask([&] { result = sum(vector); });
      emitter_.store(target_, DType::kF32, emitter_.lane(emitter_.add(begin, first)), result);
    });
    keep_order();
  }
}

// Without NaNs and infinities.
PixelPicking::V PixelPicking::find(int64_t vector) {
  V best = nullptr, number = emitter_.constant_of(DType::kF32, -1);
  for (const auto& reading : s_.elements_of(vector)) {
    V x = read_pixels(emitter_, x_, s_.windows.elements(), reading.places);
    look_for_specials(x, reading.places);
    V greater = best == nullptr ? emitter_.constant_of(DType::kPred, 1) : ir_.CreateFCmpOGT(x, best);
    best = best == nullptr ? x : ir_.CreateSelect(greater, x, best);
    number = ir_.CreateSelect(greater, numbers(reading.numbers), number);
  }
  return number;
}

void PixelPicking::find_again() {
  kernel_.loop(0, s_.windows.vectors(), [&](V vector) {
    for_pixels(emitter_.uniform(vector), s_.windows.pixels(), [&](const Coord& first) {
      V number = places_.largest_in_loops(position_of(emitter_.lane(first), op_.operands[1]->type.shape));
      V as_float = ir_.CreateSIToFP(number, emitter_.type_of(DType::kF32));
      emitter_.store(found_, DType::kF32, emitter_.lane(first), as_float);
    });
    emitter_.forget();
  });
}

PixelPicking::V PixelPicking::sum(int64_t vector) {
  V sum = zero();
  for (const auto& reading : s_.windows_of(vector)) {
    V y = read_pixels(emitter_, y_, s_.elements.elements(), reading.places);
    V found = put_together(emitter_, reading.places, whole_pieces_of(reading.places), [&](int64_t begin) {
      return emitter_.load(found_, DType::kF32, emitter_.lane(emitter_.constant(begin)));
    });
    V is_here = ir_.CreateFCmpOEQ(found, numbers(reading.numbers));
    sum = ir_.CreateSelect(is_here, emitter_.math().add(DType::kF32, sum, y), sum);
  }
  return sum;
}

PixelPicking::V PixelPicking::numbers(const std::vector<int64_t>& numbers) {
  std::vector<llvm::Constant*> lanes;
  for (const int64_t number : numbers)
    lanes.push_back(llvm::ConstantFP::get(ir_.getFloatTy(), static_cast<double>(number)));
  return llvm::ConstantVector::get(lanes);
}

}  // namespace

WorkUnits emit_along_pixels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                            const PickingSchedule& s) {
  return PixelPicking(kernel, storage, work, s).emit();
}

}  // namespace minnow
