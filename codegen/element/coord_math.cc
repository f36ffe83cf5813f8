// Arithmetic on coordinates, affine in the lane number as long as that is possible.
#include <llvm/IR/Constants.h>

#include "codegen/element/element_emitter.h"

namespace minnow {

llvm::Value* ElementEmitter::per_lane(const Coord& a) {
  if (a.per_lane || lanes_ == 1) return a.base;
  llvm::Value* base = splat(ir().CreateTrunc(a.base, ir().getInt32Ty()));
  if (a.step == 0) return base;
  std::vector<llvm::Constant*> steps;
  for (int i = 0; i < lanes_; ++i) steps.push_back(ir().getInt32(static_cast<uint32_t>(i * a.step)));
  return ir().CreateAdd(base, llvm::ConstantVector::get(steps));
}

Coord ElementEmitter::add(const Coord& a, const Coord& b) {
  if (!a.per_lane && !b.per_lane) return {ir().CreateAdd(a.base, b.base), a.step + b.step, false};
  return {ir().CreateAdd(per_lane(a), per_lane(b)), 0, true};
}

Coord ElementEmitter::scale(const Coord& a, int64_t by) {
  if (by == 0) return constant(0);
  if (by == 1) return a;
  return {ir().CreateMul(a.base, llvm::ConstantInt::get(a.base->getType(), static_cast<uint64_t>(by), true)),
          a.step * by, a.per_lane};
}

Coord ElementEmitter::divide(const Coord& a, int64_t by) {
  if (by == 1) return a;
  llvm::Value* value = a.uniform() ? a.base : per_lane(a);
  return {ir().CreateSDiv(value, llvm::ConstantInt::get(value->getType(), static_cast<uint64_t>(by), true)), 0,
          !a.uniform()};
}

Coord ElementEmitter::remainder(const Coord& a, int64_t by) {
  if (by == 1) return constant(0);
  llvm::Value* value = a.uniform() ? a.base : per_lane(a);
  return {ir().CreateSRem(value, llvm::ConstantInt::get(value->getType(), static_cast<uint64_t>(by), true)), 0,
          !a.uniform()};
}

llvm::Value* ElementEmitter::compare(llvm::CmpInst::Predicate predicate, const Coord& a, int64_t b) {
  llvm::Value* value = a.uniform() ? a.base : per_lane(a);
  return ir().CreateICmp(predicate, value, llvm::ConstantInt::get(value->getType(), static_cast<uint64_t>(b), true));
}

Coord ElementEmitter::from_value(llvm::Value* value, bool is_uniform) {
  if (lanes_ > 1 && !is_uniform) return {value, 0, true};
  if (lanes_ > 1) value = ir().CreateExtractElement(value, uint64_t{0});
  return uniform(ir().CreateSExtOrTrunc(value, kernel_.index_type()));
}

llvm::Value* ElementEmitter::widen(llvm::Value* condition) {
  return lanes_ > 1 && !condition->getType()->isVectorTy() ? splat(condition) : condition;
}

llvm::Value* ElementEmitter::both(llvm::Value* a, llvm::Value* b) {
  if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
  if (a->getType() != b->getType()) return ir().CreateAnd(widen(a), widen(b));
  return ir().CreateAnd(a, b);
}

}  // namespace minnow
