#include "runtime/data/npy_elements.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "interpreter/element_type.h"
#include "runtime/element_types.h"

namespace minnow {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kPieceElements = size_t{1} << 15;

// Elements that C++ has no type for.
struct Half {
  uint16_t bits;
};
struct Flag {
  uint8_t bits;
};

float value_of(Half half) { return from_float16(half.bits); }
uint8_t value_of(Flag flag) { return flag.bits != 0 ? 1 : 0; }
template <typename T>
T value_of(T value) {
  return value;
}

// Calls use(T{}) with the type of the elements in the file.
template <typename Use>
Status with_file_type(const NpyElement& element, Use use) {
  const bool is_signed = element.kind == 'i';
  if (element.kind == 'b') return use(Flag{});
  if (element.kind == 'f') return element.bytes == 2 ? use(Half{}) : element.bytes == 4 ? use(float{}) : use(double{});
  switch (element.bytes) {
    case 1: return is_signed ? use(int8_t{}) : use(uint8_t{});
    case 2: return is_signed ? use(int16_t{}) : use(uint16_t{});
    case 4: return is_signed ? use(int32_t{}) : use(uint32_t{});
    default: return is_signed ? use(int64_t{}) : use(uint64_t{});
  }
}

template <typename Raw>
Raw element_at(const std::byte* bytes, bool is_big_endian) {
  std::array<std::byte, sizeof(Raw)> ordered{};
  std::copy_n(bytes, sizeof(Raw), ordered.begin());
  if (is_big_endian) std::ranges::reverse(ordered);
  return std::bit_cast<Raw>(ordered);
}

// Whether `To`, or a predicate, holds the value; rounding of f32 aside.
template <typename To, typename From>
bool holds(From value, bool is_predicate) {
  if (is_predicate) return value == From{0} || value == From{1};
  if constexpr (std::is_floating_point_v<To>) {
    if constexpr (std::is_floating_point_v<From>) return std::isfinite(static_cast<To>(value)) || !std::isfinite(value);
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    return value == std::floor(value) && value >= From(std::numeric_limits<To>::min()) &&
           static_cast<double>(value) <= std::numeric_limits<To>::max();
  } else {
    return std::in_range<To>(value);
  }
}

// Where in a tensor the elements of a file go, one after the other.
class Places {
 public:
  Places(const Shape& shape, bool is_fortran)
      : shape_(shape), is_fortran_(is_fortran && shape.size() > 1), strides_(row_major_strides(shape)),
        index_(shape.size()) {}

  int64_t next() {
    if (!is_fortran_) return at_++;
    const int64_t place = at_;
    for (size_t dim = 0; dim < shape_.size(); ++dim) {
      at_ += strides_[dim];
      if (++index_[dim] < shape_[dim]) break;
      at_ -= strides_[dim] * shape_[dim];
      index_[dim] = 0;
    }
    return place;
  }

 private:
  const Shape& shape_;
  const bool is_fortran_;
  Shape strides_, index_;
  int64_t at_ = 0;
};

// "element [3,0]"
std::string element_name(const Shape& shape, int64_t place) {
  Shape index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; place /= shape[dim]) index[dim] = place % shape[dim];
  return shape.empty() ? "the element" : fmt::format("element [{}]", fmt::join(index, ","));
}

template <typename Raw, typename To>
class Reader {
 public:
  Reader(ByteStream& from, const NpyElement& element, Tensor& tensor)
      : from_(from), swaps_(element.is_big_endian), is_predicate_(tensor.type().dtype == DType::kPred),
        tensor_(tensor) {}

  Status read(bool is_fortran, const std::string& where) {
    if constexpr (std::is_same_v<Raw, To>)
      if (!swaps_ && !is_fortran && !is_predicate_)
        return from_.read(std::as_writable_bytes(tensor_.as<To>())).map([](int64_t) {});
    Places places(tensor_.type().shape, is_fortran);
    std::vector<std::byte> piece(kPieceElements * sizeof(Raw));
    for (auto left = static_cast<size_t>(tensor_.type().elements()); left > 0;) {
      const size_t count = std::min(left, kPieceElements);
      MINNOW_TRY(from_.read(std::span(piece).first(count * sizeof(Raw))));
      for (size_t i = 0; i < count; ++i)
        store(value_of(element_at<Raw>(&piece[i * sizeof(Raw)], swaps_)), places.next());
      left -= count;
    }
    if (!bad_place_) return {};
    return fail(where, "{} is {}, which {} does not hold", element_name(tensor_.type().shape, *bad_place_), bad_value_,
                dtype_name(tensor_.type().dtype));
  }

 private:
  template <typename From>
  void store(From value, int64_t place) {
    if (holds<To>(value, is_predicate_)) {
      tensor_.as<To>()[static_cast<size_t>(place)] = static_cast<To>(value);
    } else if (!bad_place_ || place < *bad_place_) {
      bad_place_ = place;
      bad_value_ = fmt::format("{}", value);
    }
  }

  ByteStream& from_;
  const bool swaps_, is_predicate_;
  Tensor& tensor_;
  std::optional<int64_t> bad_place_;
  std::string bad_value_;
};

struct WrittenType {
  DType dtype;
  std::string_view descr;
};
constexpr std::array<WrittenType, 5> kWritten = {
    {{DType::kF32, "<f4"}, {DType::kF64, "<f8"}, {DType::kI32, "<i4"}, {DType::kU8, "|u1"}, {DType::kPred, "|b1"}}};

}  // namespace

std::optional<NpyElement> NpyElement::of(std::string_view descr) {
  bool is_big_endian = false;
  if (!descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos) {
    is_big_endian = descr[0] == '>';
    descr.remove_prefix(1);
  }
  constexpr std::array<std::string_view, 12> kKnown = {"f2", "f4", "f8", "i1", "i2", "i4",
                                                       "i8", "u1", "u2", "u4", "u8", "b1"};
  if (descr == "?") descr = "b1";
  if (std::ranges::find(kKnown, descr) == kKnown.end()) return std::nullopt;
  return NpyElement{descr[0], descr[1] - '0', is_big_endian};
}

DType NpyElement::dtype() const {
  if (kind == 'f') return bytes == 8 ? DType::kF64 : DType::kF32;
  if (kind == 'b') return DType::kPred;
  return kind == 'u' && bytes == 1 ? DType::kU8 : DType::kI32;
}

bool NpyElement::is_held_as(DType held) const {
  const bool is_exact = kind != 'b' && bytes == dtype_bytes(held) && dtype() == held;
  return is_exact && (bytes == 1 || !is_big_endian);
}

std::string_view npy_descr(DType dtype) { return std::ranges::find(kWritten, dtype, &WrittenType::dtype)->descr; }

Status read_elements(ByteStream& from, const NpyElement& element, bool is_fortran, Tensor& tensor,
                     const std::string& where) {
  return with_file_type(element, [&]<typename Raw>(Raw) {
    Status status;
    with_type(tensor.type().dtype,
              [&]<typename To>(To) { status = Reader<Raw, To>(from, element, tensor).read(is_fortran, where); });
    return status;
  });
}

}  // namespace minnow
