// Elementwise ops: a line each, naming the ScalarMath function or LLVM's; and the table of all rules.
#include <algorithm>
#include <array>

#include "codegen/element/emit_rules.h"

namespace minnow {
namespace {

using V = llvm::Value*;

template <V (ScalarMath::*function)(DType, V)>
struct Unary {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    V x = emitter.emit(op.operands[0], at);
    return (emitter.math().*function)(op.operands[0]->type.dtype, x);
  }
};

template <llvm::Intrinsic::ID id>
struct Intrinsic {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    return emitter.ir().CreateUnaryIntrinsic(id, emitter.emit(op.operands[0], at));
  }
};

template <V (ScalarMath::*function)(DType, V, V)>
struct Binary {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    V a = emitter.emit(op.operands[0], at);
    V b = emitter.emit(op.operands[1], at);
    return (emitter.math().*function)(op.operands[0]->type.dtype, a, b);
  }
};

// a > b is b < a.
template <V (ScalarMath::*function)(DType, V, V)>
struct Swapped {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    V a = emitter.emit(op.operands[0], at);
    V b = emitter.emit(op.operands[1], at);
    return (emitter.math().*function)(op.operands[0]->type.dtype, b, a);
  }
};

}  // namespace

// clang-format off
template <> struct EmitRule<OpKind::kNegate> : Unary<&ScalarMath::neg> {};
template <> struct EmitRule<OpKind::kAbs> : Unary<&ScalarMath::abs> {};
template <> struct EmitRule<OpKind::kSign> : Unary<&ScalarMath::sign> {};
template <> struct EmitRule<OpKind::kExp> : Unary<&ScalarMath::exp> {};
template <> struct EmitRule<OpKind::kLog> : Unary<&ScalarMath::log> {};
template <> struct EmitRule<OpKind::kLog1p> : Unary<&ScalarMath::log1p> {};
template <> struct EmitRule<OpKind::kExpm1> : Unary<&ScalarMath::expm1> {};
template <> struct EmitRule<OpKind::kSqrt> : Intrinsic<llvm::Intrinsic::sqrt> {};
template <> struct EmitRule<OpKind::kTanh> : Unary<&ScalarMath::tanh> {};
template <> struct EmitRule<OpKind::kSigmoid> : Unary<&ScalarMath::sigmoid> {};
template <> struct EmitRule<OpKind::kErf> : Unary<&ScalarMath::erf> {};
template <> struct EmitRule<OpKind::kErfc> : Unary<&ScalarMath::erfc> {};
template <> struct EmitRule<OpKind::kCos> : Unary<&ScalarMath::cos> {};
template <> struct EmitRule<OpKind::kSin> : Unary<&ScalarMath::sin> {};
template <> struct EmitRule<OpKind::kAtan> : Unary<&ScalarMath::atan> {};
template <> struct EmitRule<OpKind::kFloor> : Intrinsic<llvm::Intrinsic::floor> {};
template <> struct EmitRule<OpKind::kRound> : Intrinsic<llvm::Intrinsic::roundeven> {};
template <> struct EmitRule<OpKind::kNot> : Unary<&ScalarMath::logical_not> {};
template <> struct EmitRule<OpKind::kAdd> : Binary<&ScalarMath::add> {};
template <> struct EmitRule<OpKind::kSubtract> : Binary<&ScalarMath::sub> {};
template <> struct EmitRule<OpKind::kMultiply> : Binary<&ScalarMath::mul> {};
template <> struct EmitRule<OpKind::kDivide> : Binary<&ScalarMath::div> {};
template <> struct EmitRule<OpKind::kMaximum> : Binary<&ScalarMath::max> {};
template <> struct EmitRule<OpKind::kMinimum> : Binary<&ScalarMath::min> {};
template <> struct EmitRule<OpKind::kPower> : Binary<&ScalarMath::pow> {};
template <> struct EmitRule<OpKind::kEqual> : Binary<&ScalarMath::eq> {};
template <> struct EmitRule<OpKind::kNotEqual> : Binary<&ScalarMath::ne> {};
template <> struct EmitRule<OpKind::kLess> : Binary<&ScalarMath::lt> {};
template <> struct EmitRule<OpKind::kLessEqual> : Binary<&ScalarMath::le> {};
template <> struct EmitRule<OpKind::kGreater> : Swapped<&ScalarMath::lt> {};
template <> struct EmitRule<OpKind::kGreaterEqual> : Swapped<&ScalarMath::le> {};
template <> struct EmitRule<OpKind::kAnd> : Binary<&ScalarMath::logical_and> {};
template <> struct EmitRule<OpKind::kOr> : Binary<&ScalarMath::logical_or> {};
// clang-format on

template <>
struct EmitRule<OpKind::kConvert> {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    V x = emitter.emit(op.operands[0], at);
    return emitter.math().convert(op.operands[0]->type.dtype, op.type().dtype, x);
  }
};

template <>
struct EmitRule<OpKind::kSelect> {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    V pred = emitter.emit(op.operands[0], at);
    V on_true = emitter.emit(op.operands[1], at);
    V on_false = emitter.emit(op.operands[2], at);
    return emitter.math().select(pred, on_true, on_false);
  }
};

template <>
struct EmitRule<OpKind::kMultiplyAdd> {
  static V apply(ElementEmitter& emitter, const Op& op, const Position& at) {
    V a = emitter.emit(op.operands[0], at);
    V b = emitter.emit(op.operands[1], at);
    V c = emitter.emit(op.operands[2], at);
    return emitter.math().fma(a, b, c);
  }
};

EmitFn* emit_rule(OpKind kind) {
  static constexpr auto kRules = rule_table<EmitRule, EmitFn*>();
  return kRules[static_cast<size_t>(kind)];
}

}  // namespace minnow
