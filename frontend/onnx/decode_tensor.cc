#include <bit>
#include <cstring>

#include "frontend/onnx/external_data.h"
#include "frontend/onnx/host_tensor.h"
#include "frontend/onnx/small_floats.h"

namespace minnow {
namespace {

static_assert(std::endian::native == std::endian::little);

using Type = onnx::TensorProto;

// Of an element as bytes; those of 2 and 4 bits lie side by side, the first in the lowest bits.
int bits_as_bytes(ElementType type) {
  if (type == Type::DOUBLE) return 64;
  if (type == Type::FLOAT) return 32;
  if (type == Type::BOOL) return 8;
  if (const FloatFormat* format = float_format(type))
    return (format->is_signed ? 1 : 0) + format->exponent_bits + format->mantissa_bits;
  return bits_of(type);
}

template <typename T>
T read_as(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// Element i, its bits in the lowest of the answer.
uint64_t bits_at(const char* bytes, size_t i, int bits) {
  switch (bits) {
    case 64: return read_as<uint64_t>(bytes + 8 * i);
    case 32: return read_as<uint32_t>(bytes + 4 * i);
    case 16: return read_as<uint16_t>(bytes + 2 * i);
    case 8: return static_cast<unsigned char>(bytes[i]);
    default: {
      const size_t in_byte = 8 / static_cast<size_t>(bits);
      const auto byte = static_cast<unsigned char>(bytes[i / in_byte]);
      return byte >> (i % in_byte * static_cast<size_t>(bits)) & ((1U << bits) - 1);
    }
  }
}

double float_of(ElementType type, uint64_t bits) {
  if (type == Type::DOUBLE) return std::bit_cast<double>(bits);
  if (type == Type::FLOAT) return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  return float_from_bits(*float_format(type), static_cast<uint32_t>(bits));
}

Status set_bits(HostTensor& tensor, size_t i, uint64_t bits) {
  if (tensor.is_float()) {
    tensor.floats[i] = float_of(tensor.type, bits);
    return {};
  }
  tensor.ints[i] = wrapped_to(tensor.type, static_cast<int64_t>(bits));
  if (tensor.type == Type::UINT64 && tensor.ints[i] < 0)
    return fail("", "element {} is {}, but whole numbers beyond 2^63 - 1 are not supported", i, bits);
  return {};
}

int64_t bytes_needed(const HostTensor& tensor) {
  return (static_cast<int64_t>(tensor.size()) * bits_as_bytes(tensor.type) + 7) / 8;
}

Status set_from_bytes(HostTensor& tensor, std::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) != bytes_needed(tensor))
    return fail("", "its shape {} of {} needs {} bytes, but it has {}", shape_to_string(tensor.shape),
                element_type_name(tensor.type), bytes_needed(tensor), bytes.size());
  const int bits = bits_as_bytes(tensor.type);
  for (size_t i = 0; i < tensor.size(); ++i) MINNOW_TRY(set_bits(tensor, i, bits_at(bytes.data(), i, bits)));
  return {};
}

// From a field that has an entry for each element, or, of elements of less than a byte, for each byte.
template <typename Field>
Status set_from_field(HostTensor& tensor, const Field& field) {
  const int bits = bits_as_bytes(tensor.type);
  const size_t in_entry = bits < 8 ? 8 / static_cast<size_t>(bits) : 1;
  const size_t wanted = (tensor.size() + in_entry - 1) / in_entry;
  if (static_cast<size_t>(field.size()) != wanted)
    return fail("", "its shape {} needs {} entries, but it has {}", shape_to_string(tensor.shape), wanted,
                field.size());
  for (size_t i = 0; i < tensor.size(); ++i) {
    const auto entry = field[static_cast<int>(i / in_entry)];
    uint64_t held = static_cast<uint64_t>(static_cast<int64_t>(entry));
    if (bits < 8) held = held >> (i % in_entry * static_cast<size_t>(bits)) & ((1U << bits) - 1);
    MINNOW_TRY(set_bits(tensor, i, held));
  }
  return {};
}

template <typename Field>
Status set_floats(HostTensor& tensor, const Field& field) {
  if (static_cast<size_t>(field.size()) != tensor.size())
    return fail("", "its shape {} needs {} entries, but it has {}", shape_to_string(tensor.shape), tensor.size(),
                field.size());
  for (size_t i = 0; i < tensor.size(); ++i) tensor.floats[i] = static_cast<double>(field[static_cast<int>(i)]);
  return {};
}

// They have no form as bytes.
Result<HostTensor> decode_strings(const HostTensor& empty, const onnx::TensorProto& proto) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL ||
      static_cast<size_t>(proto.string_data_size()) != empty.size())
    return fail("", "its shape {} needs {} strings, but it has {}", shape_to_string(empty.shape), empty.size(),
                proto.string_data_size());
  return HostTensor::of_strings(empty.shape, {proto.string_data().begin(), proto.string_data().end()});
}

Status set_from_fields(HostTensor& tensor, const onnx::TensorProto& proto) {
  switch (tensor.type) {
    case Type::FLOAT: return set_floats(tensor, proto.float_data());
    case Type::DOUBLE: return set_floats(tensor, proto.double_data());
    case Type::INT64: return set_from_field(tensor, proto.int64_data());
    case Type::UINT32:
    case Type::UINT64: return set_from_field(tensor, proto.uint64_data());
    default: return set_from_field(tensor, proto.int32_data());
  }
}

// The type and shape, whose elements are few enough to be there at all.
Result<HostTensor> empty_tensor(const onnx::TensorProto& proto) {
  HostTensor tensor{proto.data_type(), Shape(proto.dims().begin(), proto.dims().end()), {}, {}};
  if (!dtype_of(tensor.type) && !tensor.is_strings())
    return fail("", "elements of {} are not supported", element_type_name(tensor.type));
  if (static_cast<int64_t>(tensor.shape.size()) > kMaxRank)
    return fail("", "it has {} dimensions; the limit is {}", tensor.shape.size(), kMaxRank);
  if (!checked_element_count(tensor.shape))
    return fail("", "its shape {} has a negative dimension, or more than 2^31 elements", shape_to_string(tensor.shape));
  return tensor;
}

// What of a shape's elements may be allocated: no more than there are bytes of them.
Status check_held(const HostTensor& tensor, const onnx::TensorProto& proto) {
  const int64_t entries = std::max({static_cast<int64_t>(proto.raw_data().size()), int64_t{proto.float_data_size()},
                                    int64_t{proto.int32_data_size()}, int64_t{proto.int64_data_size()},
                                    int64_t{proto.double_data_size()}, int64_t{proto.uint64_data_size()}});
  const int64_t elements = element_count(tensor.shape);
  if (elements <= 4 * entries) return {};
  return fail("", "its shape {} has {} elements, but its data are {} {}", shape_to_string(tensor.shape), elements,
              entries, proto.has_raw_data() ? "bytes" : "entries");
}

}  // namespace

Result<HostTensor> decode_tensor(const onnx::TensorProto& proto, const std::string& folder) {
  MINNOW_ASSIGN(HostTensor tensor, empty_tensor(proto));
  if (tensor.is_strings()) return decode_strings(tensor, proto);
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    const int64_t bytes = (element_count(tensor.shape) * bits_as_bytes(tensor.type) + 7) / 8;
    MINNOW_ASSIGN(const std::string data, read_external(proto, folder, bytes));
    tensor = HostTensor::zeros(tensor.type, tensor.shape);
    MINNOW_TRY(set_from_bytes(tensor, data));
    return tensor;
  }
  MINNOW_TRY(check_held(tensor, proto));
  tensor = HostTensor::zeros(tensor.type, tensor.shape);
  MINNOW_TRY(proto.has_raw_data() ? set_from_bytes(tensor, proto.raw_data()) : set_from_fields(tensor, proto));
  return tensor;
}

Result<std::vector<float>> decode_floats(const onnx::TensorProto& proto, const std::string& folder) {
  // Most weights are f32 bytes as they are.
  const bool is_plain =
      proto.data_type() == Type::FLOAT && proto.has_raw_data() && proto.data_location() != onnx::TensorProto::EXTERNAL;
  if (is_plain) {
    MINNOW_ASSIGN(const HostTensor tensor, empty_tensor(proto));
    const auto count = static_cast<size_t>(element_count(tensor.shape));
    if (proto.raw_data().size() == count * sizeof(float)) {
      std::vector<float> values(count);
      if (count > 0) std::memcpy(values.data(), proto.raw_data().data(), proto.raw_data().size());
      return values;
    }
  }
  MINNOW_ASSIGN(const HostTensor tensor, decode_tensor(proto, folder));
  return std::vector<float>(tensor.floats.begin(), tensor.floats.end());
}

}  // namespace minnow
