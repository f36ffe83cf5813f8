// Whole numbers as bits. The IR has none, so bit k of x is ⌊x / 2^k⌋ - 2 ⌊x / 2^(k+1)⌋, and a result is what its bits
// add up to.
#include <cmath>

#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

// Bits past the 31st are those of the sign.
int bits_here(ElementType type) { return std::min(bits_of(type), 32); }

// x [...] → [..., bits], i32 of 0 and 1.
Value* bits_in(GraphBuilder& b, Value* x, int bits) {
  std::vector<double> powers;
  for (int k = 0; k <= bits; ++k) powers.push_back(std::ldexp(1, k));
  Shape column = x->type.shape;
  column.push_back(1);
  Value* divisors = b.constant({DType::kF64, {bits + 1}}, powers);
  Value* floors = b.floor(b.div(b.reshape(b.convert(x, DType::kF64), column), divisors));
  const int64_t dim = x->type.rank();
  Value* bit = b.sub(b.slice(floors, dim, 0, bits), b.mul(b.slice(floors, dim, 1, bits + 1), 2.0));
  return b.convert(bit, DType::kI32);
}

// The other way; the last bit is the sign's.
Value* from_bits(GraphBuilder& b, Value* bits, ElementType type) {
  const int count = static_cast<int>(bits->type.shape.back());
  std::vector<double> powers;
  for (int k = 0; k < count; ++k)
    powers.push_back(std::ldexp(k == 31 || (k + 1 == count && !is_unsigned_element(type)) ? -1 : 1, k));
  Value* weights = b.constant({DType::kI32, {count}}, powers);
  return b.sum(b.mul(bits, weights), {bits->type.rank() - 1});
}

void require_whole(const NodeScope& n) {
  for (size_t i = 0; i < n.inputs(); ++i)
    require(is_whole_element(n.type(i)), "it is of {}", element_type_name(n.type(i)));
}

}  // namespace

void bitwise(NodeScope& n) {
  require_whole(n);
  const int bits = bits_here(n.type());
  const Shape shape = common_shape(n.shape(), n.shape(1));
  Value* x = bits_in(n.b, n.b.broadcast_to(n.value(), shape), bits);
  Value* y = bits_in(n.b, n.b.broadcast_to(n.value(1), shape), bits);
  Value* z = n.op() == "BitwiseAnd" ? n.b.min(x, y) : n.op() == "BitwiseOr" ? n.b.max(x, y) : n.b.abs(n.b.sub(x, y));
  n.give(from_bits(n.b, z, n.type()));
}

// -1 - x, of unsigned numbers from the greatest down.
void bitwise_not(NodeScope& n) {
  require_whole(n);
  require(!is_unsigned_element(n.type()) || bits_of(n.type()) < 32, "of {} it is not supported",
          element_type_name(n.type()));
  const double ones = is_unsigned_element(n.type()) ? static_cast<double>(limits_of(n.type()).greatest) : -1;
  Value* x = n.value();
  n.give(n.b.sub(n.b.like(x, ones), x));
}

void bit_shift(NodeScope& n) {
  require_whole(n);
  const std::string direction = n.text("direction");
  require(direction == "LEFT" || direction == "RIGHT", "the direction \"{}\" is not known", direction);
  GraphBuilder& b = n.b;
  // Powers up to 2^30 are i32; what is shifted further is all gone.
  std::vector<double> powers;
  for (int k = 0; k <= 62; ++k) powers.push_back(std::ldexp(1, k));
  Value* factor = b.gather(b.constant({DType::kF64, {63}}, powers), n.value(1), 0);
  if (direction == "RIGHT") {
    n.give(b.convert(b.floor(b.div(b.convert(n.value(), DType::kF64), factor)), DType::kI32));
    return;
  }
  Value* whole = b.convert(b.select(b.binary(OpKind::kLess, factor, 1073741825.0), factor, 0.0), DType::kI32);
  n.give(wrapped(b, b.mul(n.value(), whole), n.type()));
}

}  // namespace minnow::onnx_ops
