// Tensors as ONNX writes them, TensorProto in a file, F.pb.
#pragma once

#include <string>

#include "frontend/onnx/host_tensor.h"
#include "interpreter/tensor.h"

namespace minnow {

// A tensor of a file: F.pb, or any array of NumPy.
Result<HostTensor> read_host_tensor(const std::string& path);

// Writes strings to F.pb.
Status write_strings(const std::string& path, const HostTensor& strings);

// The same elements as this type holds them; whole numbers that it does not are an error at `where`.
Result<Tensor> tensor_of(const HostTensor& host, DType dtype, const std::string& where);

}  // namespace minnow
