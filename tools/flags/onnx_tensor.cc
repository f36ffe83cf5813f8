#include "tools/flags/onnx_tensor.h"

#include <google/protobuf/stubs/logging.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "interpreter/element_type.h"
#include "runtime/data/npy.h"
#include "runtime/file.h"

namespace minnow {
namespace {

ElementType element_type_of(DType dtype) {
  switch (dtype) {
    case DType::kF32: return onnx::TensorProto::FLOAT;
    case DType::kF64: return onnx::TensorProto::DOUBLE;
    case DType::kI32: return onnx::TensorProto::INT32;
    case DType::kU8: return onnx::TensorProto::UINT8;
    case DType::kPred: break;
  }
  return onnx::TensorProto::BOOL;
}

HostTensor host_tensor_of(const Tensor& tensor) {
  HostTensor host = HostTensor::zeros(element_type_of(tensor.type().dtype), tensor.type().shape);
  with_type(tensor.type().dtype, [&]<typename T>(T) {
    const auto elements = tensor.as<T>();
    for (size_t i = 0; i < elements.size(); ++i)
      if (host.is_float()) host.floats[i] = static_cast<double>(elements[i]);
      else host.ints[i] = static_cast<int64_t>(elements[i]);
  });
  return host;
}

Result<HostTensor> read_onnx_tensor(const std::string& path) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path));
  onnx::TensorProto proto;
  const google::protobuf::LogSilencer silence;
  if (!proto.ParseFromString(bytes)) return fail(path, "is no TensorProto of ONNX");
  auto tensor = decode_tensor(proto, std::filesystem::path(path).parent_path().string());
  if (!tensor) return fail(path, "{}", tensor.error().message);
  return tensor;
}

}  // namespace

Result<HostTensor> read_host_tensor(const std::string& path) {
  if (path.ends_with(".pb")) return read_onnx_tensor(path);
  MINNOW_ASSIGN(const Tensor tensor, read_npy(path));
  return host_tensor_of(tensor);
}

Status write_strings(const std::string& path, const HostTensor& strings) {
  onnx::TensorProto proto;
  proto.set_data_type(strings.type);
  proto.mutable_dims()->Add(strings.shape.begin(), strings.shape.end());
  for (size_t i = 0; i < strings.size(); ++i) proto.add_string_data(*strings.string(i));
  return write_file_atomically(path, proto.SerializeAsString());
}

Result<Tensor> tensor_of(const HostTensor& host, DType dtype, const std::string& where) {
  if (host.is_strings()) return fail(where, "holds strings, which do not fit {}", dtype_name(dtype));
  Tensor tensor = Tensor::uninitialized({dtype, host.shape});
  Status fits;
  with_type(dtype, [&]<typename T>(T) {
    const auto elements = tensor.as<T>();
    for (size_t i = 0; i < elements.size() && fits; ++i) {
      const double number = host.number(i);
      const bool is_held = (is_float(dtype) && !std::isfinite(number)) ||
                           (number >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
                            number <= static_cast<double>(std::numeric_limits<T>::max()));
      if (is_held) elements[i] = static_cast<T>(number);
      if (!is_held || (!is_float(dtype) && static_cast<double>(elements[i]) != number))
        fits = fail(where, "element {} is {}, which does not fit {}", i, number, dtype_name(dtype));
    }
  });
  MINNOW_TRY(fits);
  return tensor;
}

}  // namespace minnow
