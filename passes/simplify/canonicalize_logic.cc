// Comparisons, conditions, select and convert.
#include "passes/simplify/canonicalize_rules.h"

namespace minnow {
namespace {

// a OP b = b mirror(OP) a
OpKind mirror(OpKind compare) {
  switch (compare) {
    case OpKind::kLess: return OpKind::kGreater;
    case OpKind::kLessEqual: return OpKind::kGreaterEqual;
    case OpKind::kGreater: return OpKind::kLess;
    case OpKind::kGreaterEqual: return OpKind::kLessEqual;
    default: return compare;
  }
}

// Every value of `from` is a value of `to`.
bool holds_exactly(DType from, DType to) {
  switch (from) {
    case DType::kPred: return true;
    case DType::kU8: return to != DType::kPred;
    case DType::kI32: return to == DType::kI32 || to == DType::kF64;
    case DType::kF32: return is_float(to);
    case DType::kF64: return to == DType::kF64;
  }
  return false;
}

}  // namespace

Value* canonicalize_compare(const Op& op, Builder& b) { return constant_to_right(op, mirror(op.kind), b); }

Value* canonicalize_and(const Op& op, Builder& b) {
  Value *p = op.operands[0], *q = op.operands[1];
  if (Value* swapped = constant_to_right(op, op.kind, b)) return swapped;
  if (p == q || is_splat(q, 1)) return p;  // p and p = p, p and true = p
  return is_splat(q, 0) ? q : nullptr;     // p and false = false
}

Value* canonicalize_or(const Op& op, Builder& b) {
  Value *p = op.operands[0], *q = op.operands[1];
  if (Value* swapped = constant_to_right(op, op.kind, b)) return swapped;
  if (p == q || is_splat(q, 0)) return p;  // p or p = p, p or false = p
  return is_splat(q, 1) ? q : nullptr;     // p or true = true
}

// The opposite of < is not >= where there are NaNs; that of = is.
Value* canonicalize_not(const Op& op, Builder& b) {
  Value* p = op.operands[0];
  if (Value* q = match_unary(p, OpKind::kNot)) return q;
  if (const Op* eq = match(p, OpKind::kEqual)) return b.compare(OpKind::kNotEqual, eq->operands[0], eq->operands[1]);
  if (const Op* ne = match(p, OpKind::kNotEqual)) return b.compare(OpKind::kEqual, ne->operands[0], ne->operands[1]);
  return nullptr;
}

Value* canonicalize_select(const Op& op, Builder& b) {
  Value *p = op.operands[0], *x = op.operands[1], *y = op.operands[2];
  if (x == y || is_splat(p, 1)) return x;
  if (is_splat(p, 0)) return y;
  if (Value* q = match_unary(p, OpKind::kNot)) return b.select(q, y, x);  // not q ? x : y = q ? y : x
  return nullptr;
}

Value* canonicalize_convert(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  DType to = op.type().dtype;
  if (x->type.dtype == to) return x;
  Value* origin = match_unary(x, OpKind::kConvert);
  if (origin && holds_exactly(origin->type.dtype, x->type.dtype)) return b.convert(origin, to);
  return nullptr;
}

}  // namespace minnow
