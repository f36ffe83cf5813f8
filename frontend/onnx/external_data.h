// Tensors whose bytes lie in a file beside the model's.
#pragma once

#include <string>

#include "frontend/onnx/onnx.pb.h"
#include "ir/error.h"

namespace minnow {

// `bytes` bytes of the file that the tensor names, from where it says.
//
// Errors, without a place: a file that is not inside of `folder`, followed through links; one that is too short; a
// length other than `bytes`.
Result<std::string> read_external(const onnx::TensorProto& tensor, const std::string& folder, int64_t bytes);

}  // namespace minnow
