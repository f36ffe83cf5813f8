#include "codegen/element/accumulate.h"

#include <limits>
#include <numeric>

namespace minnow {

Accumulator::Accumulator(ElementEmitter& emitter, DType dtype, double start)
    : emitter_(emitter), type_(emitter.type_of(dtype)), slot_(emitter.kernel().stack(type_)) {
  set(emitter.constant_of(dtype, start));
}

double lowest(DType dtype) {
  if (is_float(dtype)) return -std::numeric_limits<double>::infinity();
  return dtype == DType::kI32 ? std::numeric_limits<int32_t>::min() : 0;
}

llvm::Value* exceeds(ElementEmitter& emitter, DType dtype, llvm::Value* a, llvm::Value* b) {
  if (!is_float(dtype)) return emitter.math().lt(dtype, b, a);
  llvm::IRBuilder<>& ir = emitter.ir();
  return ir.CreateAnd(ir.CreateFCmpUGT(a, b), ir.CreateFCmpORD(b, b));
}

llvm::Value* emit_row_index(ElementEmitter& emitter, const Value* indices, const Position& at, int64_t size) {
  llvm::Value* index = emitter.emit(indices, at);
  index = emitter.math().max(DType::kI32, index, emitter.constant_of(DType::kI32, 0));
  return emitter.math().min(DType::kI32, index, emitter.constant_of(DType::kI32, static_cast<double>(size - 1)));
}

void window_loops(ElementEmitter& emitter, const Shape& window, const std::function<void(const Position&)>& body) {
  std::vector<int64_t> dims(window.size());
  std::iota(dims.begin(), dims.end(), 0);
  Position place(window.size());
  emitter.loops(window, dims, place, [&] { body(place); });
}

Coord unstride(ElementEmitter& emitter, const Coord& at, int64_t stride, llvm::Value*& condition) {
  if (stride == 1) return at;
  const Coord rest = emitter.remainder(at, stride);
  condition = emitter.both(condition, emitter.compare(llvm::CmpInst::ICMP_EQ, rest, 0));
  return emitter.divide(at, stride);
}

}  // namespace minnow
