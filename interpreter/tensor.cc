#include "interpreter/tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "interpreter/element_type.h"

namespace minnow {
namespace {

template <typename To, typename From>
To convert_element(From value) {
  if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else {
    if (!(value == value)) return 0;
    const double low = std::numeric_limits<To>::lowest();
    const double high = std::numeric_limits<To>::max();
    return static_cast<To>(std::clamp(static_cast<double>(value), low, high));
  }
}

}  // namespace

void Tensor::Free::operator()(std::byte* data) const {
  if (is_owned) ::operator delete(data, std::align_val_t{kTensorAlignment});
}

Tensor Tensor::uninitialized(TensorType type) {
  const auto bytes = static_cast<size_t>(std::max<int64_t>(type.bytes(), 1));
  auto* data = static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kTensorAlignment}));
  return Tensor(std::move(type), data, Free{});
}

Tensor Tensor::zeros(TensorType type) {
  Tensor tensor = uninitialized(std::move(type));
  std::memset(tensor.data(), 0, static_cast<size_t>(tensor.type().bytes()));
  return tensor;
}

Tensor Tensor::clone() const {
  Tensor copy = uninitialized(type_);
  std::memcpy(copy.data(), data(), static_cast<size_t>(type_.bytes()));
  return copy;
}

void Tensor::assign(const Tensor& other) {
  MINNOW_CHECK(type_ == other.type_, "{} into {}", other.type_.to_string(), type_.to_string());
  std::memcpy(data(), other.data(), static_cast<size_t>(type_.bytes()));
}

Tensor Tensor::converted_to(DType dtype) const {
  Tensor result = uninitialized({dtype, type_.shape});
  with_type(type_.dtype, [&]<typename From>(From) {
    with_type(dtype, [&]<typename To>(To) {
      const std::span<const From> from = as<From>();
      const std::span<To> to = result.as<To>();
      std::transform(from.begin(), from.end(), to.begin(), [&](From value) {
        return dtype == DType::kPred ? To(value != From{0}) : convert_element<To>(value);
      });
    });
  });
  return result;
}

Tensor Tensor::reshaped(Shape shape) && {
  MINNOW_CHECK(element_count(shape) == type_.elements(), "{} cannot take the shape {}", type_.to_string(),
               shape_to_string(shape));
  type_.shape = std::move(shape);
  return std::move(*this);
}

Tensor Tensor::rows(int64_t first, int64_t count) const {
  TensorType type = type_;
  const int64_t row_bytes = type.dim(0) == 0 ? 0 : type.bytes() / type.dim(0);
  MINNOW_CHECK(first >= 0 && count >= 0 && first + count <= type.dim(0), "rows {} to {} of {}", first, first + count,
               type.to_string());
  type.shape[0] = count;
  std::byte* begin = data_.get() + first * row_bytes;
  if (const auto& owner = data_.get_deleter().owner) return shared(std::move(type), begin, owner);
  Tensor copy = uninitialized(std::move(type));
  std::memcpy(copy.data(), begin, static_cast<size_t>(count * row_bytes));
  return copy;
}

void Tensor::check_holds(DType dtype) const {
  const bool is_pred_as_bytes = type_.dtype == DType::kPred && dtype == DType::kU8;
  MINNOW_CHECK(type_.dtype == dtype || is_pred_as_bytes, "{} is not made of {}", type_.to_string(), dtype_name(dtype));
}

}  // namespace minnow
