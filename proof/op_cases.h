// What every kind of op may be applied to: the one table from which the tests of gradients, of compiled
// kernels and of random programs draw their ops.
#pragma once

#include <random>
#include <span>

#include "ir/builder.h"

namespace minnow::proof {

using Rng = std::mt19937;

int64_t draw(Rng& rng, int64_t low, int64_t high);  // uniform, both ends included
template <typename T>
const T& pick(Rng& rng, const std::vector<T>& from) {
  return from[static_cast<size_t>(draw(rng, 0, std::ssize(from) - 1))];
}

// The numbers that an operand is drawn from.
struct Domain {
  double low = -2, high = 2;
  bool required = false;  // outside, the result is NaN, infinite or so large that little can be said of it
  bool exact = false;     // the result jumps: an operand that is off by a rounding may change it altogether
};

// Where an op gets its operands from.
class OperandSource {
 public:
  virtual ~OperandSource() = default;
  // A shape worth asking an operand for.
  virtual Shape shape(size_t rank) = 0;
  // One of the element types that the op accepts.
  virtual DType dtype(const std::vector<DType>& accepted) = 0;
  virtual Value* operand(const TensorType& type, const Domain& domain) = 0;
};

// Draws attributes and operand types for an op of `kind`, asks `source` for such operands and builds it.
// nullptr if the table has no case for the kind.
Value* draw_op(OpKind kind, Builder& builder, OperandSource& source, Rng& rng);

// No operand or result of a drawn op has many more elements, so that the interpreter is quick with it.
inline constexpr int64_t kCaseElements = 2000;

// The element types that an elementwise op takes (select: chooses between).
std::vector<DType> accepted_dtypes(OpKind kind);

}  // namespace minnow::proof
