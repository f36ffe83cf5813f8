// An elementwise op, or an activation, as a curve, with the derivative that autodiff finds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/plot/chart.h"

namespace minnow {

struct OpCurveOptions {
  double low = -6, high = 6;
  double second = 1;  // the other operand of an op of two
};

// The ops and activations that can be drawn.
std::vector<std::string> op_curve_names();
// The op or activation `name` and, if it has one, its derivative, by the interpreter in f64. An unknown name, or an op
// that is not elementwise on numbers, is an error with a suggestion.
Result<Chart> op_chart(std::string_view name, const OpCurveOptions& options);

}  // namespace minnow
