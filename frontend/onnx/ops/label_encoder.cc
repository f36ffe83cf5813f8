// LabelEncoder of ONNX's classical machine learning: a value for each key, a default for all else.
#include <bit>
#include <cmath>
#include <map>
#include <variant>

#include "frontend/onnx/fold/fold.h"

namespace minnow::onnx_ops {
namespace {

template <typename T>
HostTensor list_of(ElementType type, const std::vector<T>& values) {
  HostTensor list{type, {std::ssize(values)}, {}, {}};
  if constexpr (std::is_same_v<T, double>) list.floats = values;
  else list.ints.assign(values.begin(), values.end());
  return list;
}

// The attribute NAME_tensor, NAME_strings, NAME_int64s or NAME_floats.
HostTensor listed(const NodeScope& n, const std::string& name) {
  if (const onnx::AttributeProto* tensor = n.attribute(name + "_tensor")) {
    auto decoded = decode_tensor(tensor->t(), n.folder());
    require(decoded.has_value(), "its {}: {}", name, decoded ? "" : decoded.error().message);
    return *std::move(decoded);
  }
  if (n.has_attribute(name + "_int64s")) return list_of(onnx::TensorProto::INT64, n.wholes(name + "_int64s"));
  if (n.has_attribute(name + "_floats")) return list_of(onnx::TensorProto::FLOAT, n.reals(name + "_floats"));
  const std::vector<std::string> strings = n.texts(name + "_strings");
  require(!strings.empty(), "it has no {} that are supported: those of version 2 or later", name);
  return HostTensor::of_strings({std::ssize(strings)}, strings);
}

// What stands for each key that there is not, of the values' type.
HostTensor default_of(const NodeScope& n, ElementType type) {
  if (const onnx::AttributeProto* tensor = n.attribute("default_tensor")) {
    auto decoded = decode_tensor(tensor->t(), n.folder());
    require(decoded.has_value(), "its default: {}", decoded ? "" : decoded.error().message);
    require(decoded->type == type && decoded->size() == 1, "its default is {} of {}, but its values are of {}",
            decoded->size(), element_type_name(decoded->type), element_type_name(type));
    return *std::move(decoded);
  }
  const std::string text = n.text("default_string", "_Unused");
  const int64_t whole = n.whole("default_int64", -1);
  const double real = n.real("default_float", -0.0);
  if (type == onnx::TensorProto::STRING) return HostTensor::of_strings({1}, {text});
  if (!is_float_element(type)) return list_of(type, Dims{wrapped_to(type, whole)});
  return list_of(type, std::vector<double>{rounded_to(type, real)});
}

// Equal where elements are: floats by their bits, with one zero and one NaN.
using Key = std::variant<int64_t, std::string>;
Key key_of(const HostTensor& tensor, size_t i) {
  if (tensor.is_strings()) return *tensor.string(i);
  if (!tensor.is_float()) return tensor.whole(i);
  const double number = tensor.number(i);
  return std::bit_cast<int64_t>(std::isnan(number) ? std::nan("") : number + 0.0);
}

}  // namespace

void label_encoder(NodeScope& n) {
  const HostTensor& x = n.known(0);
  const HostTensor keys = listed(n, "keys"), values = listed(n, "values");
  require(keys.type == x.type, "its keys are of {}, but its input of {}", element_type_name(keys.type),
          element_type_name(x.type));
  require(keys.size() == values.size(), "it has {} keys, but {} values", keys.size(), values.size());
  require(onnx_fold::is_small(x.shape), "the shape {} is too large", shape_to_string(x.shape));
  const HostTensor otherwise = default_of(n, values.type);
  std::map<Key, size_t> places;
  for (size_t i = 0; i < keys.size(); ++i) places.emplace(key_of(keys, i), i);
  HostTensor y = HostTensor::zeros(values.type, x.shape);
  for (size_t i = 0; i < y.held(); ++i) {
    const auto place = places.find(key_of(x, i));
    if (place == places.end()) y.set(i, otherwise, 0);
    else y.set(i, values, place->second);
  }
  n.give_known(0, std::move(y));
}

}  // namespace minnow::onnx_ops
