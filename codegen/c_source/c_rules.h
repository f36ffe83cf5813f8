// One rule per op: how C computes its result. A rule finds the result at `y`, the operands at `a`, `b`, `c`, or, where
// there may be any number, at `x0`, `x1` and so on: pointers to their elements, row-major.
#pragma once

#include "codegen/c_source/c_writer.h"
#include "ir/function.h"
#include "ir/op_kind.h"

namespace minnow {

using CRuleFn = void(CWriter& c, const Op& op);

// static void apply(CWriter&, const Op&)
template <OpKind kind>
struct CRule;

// nullptr for an elementwise op, of which c_expression() says all, for one with a body, and for a constant.
CRuleFn* c_rule(OpKind kind);

#define MINNOW_C_RULE(kind)                      \
  template <>                                    \
  struct CRule<OpKind::k##kind> {                \
    static void apply(CWriter& c, const Op& op); \
  }

MINNOW_C_RULE(Iota);
MINNOW_C_RULE(Random);
MINNOW_C_RULE(Broadcast);
MINNOW_C_RULE(Reshape);
MINNOW_C_RULE(Transpose);
MINNOW_C_RULE(Reverse);
MINNOW_C_RULE(Slice);
MINNOW_C_RULE(Pad);
MINNOW_C_RULE(Concat);
MINNOW_C_RULE(Gather);
MINNOW_C_RULE(ScatterAdd);
MINNOW_C_RULE(ReduceSum);
MINNOW_C_RULE(ReduceMax);
MINNOW_C_RULE(ArgMax);
MINNOW_C_RULE(CumSum);
MINNOW_C_RULE(ArgSort);
MINNOW_C_RULE(Dot);
MINNOW_C_RULE(Conv);
MINNOW_C_RULE(ConvInput);
MINNOW_C_RULE(ConvFilter);
MINNOW_C_RULE(WindowMax);
MINNOW_C_RULE(WindowSum);
MINNOW_C_RULE(WindowSpread);
MINNOW_C_RULE(WindowPick);

#undef MINNOW_C_RULE

// What an elementwise op computes of a[i], b[i] and c[i]; "" of a type that the language gives it no meaning for.
std::string c_expression(const Op& op);

}  // namespace minnow
