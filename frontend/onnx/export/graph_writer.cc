#include "frontend/onnx/export/graph_writer.h"

#include <fmt/format.h>

#include <bit>

namespace minnow {
namespace {

static_assert(std::endian::native == std::endian::little);  // as raw_data is

template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string bytes_of(DType dtype, std::span<const double> values) {
  std::string bytes;
  for (const double value : values) switch (dtype) {
      case DType::kF32: append(bytes, static_cast<float>(value)); break;
      case DType::kF64: append(bytes, value); break;
      case DType::kI32: append(bytes, static_cast<int32_t>(value)); break;
      case DType::kU8:
      case DType::kPred: append(bytes, static_cast<uint8_t>(value)); break;
    }
  return bytes;
}

onnx::AttributeProto& attribute(onnx::NodeProto& node, std::string_view name,
                                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(std::string(name));
  added.set_type(type);
  return added;
}

}  // namespace

onnx::TensorProto::DataType onnx_type(DType dtype) {
  switch (dtype) {
    case DType::kF32: return onnx::TensorProto::FLOAT;
    case DType::kF64: return onnx::TensorProto::DOUBLE;
    case DType::kI32: return onnx::TensorProto::INT32;
    case DType::kU8: return onnx::TensorProto::UINT8;
    case DType::kPred: return onnx::TensorProto::BOOL;
  }
  return onnx::TensorProto::UNDEFINED;
}

std::string GraphWriter::fresh(std::string_view wanted) {
  std::string name(wanted);
  for (int i = 1; !names_.insert(name).second; ++i) name = fmt::format("{}.{}", wanted, i);
  return name;
}

onnx::NodeProto& GraphWriter::add(std::string_view op, const std::vector<std::string>& inputs) {
  onnx::NodeProto& node = *graph_->add_node();
  node.set_op_type(std::string(op));
  for (const std::string& input : inputs) node.add_input(input);
  const std::string name = fresh(prefix_.empty() ? std::string(op) : fmt::format("{}/{}", prefix_, op));
  node.set_name(name);
  node.add_output(name);
  return node;
}

std::string GraphWriter::node(std::string_view op, std::vector<std::string> inputs) {
  return add(op, inputs).output(0);
}

std::string GraphWriter::cast(const std::string& tensor, DType dtype) {
  onnx::NodeProto& node = add("Cast", {tensor});
  set_attribute(node, "to", int64_t{onnx_type(dtype)});
  return node.output(0);
}

void GraphWriter::initializer(const std::string& name, const TensorType& type, std::string_view bytes) {
  onnx::TensorProto& tensor = *root_.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx_type(type.dtype));
  for (const int64_t dim : type.shape) tensor.add_dims(dim);
  tensor.set_raw_data(std::string(bytes));
}

std::string GraphWriter::integers(const std::vector<int64_t>& values) {
  return whole_numbers({std::ssize(values)}, values);
}

std::string GraphWriter::integer(int64_t value) { return whole_numbers({}, {value}); }

std::string GraphWriter::whole_numbers(const Shape& shape, const std::vector<int64_t>& values) {
  std::string bytes;
  for (const int64_t value : values) append(bytes, value);
  const auto [slot, is_new] = constants_.try_emplace(fmt::format("i64{} {}", shape_to_string(shape), bytes));
  if (!is_new) return slot->second;
  slot->second = fresh("constant");
  onnx::TensorProto& tensor = *root_.add_initializer();
  tensor.set_name(slot->second);
  tensor.set_data_type(onnx::TensorProto::INT64);
  for (const int64_t dim : shape) tensor.add_dims(dim);
  tensor.set_raw_data(bytes);
  return slot->second;
}

std::string GraphWriter::scalar(DType dtype, double value) { return constant({}, dtype, {&value, 1}); }

std::string GraphWriter::constant(const Shape& shape, DType dtype, std::span<const double> values) {
  const TensorType type{dtype, shape};
  const std::string bytes = bytes_of(dtype, values);
  const auto [slot, is_new] = constants_.try_emplace(type.to_string() + " " + bytes);
  if (!is_new) return slot->second;
  slot->second = fresh("constant");
  initializer(slot->second, type, bytes);
  return slot->second;
}

void set_attribute(onnx::NodeProto& node, std::string_view name, int64_t value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void set_attribute(onnx::NodeProto& node, std::string_view name, const std::vector<int64_t>& values) {
  onnx::AttributeProto& added = attribute(node, name, onnx::AttributeProto::INTS);
  for (const int64_t value : values) added.add_ints(value);
}

void set_attribute(onnx::NodeProto& node, std::string_view name, std::string_view value) {
  attribute(node, name, onnx::AttributeProto::STRING).set_s(std::string(value));
}

}  // namespace minnow
