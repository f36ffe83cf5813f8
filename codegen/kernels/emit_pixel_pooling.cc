#include "codegen/kernels/emit_pixel_windows.h"
#include "codegen/kernels/pixel_kernel.h"

namespace minnow {
namespace {

class PixelPooling : PixelKernel {
 public:
  PixelPooling(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PoolingSchedule& s)
      : PixelKernel(kernel, storage, work, s.planes()), s_(s), y_(kernel.buffer(work.outputs[0].buffer)) {}

  WorkUnits emit() {
    return for_units(s_.pixels(), [this] { emit_unit(); });
  }

 private:
  void emit_unit();
  V vector_of(size_t step, int64_t vector);
  V read(size_t step, const Places& places);
  V take_in(V so_far, V x);
  void store(const Coord& vector, const std::function<V(const Coord&)>& value_at);
  void store_again();

  const PoolingSchedule& s_;
  V y_;
  V x_ = nullptr;                     // of the unit
  std::vector<std::vector<V>> made_;  // by each step
};

// Comparisons that tell NaNs from numbers and zeros by their signs would take most of the time. So numbers are compared
// alone, and where there is a NaN, an infinity, or a largest of -0, all is done once more.
void PixelPooling::emit_unit() {
  x_ = begin_of(op_.operands[0], s_.steps[0].elements());
  forget_specials();
  made_.clear();
  for (const PixelVectors& step : s_.steps) made_.emplace_back(step.vectors(), nullptr);
  V is_special = emitter_.constant_of(DType::kPred, 0);
  for (int64_t vector = 0; vector < s_.steps.back().vectors(); ++vector) {
    V result = vector_of(s_.steps.size() - 1, vector);
    store(emitter_.constant(vector), [&](const Coord&) { return result; });
    is_special = ir_.CreateOr(is_special, emitter_.math().is_negative_zero(result));
    keep_order();
  }
  if (!s_.is_max) return;
  is_special = ir_.CreateOrReduce(ir_.CreateOr(is_special, has_specials()));
  kernel_.when(is_special, [this] { store_again(); });
}

// Made when it is first read, so that few wait in registers.
PixelPooling::V PixelPooling::vector_of(size_t step, int64_t vector) {
  V& made = made_[step][static_cast<size_t>(vector)];
  if (made != nullptr) return made;
  for (const Places& places : s_.elements_of(step, vector)) {
    V x = read(step, places);
    if (s_.is_max && step == 0) look_for_specials(x, places);
    made = take_in(made, x);
  }
  if (made == nullptr) made = zero();  // a sum of what lies on padding
  return made;
}

PixelPooling::V PixelPooling::read(size_t step, const Places& places) {
  if (step == 0) return read_pixels(emitter_, x_, s_.steps[0].elements(), places);
  return put_together(emitter_, places, whole_pieces_of(places),
                      [&](int64_t begin) { return vector_of(step - 1, begin / emitter_.lanes()); });
}

PixelPooling::V PixelPooling::take_in(V so_far, V x) {
  if (s_.is_max) return so_far == nullptr ? x : ir_.CreateSelect(ir_.CreateFCmpOGT(x, so_far), x, so_far);
  return emitter_.math().add(DType::kF32, so_far == nullptr ? zero() : so_far, x);
}

void PixelPooling::store(const Coord& vector, const std::function<V(const Coord&)>& value_at) {
  for_pixels(vector, s_.pixels(), [&](const Coord& first) {
    V value = value_at(emitter_.lane(first));
    const Coord begin = emitter_.scale(emitter_.uniform(unit_), s_.pixels());
    emitter_.store(y_, DType::kF32, emitter_.lane(emitter_.add(begin, first)), value);
  });
}

// Each by itself.
void PixelPooling::store_again() {
  kernel_.loop(0, s_.steps.back().vectors(), [&](V vector) {
    store(emitter_.uniform(vector),
          [&](const Coord& pixel) { return emitter_.emit(op_.result(), position_of(pixel, op_.type().shape)); });
    emitter_.forget();
  });
}

}  // namespace

WorkUnits emit_along_pixels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                            const PoolingSchedule& s) {
  return PixelPooling(kernel, storage, work, s).emit();
}

}  // namespace minnow
