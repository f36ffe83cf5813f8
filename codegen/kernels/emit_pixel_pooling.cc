#include "codegen/kernels/emit_pixel_pooling.h"

#include <algorithm>
#include <array>

#include "codegen/kernels/pixel_reader.h"

namespace minnow {
namespace {

using V = llvm::Value*;

class PixelPooling {
 public:
  PixelPooling(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), s_(*work.pooling), op_(*work.main), pixels_(s_.pixels()),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), x_(kernel.buffer(storage.find(op_.operands[0]))),
        y_(kernel.buffer(work.outputs[0].buffer)) {}

  WorkUnits emit();

 private:
  void emit_unit();
  V vector_of(size_t step, int64_t vector);
  V read(size_t step, const Places& places);
  V take_in(V so_far, V x);
  void look_for_specials(V x, const Places& places);
  V is_special();
  void keep_order();
  void store(const Coord& vector, const std::function<V(const Coord&)>& value_at);
  void store_again();
  V by_itself(const Coord& pixel);

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const PoolingSchedule& s_;
  const Op& op_;
  int64_t pixels_;  // of a unit
  ElementEmitter emitter_;
  V x_, y_;
  // Of the unit.
  V unit_ = nullptr, input_ = nullptr;
  std::vector<std::vector<V>> made_;  // by each step
  std::array<V, 4> sums_;             // of 0 * x, which do not wait for each other
  V is_negative_zero_ = nullptr;      // a result
  std::vector<bool> is_seen_;         // of the input's elements, in these sums
};

WorkUnits PixelPooling::emit() {
  const int64_t planes = op_.type().shape[0] * op_.type().shape[1];
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    unit_ = unit;
    emit_unit();
  });
  return {planes / s_.planes(), true, grid_of_rows(planes, s_.planes(), pixels_ / s_.planes())};
}

// Comparisons that tell NaNs from numbers and zeros by their signs would take most of the time. So numbers are compared
// alone, and where there is a NaN, an infinity, or a largest of -0, all is done once more.
void PixelPooling::emit_unit() {
  const int64_t elements = s_.steps[0].elements();
  input_ = emitter_.element_address(x_, ir_.getFloatTy(), emitter_.scale(emitter_.uniform(unit_), elements));
  made_.clear();
  for (const PixelVectors& step : s_.steps) made_.emplace_back(step.vectors(), nullptr);
  is_seen_.assign(static_cast<size_t>(elements), false);
  sums_.fill(emitter_.constant_of(DType::kF32, 0));
  is_negative_zero_ = emitter_.constant_of(DType::kPred, 0);
  for (int64_t vector = 0; vector < s_.steps.back().vectors(); ++vector) {
    V result = vector_of(s_.steps.size() - 1, vector);
    store(emitter_.constant(vector), [&](const Coord&) { return result; });
    is_negative_zero_ = ir_.CreateOr(is_negative_zero_, emitter_.math().is_negative_zero(result));
    keep_order();
  }
  if (s_.is_max) kernel_.when(is_special(), [this] { store_again(); });
}

// LLVM, which fetches ahead what it can, would not have the registers for all that is read.
void PixelPooling::keep_order() {
  ir_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent, llvm::SyncScope::SingleThread);
}

// Made when it is first read, so that few wait in registers.
V PixelPooling::vector_of(size_t step, int64_t vector) {
  V& made = made_[step][static_cast<size_t>(vector)];
  if (made != nullptr) return made;
  for (const Places& places : s_.elements_of(step, vector)) {
    V x = read(step, places);
    if (s_.is_max && step == 0) look_for_specials(x, places);
    made = take_in(made, x);
  }
  if (made == nullptr) made = emitter_.constant_of(DType::kF32, 0);  // a sum of what lies on padding
  return made;
}

V PixelPooling::read(size_t step, const Places& places) {
  if (step == 0) return read_pixels(emitter_, input_, s_.steps[0].elements(), places);
  return put_together(emitter_, places, whole_pieces_of(places),
                      [&](int64_t begin) { return vector_of(step - 1, begin / emitter_.lanes()); });
}

V PixelPooling::take_in(V so_far, V x) {
  if (s_.is_max) return so_far == nullptr ? x : ir_.CreateSelect(ir_.CreateFCmpOGT(x, so_far), x, so_far);
  if (so_far == nullptr) so_far = emitter_.constant_of(DType::kF32, 0);
  return emitter_.math().add(DType::kF32, so_far, x);
}

// Their products with 0 are no zeros. Windows share elements, which are looked at once.
void PixelPooling::look_for_specials(V x, const Places& places) {
  bool is_new = false;
  for (const int64_t place : places) {
    if (place < 0) continue;
    is_new |= !is_seen_[static_cast<size_t>(place)];
    is_seen_[static_cast<size_t>(place)] = true;
  }
  if (!is_new) return;
  V sum = emitter_.math().fma(x, emitter_.constant_of(DType::kF32, 0), sums_[0]);
  std::shift_left(sums_.begin(), sums_.end(), 1);
  sums_.back() = sum;
}

V PixelPooling::is_special() {
  V sum = sums_[0];
  for (size_t i = 1; i < sums_.size(); ++i) sum = emitter_.math().add(DType::kF32, sum, sums_[i]);
  return ir_.CreateOrReduce(ir_.CreateOr(is_negative_zero_, ir_.CreateFCmpUNO(sum, sum)));
}

void PixelPooling::store(const Coord& vector, const std::function<V(const Coord&)>& value_at) {
  const int64_t lanes = emitter_.lanes();
  const Coord first = emitter_.scale(vector, lanes);
  const bool is_whole = pixels_ % lanes == 0 || (first.is_constant() && first.constant + lanes <= pixels_);
  V rest = ir_.CreateSub(kernel_.index(pixels_), emitter_.index_of(first));
  emitter_.under_mask(is_whole ? nullptr : emitter_.first_lanes(rest), [&] {
    V value = value_at(emitter_.lane(first));
    const Coord unit = emitter_.scale(emitter_.uniform(unit_), pixels_);
    emitter_.store(y_, DType::kF32, emitter_.lane(emitter_.add(unit, first)), value);
  });
}

void PixelPooling::store_again() {
  kernel_.loop(0, s_.steps.back().vectors(), [&](V vector) {
    store(emitter_.uniform(vector), [&](const Coord& pixel) { return by_itself(pixel); });
    emitter_.forget();
  });
}

// Of pixels of the unit, each of its own window.
V PixelPooling::by_itself(const Coord& pixel) {
  const Shape& shape = op_.type().shape;
  const Coord first = emitter_.scale(emitter_.uniform(unit_), s_.planes());
  const Coord plane = emitter_.add(emitter_.divide(pixel, shape[2] * shape[3]), first);
  const Coord place = emitter_.remainder(pixel, shape[2] * shape[3]);
  return emitter_.emit(op_.result(), {emitter_.divide(plane, shape[1]), emitter_.remainder(plane, shape[1]),
                                      emitter_.divide(place, shape[3]), emitter_.remainder(place, shape[3])});
}

}  // namespace

WorkUnits emit_pooling(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return PixelPooling(kernel, storage, work).emit();
}

}  // namespace minnow
