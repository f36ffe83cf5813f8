#include "docs/generate/op_descriptions.h"

namespace minnow {

#define MINNOW_DESCRIBE(kind, operands, result, type, gradient)                           \
  template <>                                                                             \
  struct Describe<OpKind::k##kind> {                                                      \
    static constexpr OpDescription apply() { return {operands, result, type, gradient}; } \
  };

// Leaves.
MINNOW_DESCRIBE(Constant, "()", "`value`: one number for every element, or one per element in row-major order", "any",
                "none")
MINNOW_DESCRIBE(Iota, "()", "the element's index along `dim`", "f32, f64 or i32, any shape", "none")
MINNOW_DESCRIBE(Random, "(seed, step)",
                "uniform in [0, 1): element i of the sequence that seed, step and `stream` choose", "f32, any shape",
                "none")

// Elementwise, one operand.
MINNOW_DESCRIBE(Negate, "", "-x", "", "-dy")
MINNOW_DESCRIBE(Abs, "", "\\|x\\|", "", "dy sign(x)")
MINNOW_DESCRIBE(Sign, "", "-1, 0 or 1; of a zero, that zero", "", "none")
MINNOW_DESCRIBE(Exp, "", "e^x", "", "dy y")
MINNOW_DESCRIBE(Log, "", "ln x", "", "dy / x")
MINNOW_DESCRIBE(Log1p, "", "ln(1 + x), exact near 0", "", "dy / (x + 1)")
MINNOW_DESCRIBE(Expm1, "", "e^x - 1, exact near 0", "", "dy e^x")
MINNOW_DESCRIBE(Sqrt, "", "√x", "", "dy / (2 y)")
MINNOW_DESCRIBE(Tanh, "", "tanh x", "", "dy (1 - y²)")
MINNOW_DESCRIBE(Sigmoid, "", "1 / (1 + e^-x), without overflow", "", "dy y (1 - y)")
MINNOW_DESCRIBE(Erf, "", "2/√π ∫₀ˣ e^(-t²) dt", "", "dy 2/√π e^(-x²)")
MINNOW_DESCRIBE(Erfc, "", "1 - erf x, exact where that is small", "", "-dy 2/√π e^(-x²)")
MINNOW_DESCRIBE(Cos, "", "cos x", "", "-dy sin x")
MINNOW_DESCRIBE(Sin, "", "sin x", "", "dy cos x")
MINNOW_DESCRIBE(Atan, "", "arctan x", "", "dy / (1 + x²)")
MINNOW_DESCRIBE(Floor, "", "the largest whole number ≤ x", "", "none")
MINNOW_DESCRIBE(Round, "", "the nearest whole number, of two the even one", "", "none")
MINNOW_DESCRIBE(Not, "", "1 - x", "", "none")
MINNOW_DESCRIBE(Convert, "",
                "x in the element type of the result; to integers truncated and held to the range, NaN becomes 0; to "
                "pred, x ≠ 0",
                "any, shape of x", "`convert(dy)` between floats, else none")

// Elementwise, two and three operands.
MINNOW_DESCRIBE(Add, "(a, b)", "a + b", "", "dy, dy")
MINNOW_DESCRIBE(Subtract, "(a, b)", "a - b", "", "dy, -dy")
MINNOW_DESCRIBE(Multiply, "(a, b)", "a b", "", "dy b, dy a")
MINNOW_DESCRIBE(Divide, "(a, b)", "a / b, floats", "", "dy / b, -dy y / b")
MINNOW_DESCRIBE(Maximum, "(a, b)", "the larger, +0 of two zeros; NaN if one is", "",
                "dy where a > b, dy elsewhere: a tie goes to b")
MINNOW_DESCRIBE(Minimum, "(a, b)", "the smaller, -0 of two zeros; NaN if one is", "", "dy where a < b, dy elsewhere")
MINNOW_DESCRIBE(Power, "(a, b)", "a^b, floats", "", "dy b a^(b-1), dy y ln a, with 0 for 0 · ∞")
MINNOW_DESCRIBE(Equal, "(a, b)", "a = b; false with a NaN", "", "none")
MINNOW_DESCRIBE(NotEqual, "(a, b)", "a ≠ b; true with a NaN", "", "none")
MINNOW_DESCRIBE(Less, "(a, b)", "a < b; false with a NaN", "", "none")
MINNOW_DESCRIBE(LessEqual, "(a, b)", "a ≤ b; false with a NaN", "", "none")
MINNOW_DESCRIBE(Greater, "(a, b)", "a > b; false with a NaN", "", "none")
MINNOW_DESCRIBE(GreaterEqual, "(a, b)", "a ≥ b; false with a NaN", "", "none")
MINNOW_DESCRIBE(And, "(a, b)", "both, of pred", "", "none")
MINNOW_DESCRIBE(Or, "(a, b)", "one or both, of pred", "", "none")
MINNOW_DESCRIBE(Select, "(p, a, b)", "a where p holds, else b; p is pred of their shape", "that of a and b",
                "dy where p, dy where not p")
MINNOW_DESCRIBE(MultiplyAdd, "(a, b, c)", "a b + c, rounded once; floats", "", "dy b, dy a, dy")

// Moving elements.
MINNOW_DESCRIBE(Broadcast, "",
                "dimension i of x becomes dimension `dims[i]` of y, increasing; x is repeated along the others",
                "any shape that has x's dimensions there", "`reduce_sum` over the others")
MINNOW_DESCRIBE(Reshape, "", "the same elements, row-major, in the shape of y", "any shape with as many elements",
                "`reshape` back")
MINNOW_DESCRIBE(Transpose, "", "dimension i of y is dimension `dims[i]` of x: a permutation",
                "y.shape[i] = x.shape[dims[i]]", "`transpose` by the inverse")
MINNOW_DESCRIBE(Reverse, "", "the elements in the opposite order along each of `dims`", "that of x", "`reverse`")
MINNOW_DESCRIBE(Slice, "", "elements `start`, `start + stride`, ... below `limit`, per dimension",
                "⌈(limit - start) / stride⌉ per dimension", "`pad` with zeros")
MINNOW_DESCRIBE(Pad, "", "`low` elements before, `high` behind, `interior` between neighbours, all `value`",
                "low + n + max(n - 1, 0) interior + high per dimension of n", "`slice`")
MINNOW_DESCRIBE(Concat, "(x, ...)", "the operands end to end along `dim`", "their sizes added up along `dim`",
                "a `slice` for each")
MINNOW_DESCRIBE(
    Gather, "(table, i)",
    "the parts of the table along `dim` that i says, of any rank: rows where that is 0; an index outside is "
    "moved to the nearest part, so that there must be one",
    "[A,V,B], i32[N,M] → [A,N,M,B], any number of each", "`scatter_add`; none for i")
MINNOW_DESCRIBE(ScatterAdd, "(u, i)", "the transpose of gather: the parts of u added up, in order, where i says",
                "[A,N,M,B], i32[N,M] → [A,V,B] with V = `size`", "`gather`; none for i")

// Reductions.
MINNOW_DESCRIBE(ReduceSum, "", "the sum over `dims`", "x without `dims`", "`broadcast(dy)`")
MINNOW_DESCRIBE(ReduceMax, "", "the maximum over `dims`; NaN if one is", "x without `dims`",
                "shared equally among the largest")
MINNOW_DESCRIBE(ArgMax, "", "the first index of the largest along `dim`; that of the first NaN if there is one",
                "i32, x without `dim`", "none")

MINNOW_DESCRIBE(CumSum, "", "the sum of all elements so far along `dim`, added in order", "that of x: a float or i32",
                "`cumsum` of dy from behind")

MINNOW_DESCRIBE(ArgSort, "",
                "the indices along `dim` of the elements in order, from the largest on if `descending`; equal elements "
                "stay as they are, NaNs come last",
                "i32, shape of x", "none; `gather` of what is sorted has one")

// Contractions.
MINNOW_DESCRIBE(Dot, "(a, b)", "Σ a b over dimension `contract[0]` of a and `contract[1]` of b",
                "[B,M,K], [B,K,N] → [B,M,N]: the batch, then what remains of a, then of b", "two `dot`")
MINNOW_DESCRIBE(
    Conv, "(x, w)", "y[n,o,h,v] = Σ x[n, c, h·stride + i·dilation - pad, ...] w[o,c,i,j], zero outside of x",
    "x, w → y as above; for each dimension of space OH = ⌊(H + top + bottom - dilation (KH - 1) - 1) / stride⌋ + 1",
    "`conv_input`, `conv_filter`")
MINNOW_DESCRIBE(ConvInput, "(y, w)", "the gradient of `conv` by its input", "`shape`, that of x",
                "`conv`, `conv_filter`")
MINNOW_DESCRIBE(ConvFilter, "(x, y)", "the gradient of `conv` by its filter", "`shape`, that of w",
                "`conv_input`, `conv`")

// Windows.
MINNOW_DESCRIBE(WindowMax, "", "the maximum of each window, which does not see the padding",
                "for each dimension of space OH = ⌊(H + top + bottom - window) / stride⌋ + 1", "`window_pick`")
MINNOW_DESCRIBE(WindowSum, "", "the sum of each window", "as `window_max`", "`window_spread`")
MINNOW_DESCRIBE(WindowSpread, "", "each element added to its whole window: the transpose of `window_sum`", "`shape`",
                "`window_sum`")
MINNOW_DESCRIBE(WindowPick, "(x, y)",
                "each element of y added to where x is first largest in its window: the transpose of `window_max`",
                "that of x", "error")

// Kernels.
MINNOW_DESCRIBE(Fused, "(...)", "its body's results, one or several", "its body's",
                "error: autodiff comes before fusion")
MINNOW_DESCRIBE(
    Loop, "(...)",
    "its body's results over `count` iterations: first the last values of operands in `carry`, then those in "
    "`sum` added up and the others put together along dimension 0; operands in `split` are cut along it",
    "its body's, `count` parts in dimension 0 where put together", "a loop in reverse")

namespace {

template <size_t... I>
constexpr std::array<OpDescription, kOpCount> all(std::index_sequence<I...>) {
  return {Describe<static_cast<OpKind>(I)>::apply()...};
}
constexpr auto kDescriptions = all(std::make_index_sequence<kOpCount>{});

}  // namespace

const OpDescription& describe(OpKind kind) { return kDescriptions[static_cast<size_t>(kind)]; }

}  // namespace minnow
