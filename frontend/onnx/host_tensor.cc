#include "frontend/onnx/host_tensor.h"

#include "frontend/onnx/small_floats.h"

namespace minnow {

HostTensor HostTensor::of_ints(Shape shape, std::vector<int64_t> values) {
  return {onnx::TensorProto::INT64, std::move(shape), std::move(values), {}};
}

HostTensor HostTensor::of_strings(Shape shape, const std::vector<std::string>& values) {
  HostTensor tensor{onnx::TensorProto::STRING, std::move(shape), {}, {}};
  for (const std::string& value : values) tensor.strings.push_back(std::make_shared<const std::string>(value));
  return tensor;
}

void HostTensor::set(size_t i, const HostTensor& from, size_t j) {
  if (is_strings()) strings[i] = from.string(j);
  else if (is_float()) floats[i] = from.number(j);
  else ints[i] = from.whole(j);
}

HostTensor HostTensor::zeros(ElementType type, Shape shape) {
  HostTensor tensor{type, std::move(shape), {}, {}};
  const auto count = static_cast<size_t>(element_count(tensor.shape));
  if (tensor.is_strings()) tensor.strings.assign(count, std::make_shared<const std::string>());
  else tensor.is_float() ? tensor.floats.resize(count) : tensor.ints.resize(count);
  return tensor;
}

HostTensor HostTensor::splat(ElementType type, Shape shape, double value) {
  HostTensor tensor{type, std::move(shape), {}, {}};
  if (tensor.is_float()) tensor.floats = {value};
  else tensor.ints = {static_cast<int64_t>(value)};
  return tensor;
}

double rounded_to(ElementType type, double value) {
  if (type == onnx::TensorProto::DOUBLE) return value;
  if (const FloatFormat* format = float_format(type)) return rounded_to(*format, value, false);
  return static_cast<double>(static_cast<float>(value));
}

int64_t wrapped_to(ElementType type, int64_t value) {
  if (type == onnx::TensorProto::BOOL) return value != 0 ? 1 : 0;
  const int bits = bits_of(type);
  if (bits == 64 || bits == 0) return value;
  const uint64_t kept = static_cast<uint64_t>(value) & ((uint64_t{1} << bits) - 1);
  const bool is_negative = !is_unsigned_element(type) && (kept >> (bits - 1) & 1) != 0;
  return static_cast<int64_t>(is_negative ? kept - (uint64_t{1} << bits) : kept);
}

}  // namespace minnow
