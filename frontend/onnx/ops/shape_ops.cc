// Nodes that move elements, or tell how many there are.
#include <algorithm>

#include "frontend/onnx/ops/shapes.h"

namespace minnow::onnx_ops {

void identity(NodeScope& n) { n.give_operand(0, n.operand(0)); }

void shape(NodeScope& n) {
  const int64_t rank = n.rank();
  const auto within = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t start = within(n.whole("start")), end = within(n.whole("end", rank));
  Dims sizes;
  for (int64_t i = start; i < end; ++i) sizes.push_back(n.dim(0, i));
  const auto count = static_cast<int64_t>(sizes.size());
  n.give_known(0, HostTensor::of_ints({count}, std::move(sizes)));
}

void size(NodeScope& n) { n.give_known(0, HostTensor::of_ints({}, {element_count(n.shape())})); }

// Reshape, Flatten, Squeeze, Unsqueeze.
void reshape(NodeScope& n) {
  const Shape shape = reshaped(n);
  require(checked_element_count(shape).has_value(), "the shape {} is too large", shape_to_string(shape));
  n.give(n.b.reshape(n.value(), shape));
}

void transpose(NodeScope& n) { n.give(n.b.transpose(n.value(), permutation_of(n))); }

void concat(NodeScope& n) {
  std::vector<Value*> parts;
  for (size_t i = 0; i < n.inputs(); ++i) {
    require(n.type(i) == n.type(), "its inputs are of {} and {}", element_type_name(n.type()),
            element_type_name(n.type(i)));
    parts.push_back(n.value(i));
  }
  n.give(n.b.concat(std::move(parts), axis_of(n.whole("axis", 1), n.rank())));
}

void slice(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.value();
  for (const SliceRange& range : slice_ranges(n)) {
    const int64_t step = std::min<int64_t>(std::abs(range.step), kMaxElements);
    if (range.count == 0) {
      x = b.slice(x, range.axis, 0, 0);
      continue;
    }
    const int64_t last = range.start + (range.count - 1) * range.step;
    x = b.slice(x, range.axis, std::min(range.start, last), std::max(range.start, last) + 1, step);
    if (range.step < 0) x = b.reverse(x, {range.axis});
  }
  n.give(x);
}

void split(NodeScope& n) {
  const int64_t axis = axis_of(n.whole("axis"), n.rank());
  const Dims sizes = split_sizes(n, n.dim(0, axis));
  int64_t start = 0;
  for (size_t i = 0; i < n.outputs(); ++i) {
    n.give(i, n.b.slice(n.value(), axis, start, start + sizes[i]), n.type());
    start += sizes[i];
  }
}

void expand(NodeScope& n) {
  const Shape shape = expanded(n);
  n.give(n.b.broadcast_to(n.value(), shape));
}

// Each dimension gets one before it, along which it is repeated.
void tile(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Dims repeats = repeats_of(n);
  Value* x = n.value();
  for (size_t i = 0; i < repeats.size(); ++i) {
    if (repeats[i] == 1) continue;
    const Shape shape = x->type.shape;
    Shape wide = shape, joined = shape;
    wide.insert(wide.begin() + static_cast<int64_t>(i), repeats[i]);
    require(!__builtin_mul_overflow(shape[i], repeats[i], &joined[i]), "it is repeated {} times", repeats[i]);
    Dims dims = first_dims(static_cast<int64_t>(shape.size()));
    for (size_t dim = i; dim < dims.size(); ++dim) ++dims[dim];
    x = b.reshape(b.broadcast(x, dims, wide), joined);
  }
  n.give(x);
}

void trilu(NodeScope& n) {
  GraphBuilder& b = n.b;
  const auto offset =
      static_cast<double>(std::clamp<int64_t>(n.has(1) ? n.whole_number(1) : 0, -kMaxElements / 2, kMaxElements / 2));
  require(n.rank() >= 2, "{} holds no matrices", shape_to_string(n.shape()));
  Value* x = n.value();
  const TensorType places{DType::kI32, x->type.shape};
  Value* distance = b.sub(b.iota(places, n.rank() - 1), b.iota(places, n.rank() - 2));
  const bool is_upper = n.whole("upper", 1) != 0;
  n.give(b.select(b.binary(is_upper ? OpKind::kGreaterEqual : OpKind::kLessEqual, distance, offset), x, 0.0));
}

void eye_like(NodeScope& n) {
  GraphBuilder& b = n.b;
  require(n.rank() == 2, "{} is no matrix", shape_to_string(n.shape()));
  const auto type = static_cast<ElementType>(n.whole("dtype", n.type()));
  const auto dtype = dtype_of(type);
  require(dtype.has_value(), "of {} it is not supported", element_type_name(type));
  const TensorType places{DType::kI32, n.shape()};
  const auto offset = static_cast<double>(std::clamp<int64_t>(n.whole("k"), -kMaxElements / 2, kMaxElements / 2));
  Value* is_one = b.binary(OpKind::kEqual, b.sub(b.iota(places, 1), b.iota(places, 0)), offset);
  n.give(0, b.convert(is_one, *dtype), type);
}

// Blocks of pixels to channels, and back.
void space_to_depth(NodeScope& n) {
  const int64_t block = n.whole("blocksize");
  require(n.rank() == 4 && block > 0 && block <= 4096 && n.dim(0, 2) % block == 0 && n.dim(0, 3) % block == 0,
          "blocks of {} do not fit {}", block, shape_to_string(n.shape()));
  const Shape& s = n.shape();
  Value* x = n.b.reshape(n.value(), {s[0], s[1], s[2] / block, block, s[3] / block, block});
  n.give(n.b.reshape(n.b.transpose(x, {0, 3, 5, 1, 2, 4}), {s[0], s[1] * block * block, s[2] / block, s[3] / block}));
}

void depth_to_space(NodeScope& n) {
  const int64_t block = n.whole("blocksize");
  const std::string mode = n.text("mode", "DCR");
  require(mode == "DCR" || mode == "CRD", "the mode \"{}\" is not known", mode);
  require(n.rank() == 4 && block > 0 && block <= 4096 && n.dim(0, 1) % (block * block) == 0,
          "blocks of {} do not fit {}", block, shape_to_string(n.shape()));
  const Shape& s = n.shape();
  const int64_t depth = s[1] / (block * block);
  Value* x = mode == "DCR" ? n.b.reshape(n.value(), {s[0], block, block, depth, s[2], s[3]})
                           : n.b.reshape(n.value(), {s[0], depth, block, block, s[2], s[3]});
  x = n.b.transpose(x, mode == "DCR" ? Dims{0, 3, 4, 1, 5, 2} : Dims{0, 1, 4, 2, 5, 3});
  n.give(n.b.reshape(x, {s[0], depth, s[2] * block, s[3] * block}));
}

void constant(NodeScope& n) {
  const auto give_list = [&](ElementType type, size_t count, auto value_at) {
    HostTensor tensor{type, {static_cast<int64_t>(count)}, {}, {}};
    for (size_t i = 0; i < count; ++i)
      if (tensor.is_float()) tensor.floats.push_back(static_cast<double>(value_at(i)));
      else tensor.ints.push_back(static_cast<int64_t>(value_at(i)));
    n.give_known(0, std::move(tensor));
  };
  if (n.has_attribute("value_float"))
    return n.give_known(0, HostTensor::splat(onnx::TensorProto::FLOAT, {}, n.real("value_float")));
  if (n.has_attribute("value_int")) return n.give_known(0, HostTensor::of_ints({}, {n.whole("value_int")}));
  if (n.has_attribute("value_floats")) {
    const std::vector<double> values = n.reals("value_floats");
    return give_list(onnx::TensorProto::FLOAT, values.size(), [&](size_t i) { return values[i]; });
  }
  if (n.has_attribute("value_ints")) {
    const Dims values = n.wholes("value_ints");
    return give_list(onnx::TensorProto::INT64, values.size(), [&](size_t i) { return values[i]; });
  }
  if (n.has_attribute("value_string")) return n.give_known(0, HostTensor::of_strings({}, {n.text("value_string")}));
  if (n.has_attribute("value_strings")) {
    const std::vector<std::string> values = n.texts("value_strings");
    return n.give_known(0, HostTensor::of_strings({static_cast<int64_t>(values.size())}, values));
  }
  const onnx::AttributeProto* value = n.attribute("value");
  require(value != nullptr, "it has no value that is supported: numbers or strings, dense");
  auto decoded = decode_tensor(value->t(), n.folder());
  require(decoded.has_value(), "its value: {}", decoded ? "" : decoded.error().message);
  n.give_known(0, *std::move(decoded));
}

// What is worked out where its operands are known, and means nothing here where they are not.
void only_known(NodeScope& n) {
  for (size_t i = 0; i < n.inputs(); ++i)
    if (n.has(i)) (void)n.known(i);
  refuse("with these operands it is not supported");
}

}  // namespace minnow::onnx_ops
