// Quantised numbers are whole numbers that stand for floats: x ≈ (q - zero_point) scale. All of it is arithmetic.
#include "frontend/onnx/ops/conv.h"
#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

constexpr ElementType kFloat = onnx::TensorProto::FLOAT;

// A scale or zero point spread over x: one number, one for each index of an axis, or one for each block along it.
Value* spread(NodeScope& n, Value* y, const Shape& shape) {
  GraphBuilder& b = n.b;
  const auto rank = static_cast<int64_t>(shape.size());
  if (y->type.elements() == 1) return b.broadcast_to(b.reshape(y, {}), shape);
  const int64_t axis = axis_of(n.whole("axis", 1), rank);
  if (y->type.rank() == 1 && n.whole("block_size") == 0) return b.broadcast(y, {axis}, shape);
  const auto at = static_cast<size_t>(axis);
  const int64_t block = n.whole("block_size"), size = shape[at];
  require(y->type.rank() == rank && block > 0 && y->type.dim(axis) == ceil_div(size, block),
          "scales {} do not fit {} in blocks of {}", shape_to_string(y->type.shape), shape_to_string(shape), block);
  Shape blocks = y->type.shape, joined = blocks;
  blocks.insert(blocks.begin() + axis + 1, block);
  Dims dims = first_dims(rank + 1);
  dims.erase(dims.begin() + axis + 1);
  joined[at] *= block;
  Value* all = b.slice(b.reshape(b.broadcast(y, dims, blocks), joined), axis, 0, size);
  return b.broadcast_to(all, shape);
}

// Whole numbers less their zero point, as floats.
Value* centred(NodeScope& n, Value* x, const Value* of, size_t zero_point) {
  GraphBuilder& b = n.b;
  Value* number = b.convert(x, DType::kF32);
  if (!n.has(zero_point)) return number;
  return b.sub(number, spread(n, b.convert(n.value(zero_point), DType::kF32), of->type.shape));
}

// Rounded, moved by the zero point, and held to what the type can say.
Value* quantized(NodeScope& n, Value* ratio, Value* zero_point, ElementType type) {
  GraphBuilder& b = n.b;
  if (is_float_element(type)) {
    if (zero_point != nullptr) ratio = b.add(ratio, zero_point);
    return cast_to(b, ratio, kFloat, type, n.whole("saturate", 1) != 0);
  }
  Value* rounded = b.round(ratio);
  if (zero_point != nullptr) rounded = b.add(rounded, b.convert(zero_point, DType::kF32));
  return saturated(b, b.convert(rounded, DType::kI32), type);
}

void require_small(ElementType type) {
  require(is_whole_element(type) && bits_of(type) <= 16, "quantised numbers of {} are not supported",
          element_type_name(type));
}

}  // namespace

void quantize_linear(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = b.convert(n.value(), DType::kF32);
  const auto named = static_cast<ElementType>(n.whole("output_dtype"));
  const ElementType type = n.has(2) ? n.type(2) : named != 0 ? named : onnx::TensorProto::UINT8;
  if (!is_float_element(type)) require_small(type);
  Value* scale = spread(n, n.floats(1), n.shape());
  Value* zero_point = n.has(2) ? spread(n, n.value(2), n.shape()) : nullptr;
  n.give(0, quantized(n, b.div(x, scale), zero_point, type), type);
}

void dequantize_linear(NodeScope& n) {
  Value* x = n.value();
  Value* number = centred(n, x, x, 2);
  n.give(0, n.b.mul(number, spread(n, n.floats(1), n.shape())), n.type(1));
}

// To 8 bits, by the range that x has together with 0.
void dynamic_quantize_linear(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const Dims all = first_dims(n.rank());
  Value* least = b.min(b.minimum(x, all), 0.0);
  Value* greatest = b.max(b.maximum(x, all), 0.0);
  Value* scale = b.div(b.sub(greatest, least), 255.0);
  Value* safe = b.select(b.binary(OpKind::kEqual, scale, 0.0), 1.0, scale);
  Value* zero_point = b.round(clamped(b, b.div(b.neg(least), safe), 0, 255));
  Value* q = clamped(b, b.add(b.round(b.div(x, safe)), zero_point), 0, 255);
  n.give(0, b.convert(q, DType::kI32), onnx::TensorProto::UINT8);
  n.give(1, scale, kFloat);
  n.give(2, b.convert(zero_point, DType::kI32), onnx::TensorProto::UINT8);
}

namespace {

// Products of up to 16 bits are exact in f64.
Value* exact_product(NodeScope& n, Value* x, Value* y) {
  return n.b.matmul(n.b.convert(x, DType::kF64), n.b.convert(y, DType::kF64));
}

// A zero point for the rows of the left operand, or the columns of the right.
Value* matrix_centred(NodeScope& n, size_t i, size_t zero_point, bool is_left) {
  GraphBuilder& b = n.b;
  Value* number = b.convert(n.value(i), DType::kF32);
  if (!n.has(zero_point)) return number;
  Value* zero = b.convert(n.value(zero_point), DType::kF32);
  if (is_left && zero->type.rank() == 1 && zero->type.dim(0) > 1) zero = b.reshape(zero, {zero->type.dim(0), 1});
  return b.sub(number, zero->type.elements() == 1 ? b.reshape(zero, {}) : zero);
}

Value* as_scalar(NodeScope& n, Value* x) { return x->type.elements() == 1 ? n.b.reshape(x, {}) : x; }

}  // namespace

void matmul_integer(NodeScope& n) {
  require_small(n.type());
  require_small(n.type(1));
  Value* y = exact_product(n, matrix_centred(n, 0, 2, true), matrix_centred(n, 1, 3, false));
  n.give(0, n.b.convert(y, DType::kI32), onnx::TensorProto::INT32);
}

void qlinear_matmul(NodeScope& n) {
  GraphBuilder& b = n.b;
  require_small(n.type());
  require_small(n.type(3));
  Value* product = exact_product(n, matrix_centred(n, 0, 2, true), matrix_centred(n, 3, 5, false));
  const auto wide = [&](size_t i) {
    Value* scale = b.convert(as_scalar(n, n.floats(i)), DType::kF64);
    return i == 1 && scale->type.rank() == 1 ? b.reshape(scale, {scale->type.dim(0), 1}) : scale;
  };
  Value* ratio = b.div(b.mul(b.mul(product, wide(1)), wide(4)), wide(6));
  n.give(0, quantized(n, b.convert(ratio, DType::kF32), as_scalar(n, n.value(7)), n.type(7)), n.type(7));
}

namespace {

// A zero point of the filter may be one for each of its results.
Value* filter_centred(NodeScope& n, size_t i, size_t zero_point) {
  GraphBuilder& b = n.b;
  Value* w = b.convert(n.value(i), DType::kF32);
  if (!n.has(zero_point)) return w;
  Value* zero = b.convert(n.value(zero_point), DType::kF32);
  return b.sub(w, zero->type.elements() == 1 ? b.reshape(zero, {}) : b.along(zero, 0, w->type.shape));
}

Value* image_centred(NodeScope& n, size_t zero_point) {
  Value* x = n.b.convert(n.value(), DType::kF32);
  return n.has(zero_point) ? n.b.sub(x, n.b.reshape(n.b.convert(n.value(zero_point), DType::kF32), {})) : x;
}

}  // namespace

void conv_integer(NodeScope& n) {
  require_small(n.type());
  Value* y = convolution(n, image_centred(n, 2), filter_centred(n, 1, 3));
  n.give(0, n.b.convert(y, DType::kI32), onnx::TensorProto::INT32);
}

// x, its scale and zero point, w, its scale and zero point, those of the result, a bias.
void qlinear_conv(NodeScope& n) {
  GraphBuilder& b = n.b;
  require_small(n.type());
  Value* y = convolution(n, image_centred(n, 2), filter_centred(n, 3, 5));
  if (n.has(8)) y = with_bias(b, y, b.convert(n.value(8), DType::kF32));
  Value* filter_scale = as_scalar(n, n.floats(4));
  if (filter_scale->type.rank() == 1) filter_scale = b.along(filter_scale, 1, y->type.shape);
  Value* ratio = b.div(b.mul(b.mul(y, as_scalar(n, n.floats(1))), filter_scale), as_scalar(n, n.floats(6)));
  n.give(0, quantized(n, ratio, as_scalar(n, n.value(7)), n.type(7)), n.type(7));
}

}  // namespace minnow::onnx_ops
