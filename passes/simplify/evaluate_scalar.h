// One element of an elementwise op, computed at compile time. Numbers travel as double, which holds every
// dtype.
#pragma once

#include <optional>
#include <span>

#include "ir/op_kind.h"

namespace minnow {

// `operand` is the dtype of the first operand (of the second for select), `result` the op's. nullopt: not an
// op of one element each, or a conversion whose result is out of range.
std::optional<double> evaluate_scalar(OpKind kind, DType operand, DType result, std::span<const double> arguments);

// `value` as the dtype holds it: rounded for f32, as it is otherwise.
double round_to(DType dtype, double value);

}  // namespace minnow
