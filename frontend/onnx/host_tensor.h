// A tensor whose elements are known when a graph is read: constants, shapes, and what follows from them. Whole numbers
// are 64 bits wide here, so that nothing is lost before it has to fit into an i32.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/onnx/element_types.h"
#include "ir/error.h"

namespace minnow {

// Shared, so that a string that is repeated costs no more than a number that is.
using HostString = std::shared_ptr<const std::string>;

// Of many elements that are the same, one is enough: a splat.
struct HostTensor {
  ElementType type = onnx::TensorProto::UNDEFINED;
  Shape shape;
  std::vector<int64_t> ints;   // of whole numbers and truth values
  std::vector<double> floats;  // of floats, each a value of the type
  std::vector<HostString> strings = {};

  bool is_float() const { return is_float_element(type); }
  bool is_strings() const { return type == onnx::TensorProto::STRING; }
  size_t held() const { return is_strings() ? strings.size() : is_float() ? floats.size() : ints.size(); }
  size_t size() const { return static_cast<size_t>(element_count(shape)); }
  double number(size_t i) const { return is_float() ? floats[place(i)] : static_cast<double>(ints[place(i)]); }
  int64_t whole(size_t i) const { return ints[place(i)]; }
  const HostString& string(size_t i) const { return strings[place(i)]; }
  // Makes element i, which is held, element j of a tensor of the same type.
  void set(size_t i, const HostTensor& from, size_t j);

  static HostTensor of_ints(Shape shape, std::vector<int64_t> values);  // INT64
  static HostTensor of_strings(Shape shape, const std::vector<std::string>& values);
  static HostTensor zeros(ElementType type, Shape shape);  // strings are empty
  static HostTensor splat(ElementType type, Shape shape, double value);

 private:
  size_t place(size_t i) const { return held() == 1 ? 0 : i; }
};

using KnownTensor = std::shared_ptr<const HostTensor>;

// The nearest value of the type, and a whole number wrapped around to its width.
double rounded_to(ElementType type, double value);
int64_t wrapped_to(ElementType type, int64_t value);

// The elements of a TensorProto. `folder` is where external data lie.
//
// Errors, without a place: an unknown type; dimensions or bytes that lie; more than kMaxElements; external
// data outside of the folder, by links as well, or shorter than it says.
Result<HostTensor> decode_tensor(const onnx::TensorProto& tensor, const std::string& folder);
// The same of floats, as weights hold them.
Result<std::vector<float>> decode_floats(const onnx::TensorProto& tensor, const std::string& folder);

}  // namespace minnow
