// One rule per op: how one element of the op's result is emitted, at a position, from its operands' elements.
//
// An elementwise op is one line in emit_elementwise.cc. Rules of reductions, contractions and windows are loops and
// right in every context; kernels of those ops are only faster.
#pragma once

#include "codegen/element/element_emitter.h"
#include "ir/op_kind.h"

namespace minnow {

using EmitFn = llvm::Value*(ElementEmitter& emitter, const Op& op, const Position& at);

// static llvm::Value* apply(ElementEmitter&, const Op&, const Position&)
template <OpKind kind>
struct EmitRule;

EmitFn* emit_rule(OpKind kind);

#define MINNOW_EMIT_RULE(kind)                                                            \
  template <>                                                                             \
  struct EmitRule<OpKind::k##kind> {                                                      \
    static llvm::Value* apply(ElementEmitter& emitter, const Op& op, const Position& at); \
  }

MINNOW_EMIT_RULE(Constant);
MINNOW_EMIT_RULE(Iota);
MINNOW_EMIT_RULE(Random);
MINNOW_EMIT_RULE(Broadcast);
MINNOW_EMIT_RULE(Reshape);
MINNOW_EMIT_RULE(Transpose);
MINNOW_EMIT_RULE(Reverse);
MINNOW_EMIT_RULE(Slice);
MINNOW_EMIT_RULE(Pad);
MINNOW_EMIT_RULE(Concat);
MINNOW_EMIT_RULE(Gather);
MINNOW_EMIT_RULE(ScatterAdd);
MINNOW_EMIT_RULE(ReduceSum);
MINNOW_EMIT_RULE(ReduceMax);
MINNOW_EMIT_RULE(ArgMax);
MINNOW_EMIT_RULE(CumSum);
MINNOW_EMIT_RULE(ArgSort);
MINNOW_EMIT_RULE(Dot);
MINNOW_EMIT_RULE(Conv);
MINNOW_EMIT_RULE(ConvInput);
MINNOW_EMIT_RULE(ConvFilter);
MINNOW_EMIT_RULE(WindowMax);
MINNOW_EMIT_RULE(WindowSum);
MINNOW_EMIT_RULE(WindowSpread);
MINNOW_EMIT_RULE(WindowPick);
MINNOW_EMIT_RULE(Fused);
MINNOW_EMIT_RULE(Loop);

#undef MINNOW_EMIT_RULE

}  // namespace minnow
