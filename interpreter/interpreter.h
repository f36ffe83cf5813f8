// The reference interpreter: what a program means. Naive, one op at a time, in plain loops that share no code
// with the compiler, so that the two can be held against each other. Clear rather than fast.
//
// Where the op table leaves a choice, this is it:
//
//   - NaN: max, min, reduce_max and window_max answer NaN if an element is NaN; argmax and window_pick take the first
//   NaN
//     for the largest. sign(NaN) is NaN. Comparisons with NaN are false, but ne is true.
//   - Zeros: the larger of +0 and -0 is +0, the smaller -0. The sign of a zero is that zero.
//   - Integers wrap around. To an integer, convert truncates and holds to its range, NaN becomes 0; to pred it asks
//     whether a number is not 0.
//   - Sums start at 0 and add in row-major order of what is summed, in the element type.
//   - Element i of random, counted row-major, is number i of its sequence.
//   - gather and scatter_add move an index outside of the table to its nearest row. From a table without rows gather
//     answers 0; scatter_add to one adds nothing.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/function.h"
#include "ir/interrupt.h"

namespace minnow {

// kF64: every f32 value of the program is held and computed in double.
enum class Precision { kDeclared, kF64 };

// The type that a value of this type is held in.
TensorType working_type(const TensorType& declared, Precision precision);

// Sees the results of each op as soon as it is done, and may change them. The ops of a body come before the op itself.
using OpObserver = std::function<void(const Op& op, std::span<Tensor> results)>;

// Runs a verified `function`. Arguments in parameter order, results in the function's result order; each
// value is freed after its last use. An argument that is missing or of another type than its parameter is an
// error that names the parameter and both types. With kF64, float arguments may be f32 or f64 and float
// results are f64. Once interrupted, it ends with an error behind the op that it is at.
Result<std::vector<Tensor>> interpret(const Function& function, std::span<const Tensor* const> arguments,
                                      Precision precision = Precision::kDeclared, const OpObserver& observer = {},
                                      InterruptFlag interrupt = nullptr);

}  // namespace minnow
