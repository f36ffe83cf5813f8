#include "codegen/kernels/pixel_kernel.h"

#include <algorithm>

namespace minnow {

using V = llvm::Value*;

PixelKernel::PixelKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, int64_t planes)
    : kernel_(kernel), ir_(kernel.ir()), storage_(storage), work_(work), op_(*work.main), planes_(planes),
      emitter_(kernel, storage, work.inside, kernel.target().lanes) {}

WorkUnits PixelKernel::for_units(int64_t pixels, const std::function<void()>& body) {
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    unit_ = unit;
    body();
  });
  const int64_t planes = op_.type().shape[0] * op_.type().shape[1];
  return {planes / planes_, true, grid_of_rows(planes, planes_, pixels / planes_)};
}

V PixelKernel::begin_of(const Value* operand, int64_t elements) {
  return emitter_.element_address(kernel_.buffer(storage_.find(operand)), ir_.getFloatTy(),
                                  emitter_.scale(emitter_.uniform(unit_), elements));
}

void PixelKernel::forget_specials() {
  sums_.fill(zero());
  seen_.clear();
}

// Their products with 0 are no zeros. Windows share elements, which are looked at once.
void PixelKernel::look_for_specials(V x, const Places& places) {
  bool is_new = false;
  for (const int64_t place : places) is_new |= place >= 0 && seen_.insert(place).second;
  if (!is_new) return;
  V sum = emitter_.math().fma(x, zero(), sums_[0]);
  std::shift_left(sums_.begin(), sums_.end(), 1);
  sums_.back() = sum;
}

V PixelKernel::has_specials() {
  V sum = sums_[0];
  for (size_t i = 1; i < sums_.size(); ++i) sum = emitter_.math().add(DType::kF32, sum, sums_[i]);
  return ir_.CreateFCmpUNO(sum, sum);
}

void PixelKernel::for_pixels(const Coord& vector, int64_t pixels, const std::function<void(const Coord&)>& body) {
  const int64_t lanes = emitter_.lanes();
  const Coord first = emitter_.scale(vector, lanes);
  const bool is_whole = pixels % lanes == 0 || (first.is_constant() && first.constant + lanes <= pixels);
  V rest = ir_.CreateSub(number(pixels), emitter_.index_of(first));
  emitter_.under_mask(is_whole ? nullptr : emitter_.first_lanes(rest), [&] { body(first); });
}

Position PixelKernel::position_of(const Coord& pixel, const Shape& shape) {
  const Coord first = emitter_.scale(emitter_.uniform(unit_), planes_);
  const Coord plane = emitter_.add(emitter_.divide(pixel, shape[2] * shape[3]), first);
  const Coord place = emitter_.remainder(pixel, shape[2] * shape[3]);
  return {emitter_.divide(plane, shape[1]), emitter_.remainder(plane, shape[1]), emitter_.divide(place, shape[3]),
          emitter_.remainder(place, shape[3])};
}

void PixelKernel::keep_order() {
  ir_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent, llvm::SyncScope::SingleThread);
}

}  // namespace minnow
