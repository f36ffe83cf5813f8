// Arithmetic on coordinates, affine in the lane number as long as that is possible.
#include <llvm/IR/Constants.h>

#include <algorithm>

#include "codegen/element/element_emitter.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// An instruction of this block that computes the same, or nullptr. Elements that lie near each other ask for the same
// sums and products.
template <typename Instruction, typename IsSame>
V find_in_block(const llvm::BasicBlock* block, V operand, IsSame is_same) {
  for (llvm::User* user : operand->users()) {
    auto* instruction = llvm::dyn_cast<Instruction>(user);
    if (instruction != nullptr && instruction->getParent() == block && is_same(*instruction)) return instruction;
  }
  return nullptr;
}

// Whether an index was known before this block, or follows from such.
bool is_from_before(const llvm::BasicBlock* block, const V index) {
  const auto* instruction = llvm::dyn_cast<llvm::Instruction>(index);
  if (instruction == nullptr || instruction->getParent() != block) return true;
  return llvm::isa<llvm::BinaryOperator>(instruction) &&
         std::ranges::all_of(instruction->operands(), [&](const V operand) { return is_from_before(block, operand); });
}

llvm::BinaryOperator* as_sum(V index) {
  auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(index);
  return operation != nullptr && operation->getOpcode() == llvm::Instruction::Add ? operation : nullptr;
}

}  // namespace

V ElementEmitter::binary(llvm::Instruction::BinaryOps op, V a, V b) {
  V found = find_in_block<llvm::BinaryOperator>(ir().GetInsertBlock(), a, [&](const llvm::BinaryOperator& other) {
    return other.getOpcode() == op && other.getOperand(0) == a && other.getOperand(1) == b;
  });
  return found != nullptr ? found : ir().CreateBinOp(op, a, b);
}

// A sum of what loops around have and of what this one has: the first part is taken out of it.
V ElementEmitter::scaled(V index, int64_t by) {
  llvm::BasicBlock* block = ir().GetInsertBlock();
  const auto* sum = as_sum(index);
  if (sum != nullptr && is_from_before(block, sum->getOperand(0)) != is_from_before(block, sum->getOperand(1)))
    return binary(llvm::Instruction::Add, scaled(sum->getOperand(0), by), scaled(sum->getOperand(1), by));
  return binary(llvm::Instruction::Mul, index,
                llvm::ConstantInt::get(index->getType(), static_cast<uint64_t>(by), true));
}

V ElementEmitter::address_behind(V base, llvm::Type* element, V index) {
  V found = find_in_block<llvm::GetElementPtrInst>(ir().GetInsertBlock(), index, [&](const auto& other) {
    return other.getPointerOperand() == base && other.getSourceElementType() == element;
  });
  return found != nullptr ? found : ir().CreateGEP(element, base, index);
}

// First what is known before this block, so that a loop finds it in a register, then what is not, then the constant.
V ElementEmitter::element_address(V base, llvm::Type* element, const Coord& at) {
  V before = nullptr, here = nullptr;
  std::vector<V> terms;
  if (at.variable != nullptr) terms.push_back(at.variable);
  while (!terms.empty()) {
    V term = terms.back();
    terms.pop_back();
    const bool is_before = is_from_before(ir().GetInsertBlock(), term);
    if (auto* sum = as_sum(term); sum != nullptr && !is_before) {
      terms.insert(terms.end(), {sum->getOperand(1), sum->getOperand(0)});
    } else {
      V& part = is_before ? before : here;
      part = part == nullptr ? term : binary(llvm::Instruction::Add, part, term);
    }
  }
  if (before != nullptr) base = address_behind(base, element, before);
  if (here != nullptr) base = address_behind(base, element, here);
  return at.constant == 0 ? base : ir().CreateGEP(element, base, kernel_.index(at.constant));
}

Coord ElementEmitter::uniform(V index) {
  if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(index)) return constant(known->getSExtValue());
  const auto* sum = as_sum(index);
  if (sum == nullptr) return {index};
  const auto* known = llvm::dyn_cast<llvm::ConstantInt>(sum->getOperand(1));
  return known == nullptr ? Coord{index} : Coord{sum->getOperand(0), known->getSExtValue()};
}

V ElementEmitter::index_of(const Coord& a) {
  if (a.variable == nullptr) return kernel_.index(a.constant);
  return a.constant == 0 ? a.variable : ir().CreateAdd(a.variable, kernel_.index(a.constant));
}

V ElementEmitter::per_lane(const Coord& a) {
  if (a.per_lane) return a.variable;
  if (lanes_ == 1) return index_of(a);
  V base = splat(ir().CreateTrunc(index_of(a), ir().getInt32Ty()));
  if (a.step == 0) return base;
  std::vector<llvm::Constant*> steps;
  for (int i = 0; i < lanes_; ++i) steps.push_back(ir().getInt32(static_cast<uint32_t>(i * a.step)));
  return ir().CreateAdd(base, llvm::ConstantVector::get(steps));
}

Coord ElementEmitter::add(const Coord& a, const Coord& b) {
  if (a.per_lane || b.per_lane) return {ir().CreateAdd(per_lane(a), per_lane(b)), 0, 0, true};
  const Coord sum{nullptr, a.constant + b.constant, a.step + b.step};
  if (a.variable == nullptr) return {b.variable, sum.constant, sum.step};
  if (b.variable == nullptr) return {a.variable, sum.constant, sum.step};
  return {binary(llvm::Instruction::Add, a.variable, b.variable), sum.constant, sum.step};
}

Coord ElementEmitter::scale(const Coord& a, int64_t by) {
  if (by == 0) return constant(0);
  if (by == 1) return a;
  V variable = a.variable == nullptr ? nullptr : scaled(a.variable, by);
  return {variable, a.constant * by, a.step * by, a.per_lane};
}

Coord ElementEmitter::divide(const Coord& a, int64_t by) {
  if (by == 1) return a;
  V value = a.uniform() ? index_of(a) : per_lane(a);
  V quotient = ir().CreateSDiv(value, llvm::ConstantInt::get(value->getType(), static_cast<uint64_t>(by), true));
  return a.uniform() ? uniform(quotient) : Coord{quotient, 0, 0, true};
}

Coord ElementEmitter::remainder(const Coord& a, int64_t by) {
  if (by == 1) return constant(0);
  V value = a.uniform() ? index_of(a) : per_lane(a);
  V rest = ir().CreateSRem(value, llvm::ConstantInt::get(value->getType(), static_cast<uint64_t>(by), true));
  return a.uniform() ? uniform(rest) : Coord{rest, 0, 0, true};
}

// What follows of an index from the bounds of the loops that count its parts.
llvm::ConstantRange ElementEmitter::range_of(V index) const {
  const unsigned bits = index->getType()->getIntegerBitWidth();
  if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(index)) return known->getValue();
  if (const auto loop = loops_.find(index); loop != loops_.end()) return loop->second;
  const auto* operation = llvm::dyn_cast<llvm::BinaryOperator>(index);
  if (operation == nullptr) return llvm::ConstantRange::getFull(bits);
  return range_of(operation->getOperand(0)).binaryOp(operation->getOpcode(), range_of(operation->getOperand(1)));
}

llvm::ConstantRange ElementEmitter::range_of(const Coord& a) const {
  const unsigned bits = kernel_.index_type()->getIntegerBitWidth();
  const auto number = [&](int64_t value) { return llvm::APInt(bits, static_cast<uint64_t>(value), true); };
  if (a.per_lane) return llvm::ConstantRange::getFull(bits);
  const int64_t last = a.step * (lanes_ - 1);
  const llvm::ConstantRange lanes(number(std::min<int64_t>(0, last)), number(std::max<int64_t>(0, last) + 1));
  const llvm::ConstantRange behind = lanes.add(number(a.constant));
  return a.variable == nullptr ? behind : range_of(a.variable).add(behind);
}

V ElementEmitter::compare(llvm::CmpInst::Predicate predicate, const Coord& a, int64_t b) {
  const llvm::ConstantRange range = range_of(a),
                            other(llvm::APInt(range.getBitWidth(), static_cast<uint64_t>(b), true));
  const bool holds = range.icmp(predicate, other);
  if (holds || range.icmp(llvm::CmpInst::getInversePredicate(predicate), other))
    return a.uniform() ? ir().getInt1(holds) : constant_of(DType::kPred, holds ? 1 : 0);
  V value = a.uniform() ? index_of(a) : per_lane(a);
  return ir().CreateICmp(predicate, value, llvm::ConstantInt::get(value->getType(), static_cast<uint64_t>(b), true));
}

V ElementEmitter::inside(const Coord& a, int64_t size) {
  V is_inside = compare(llvm::CmpInst::ICMP_ULT, a, size);
  const auto* known = llvm::dyn_cast<llvm::Constant>(is_inside);
  return known != nullptr && known->isOneValue() ? nullptr : is_inside;
}

bool ElementEmitter::is_never(V condition) {
  const auto* known = llvm::dyn_cast_or_null<llvm::Constant>(condition);
  return known != nullptr && known->isNullValue();
}

Coord ElementEmitter::from_value(V value, bool is_uniform) {
  if (lanes_ > 1 && !is_uniform) return {value, 0, 0, true};
  if (lanes_ > 1) value = ir().CreateExtractElement(value, uint64_t{0});
  return uniform(ir().CreateSExtOrTrunc(value, kernel_.index_type()));
}

V ElementEmitter::widen(V condition) {
  return lanes_ > 1 && !condition->getType()->isVectorTy() ? splat(condition) : condition;
}

V ElementEmitter::both(V a, V b) {
  if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
  if (a->getType() != b->getType()) return ir().CreateAnd(widen(a), widen(b));
  return ir().CreateAnd(a, b);
}

}  // namespace minnow
