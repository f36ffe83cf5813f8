#include "ir/infer.h"

#include "ir/infer_rules.h"

namespace minnow {
namespace {

template <OpKind>
struct InferRule;

#define MINNOW_INFER(kind, rule)                                                  \
  template <>                                                                     \
  struct InferRule<OpKind::k##kind> {                                             \
    static Result<TensorType> apply(const InferArgs& args) { return rule(args); } \
  }

Result<TensorType> infer_from_body(const InferArgs& args) {
  return type_error("the types of {} come from its body", mnemonic(args.kind));
}

MINNOW_INFER(Constant, infer_constant);
MINNOW_INFER(Iota, infer_iota);
MINNOW_INFER(Random, infer_random);
MINNOW_INFER(Negate, infer_numeric_unary);
MINNOW_INFER(Abs, infer_numeric_unary);
MINNOW_INFER(Sign, infer_numeric_unary);
MINNOW_INFER(Exp, infer_float_unary);
MINNOW_INFER(Log, infer_float_unary);
MINNOW_INFER(Log1p, infer_float_unary);
MINNOW_INFER(Expm1, infer_float_unary);
MINNOW_INFER(Sqrt, infer_float_unary);
MINNOW_INFER(Tanh, infer_float_unary);
MINNOW_INFER(Sigmoid, infer_float_unary);
MINNOW_INFER(Erf, infer_float_unary);
MINNOW_INFER(Erfc, infer_float_unary);
MINNOW_INFER(Cos, infer_float_unary);
MINNOW_INFER(Sin, infer_float_unary);
MINNOW_INFER(Atan, infer_float_unary);
MINNOW_INFER(Floor, infer_float_unary);
MINNOW_INFER(Not, infer_not);
MINNOW_INFER(Convert, infer_convert);
MINNOW_INFER(Add, infer_numeric_binary);
MINNOW_INFER(Subtract, infer_numeric_binary);
MINNOW_INFER(Multiply, infer_numeric_binary);
MINNOW_INFER(Divide, infer_float_binary);
MINNOW_INFER(Maximum, infer_numeric_binary);
MINNOW_INFER(Minimum, infer_numeric_binary);
MINNOW_INFER(Power, infer_float_binary);
MINNOW_INFER(Equal, infer_compare);
MINNOW_INFER(NotEqual, infer_compare);
MINNOW_INFER(Less, infer_compare);
MINNOW_INFER(LessEqual, infer_compare);
MINNOW_INFER(Greater, infer_compare);
MINNOW_INFER(GreaterEqual, infer_compare);
MINNOW_INFER(And, infer_logical);
MINNOW_INFER(Or, infer_logical);
MINNOW_INFER(Select, infer_select);
MINNOW_INFER(MultiplyAdd, infer_float_ternary);
MINNOW_INFER(Broadcast, infer_broadcast);
MINNOW_INFER(Reshape, infer_reshape);
MINNOW_INFER(Transpose, infer_transpose);
MINNOW_INFER(Reverse, infer_reverse);
MINNOW_INFER(Slice, infer_slice);
MINNOW_INFER(Pad, infer_pad);
MINNOW_INFER(Concat, infer_concat);
MINNOW_INFER(Gather, infer_gather);
MINNOW_INFER(ScatterAdd, infer_scatter_add);
MINNOW_INFER(ReduceSum, infer_reduce);
MINNOW_INFER(ReduceMax, infer_reduce);
MINNOW_INFER(ArgMax, infer_argmax);
MINNOW_INFER(CumSum, infer_cumsum);
MINNOW_INFER(ArgSort, infer_argsort);
MINNOW_INFER(Dot, infer_dot);
MINNOW_INFER(Conv, infer_conv);
MINNOW_INFER(ConvInput, infer_conv_input);
MINNOW_INFER(ConvFilter, infer_conv_filter);
MINNOW_INFER(WindowMax, infer_window);
MINNOW_INFER(WindowSum, infer_window);
MINNOW_INFER(WindowSpread, infer_window_spread);
MINNOW_INFER(WindowPick, infer_window_pick);
MINNOW_INFER(Fused, infer_from_body);
MINNOW_INFER(Loop, infer_from_body);

constexpr auto kRules = rule_table<InferRule, InferFn*>();

}  // namespace

Result<TensorType> infer_type(OpKind kind, std::span<const TensorType> operands, const Attributes& attributes,
                              const TensorType& declared) {
  const OpInfo& info = op_info(kind);
  if (info.operands != kVariadic && static_cast<size_t>(info.operands) != operands.size())
    return type_error("{} takes {} operands, not {}", info.mnemonic, info.operands, operands.size());
  if (info.attributes != attributes.index()) return type_error("{} has attributes of another op", info.mnemonic);
  MINNOW_ASSIGN(TensorType type, kRules[static_cast<size_t>(kind)]({kind, operands, attributes, declared}));
  if (type.rank() > kMaxRank)
    return type_error("{} has {} dimensions; at most {} are allowed", type.to_string(), type.rank(), kMaxRank);
  if (!checked_element_count(type.shape))
    return type_error("{} has more than 2^31 elements or a negative dimension", type.to_string());
  return type;
}

int64_t window_extent(int64_t size, int64_t pad_total, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t span = dilation * (kernel - 1) + 1;
  const int64_t room = size + pad_total - span;
  return room < 0 ? 0 : room / stride + 1;
}

Status check_dim(int64_t dim, int64_t rank) {
  if (dim < 0 || dim >= rank) return type_error("dimension {} does not exist in a tensor of rank {}", dim, rank);
  return {};
}

}  // namespace minnow
