// Weights on disk: the safetensors format (github.com/huggingface/safetensors), a JSON header followed by the
// raw tensors. Files written here also carry a checksum of header and tensors in the metadata,
// "minnow.crc32", so that a damaged file is found out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"

namespace minnow {

using Metadata = std::map<std::string, std::string>;

struct NamedTensor {
  std::string name;
  Tensor tensor;
  std::string_view stored = "F32";  // its element type in the file
  std::string misfit = {};          // the first element that the tensor's type cannot hold, if there is one
};

// A tensor to be written, borrowed for the call.
struct NamedTensorRef {
  std::string_view name;
  const Tensor* tensor = nullptr;
};

struct TensorFile {
  std::vector<NamedTensor> tensors;  // in the order of their data
  Metadata metadata;                 // without the keys "minnow.crc32" and "minnow.format"

  const Tensor* find(std::string_view name) const;  // nullptr if there is none
};

// Writes f32, f64, i32, u8 and pred tensors, of distinct names, atomically.
Status write_safetensors(const std::string& path, const std::vector<NamedTensorRef>& tensors, const Metadata& metadata);
// The same in memory.
std::string safetensors_bytes(const std::vector<NamedTensorRef>& tensors, const Metadata& metadata);

// Reads the same types, and F16 and BF16 as f32, other integers as i32; NamedTensor::misfit says where that does not
// hold a number. Strict: a header that is not JSON or reaches past the file, a name that comes twice, offsets that
// overlap, leave a hole or disagree with the shape, trailing bytes, and a wrong checksum are errors.
Result<TensorFile> read_safetensors(const std::string& path);
// The same from memory; `where` names it in errors.
Result<TensorFile> parse_safetensors(std::string_view bytes, const std::string& where);

}  // namespace minnow
