// NumPy's .npy files (numpy.org/neps/nep-0001-npy-format), alone or as members of an .npz archive.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/data/file_bytes.h"
#include "runtime/data/npy_elements.h"

namespace minnow {

// "data.npz:x" is the member x, or x.npy, of the archive data.npz; one that has no other needs no name.
struct ArrayPath {
  std::string file;
  std::string member;  // or empty

  static ArrayPath of(const std::string& path);
  std::string to_string() const { return member.empty() ? file : file + ":" + member; }
};

// An array in a file, whose elements are read only once it is clear what they are to be.
class NpyArray {
 public:
  // Versions 1 to 3, C and Fortran order, whatever NpyElement stands for.
  static Result<NpyArray> open(const std::string& path);
  // The same from memory, which outlives it; `where` names it in errors.
  static Result<NpyArray> open(std::string_view bytes, const std::string& where);

  const Shape& shape() const { return shape_; }
  // What holds every value, or, of integers beyond 32 bits, as many as there can be: f2 and f4 are f32, f8 is f64, u1
  // is u8, other integers are i32.
  DType dtype() const { return element_.dtype(); }
  TensorType type() const { return {dtype(), shape_}; }
  // The elements, once. f32 may round; any other value that `dtype` does not hold is an error with the first place.
  Result<Tensor> read(DType dtype);
  // The same, but what a file holds as it is wanted may stay there, which is one of `files` then.
  Result<Tensor> read_or_map(DType dtype, MappedFiles& files);

 private:
  NpyArray(std::string where, std::unique_ptr<ByteStream> bytes) : where_(std::move(where)), bytes_(std::move(bytes)) {}
  static Result<NpyArray> open(std::shared_ptr<const FileBytes> file, const std::string& member);
  static Result<NpyArray> of_stream(std::string where, std::unique_ptr<ByteStream> bytes);
  Result<std::string> take(int64_t count);
  Status check_size() const;

  std::string where_;
  std::shared_ptr<const FileBytes> file_;  // that is this array alone; else nullptr
  std::unique_ptr<ByteStream> bytes_;
  int64_t taken_ = 0;
  Shape shape_;
  NpyElement element_;
  bool is_fortran_ = false;
};

// As its dtype().
Result<Tensor> read_npy(const std::string& path);
Result<Tensor> parse_npy(std::string_view bytes, const std::string& where);
// Writes version 1, atomically.
Status write_npy(const std::string& path, const Tensor& tensor);

}  // namespace minnow
