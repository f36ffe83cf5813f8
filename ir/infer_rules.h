// The rules behind infer_type, grouped by family in infer_*.cc. Private to ir/.
#pragma once

#include <span>

#include "ir/infer.h"

namespace minnow {

struct InferArgs {
  OpKind kind;
  std::span<const TensorType> operands;  // as many as the op table says
  const Attributes& attributes;          // of the alternative the op table says
  const TensorType& declared;

  const TensorType& operand(size_t i) const { return operands[i]; }
  template <typename T>
  const T& attr() const {
    return std::get<T>(attributes);
  }
};

using InferFn = Result<TensorType>(const InferArgs&);

// Leaves, elementwise and gathers.
InferFn infer_constant, infer_iota, infer_random, infer_gather, infer_scatter_add;
InferFn infer_float_unary, infer_numeric_unary, infer_not, infer_convert;
InferFn infer_float_binary, infer_float_ternary, infer_numeric_binary, infer_compare, infer_logical, infer_select;
// Index maps and reductions.
InferFn infer_broadcast, infer_reshape, infer_transpose, infer_reverse, infer_slice, infer_pad, infer_concat;
InferFn infer_reduce, infer_argmax, infer_cumsum, infer_argsort;
// Contractions and windows.
InferFn infer_dot, infer_conv, infer_conv_input, infer_conv_filter;
InferFn infer_window, infer_window_spread, infer_window_pick;
// Never asked for: ops with a body.
InferFn infer_from_body;

// A dimension index that must exist in `rank` dimensions.
Status check_dim(int64_t dim, int64_t rank);

template <typename... Args>
tl::unexpected<Error> type_error(fmt::format_string<Args...> message, Args&&... args) {
  return tl::unexpected(Error{{}, fmt::format(message, std::forward<Args>(args)...), {}});
}

}  // namespace minnow
