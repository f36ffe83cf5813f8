// A tensor that owns its elements: row-major, contiguous, aligned to 64 bytes. Moves are cheap, a copy is
// written out as clone(), so that none happens unseen. What a caller of the library has in memory is borrowed, a file
// that is mapped into memory shared.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include "ir/error.h"
#include "ir/type.h"

namespace minnow {

inline constexpr size_t kTensorAlignment = 64;

// The element type that C++ type T stands for. A kPred tensor is read as uint8_t, too.
template <typename T>
inline constexpr DType kDTypeOf = [] {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, int32_t> ||
                std::is_same_v<T, uint8_t>);
  if constexpr (std::is_same_v<T, float>) return DType::kF32;
  if constexpr (std::is_same_v<T, double>) return DType::kF64;
  if constexpr (std::is_same_v<T, int32_t>) return DType::kI32;
  return DType::kU8;
}();

class Tensor {
 public:
  Tensor() : Tensor(uninitialized({DType::kF32, {0}})) {}

  // All of these need a valid shape (checked_element_count).
  static Tensor zeros(TensorType type);
  static Tensor uninitialized(TensorType type);
  // `values` holds type.elements() elements of T.
  template <typename T>
  static Tensor from(TensorType type, std::span<const T> values);
  template <typename T>
  static Tensor from(TensorType type, std::initializer_list<T> values) {
    return from<T>(std::move(type), std::span<const T>(values.begin(), values.size()));
  }

  // Elements that lie with the caller, aligned to their own size, and outlive the tensor. What only reads the tensor,
  // leaves them as they are.
  static Tensor borrowed(TensorType type, std::byte* data) { return Tensor(std::move(type), data, Free{false, {}}); }
  // The same of elements that lie in memory of `owner`, which lives as long as the tensor.
  static Tensor shared(TensorType type, std::byte* data, std::shared_ptr<const void> owner) {
    return Tensor(std::move(type), data, Free{false, std::move(owner)});
  }

  Tensor clone() const;
  // The elements of a tensor of the same type, which from now on stand where this one's did.
  void assign(const Tensor& other);
  // The same values as another element type. To kPred: is it other than zero. To an integer: rounded toward
  // zero, held to the range of the type, NaN to 0.
  Tensor converted_to(DType dtype) const;
  // The same elements under another shape of as many elements.
  Tensor reshaped(Shape shape) &&;
  // Rows [first, first + count) of [N,...]: a copy, but of shared memory those that lie there.
  Tensor rows(int64_t first, int64_t count) const;

  const TensorType& type() const { return type_; }
  int64_t dim(int64_t i) const { return type_.dim(i); }
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(data()), static_cast<size_t>(type_.bytes())}; }

  // The elements, row-major. T must be the tensor's own element type.
  template <typename T>
  std::span<T> as() {
    check_holds(kDTypeOf<T>);
    return {reinterpret_cast<T*>(data()), static_cast<size_t>(type_.elements())};
  }
  template <typename T>
  std::span<const T> as() const {
    check_holds(kDTypeOf<T>);
    return {reinterpret_cast<const T*>(data()), static_cast<size_t>(type_.elements())};
  }

 private:
  struct Free {
    bool is_owned = true;
    std::shared_ptr<const void> owner = {};  // of memory that is shared
    void operator()(std::byte* data) const;
  };

  Tensor(TensorType type, std::byte* data, Free free) : type_(std::move(type)), data_(data, std::move(free)) {}
  void check_holds(DType dtype) const;

  TensorType type_;
  std::unique_ptr<std::byte, Free> data_;
};

template <typename T>
Tensor Tensor::from(TensorType type, std::span<const T> values) {
  Tensor tensor = uninitialized(std::move(type));
  const std::span<T> elements = tensor.as<T>();
  MINNOW_CHECK(values.size() == elements.size(), "{} values for {}", values.size(), tensor.type().to_string());
  std::copy(values.begin(), values.end(), elements.begin());
  return tensor;
}

}  // namespace minnow
