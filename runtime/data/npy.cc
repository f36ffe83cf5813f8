#include "runtime/data/npy.h"

#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "ir/printable.h"
#include "runtime/file.h"

namespace minnow {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kHeaderAlignment = 64;
constexpr size_t kQuoted = 40;  // letters of the header in a message

struct NpyType {
  std::string_view descr;
  DType dtype;
  int64_t bytes;
};

// The first row of a dtype is how it is written; <i8 is read only.
constexpr std::array<NpyType, 6> kTypes = {{{"<f4", DType::kF32, 4},
                                            {"<f8", DType::kF64, 8},
                                            {"<i4", DType::kI32, 4},
                                            {"|u1", DType::kU8, 1},
                                            {"|b1", DType::kPred, 1},
                                            {"<i8", DType::kI32, 8}}};

struct NpyHeader {
  const NpyType* type = nullptr;
  Shape shape;
  std::string_view data;
};

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \n\t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \n\t") - first + 1);
}

// What follows `'key':` in the header's dictionary, or empty.
std::string_view value_of(std::string_view dictionary, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = fmt::format("{}{}{}", quote, key, quote);
    const size_t at = dictionary.find(quoted);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = trimmed(dictionary.substr(at + quoted.size()));
    if (rest.starts_with(':')) return trimmed(rest.substr(1));
  }
  return {};
}

Result<const NpyType*> parse_descr(std::string_view value, const std::string& where) {
  if (value.size() < 2 || (value[0] != '\'' && value[0] != '"'))
    return fail(where, "its .npy header has no plain element type ('descr')");
  const std::string_view descr = value.substr(1, value.find(value[0], 1) - 1);
  for (const NpyType& type : kTypes)
    if (type.descr == descr) return &type;
  return fail_with_hint(
      where, fmt::format("holds elements \"{}\"; read are <f4, <f8, <i4, <i8, |u1, |b1", shortened(descr, kQuoted)),
      "save it with x.astype(numpy.float32), or int32 for classes");
}

Result<Shape> parse_shape(std::string_view value, const std::string& where) {
  const size_t close = value.find(')');
  if (!value.starts_with('(') || close == std::string_view::npos) return fail(where, "its .npy header has no 'shape'");
  std::string_view dims = trimmed(value.substr(1, close - 1));
  Shape shape;
  while (!dims.empty()) {
    int64_t dim = 0;
    const auto [end, error] = std::from_chars(dims.data(), dims.data() + dims.size(), dim);
    if (error != std::errc{} || dim < 0)
      return fail(where, "its .npy header has the bad shape ({})", shortened(dims, kQuoted));
    dims = trimmed(dims.substr(static_cast<size_t>(end - dims.data())));
    if (!dims.empty() && dims[0] != ',')
      return fail(where, "its .npy header has a bad shape at \"{}\"", shortened(dims, kQuoted));
    if (!dims.empty()) dims = trimmed(dims.substr(1));
    shape.push_back(dim);
  }
  if (static_cast<int64_t>(shape.size()) > kMaxRank)
    return fail(where, "has {} dimensions; the limit is {}", shape.size(), kMaxRank);
  return shape;
}

// Where the dictionary begins and how long it is, by version.
Result<std::pair<size_t, size_t>> header_extent(std::string_view bytes, const std::string& where) {
  if (bytes.empty()) return fail(where, "is empty, so it holds no array");
  if (!bytes.starts_with(kMagic)) return fail(where, "is not a .npy file: it does not begin with \\x93NUMPY");
  const int version = bytes.size() > 6 ? static_cast<unsigned char>(bytes[6]) : 0;
  if (version != 1 && version != 2) return fail(where, "has .npy version {}; read are 1 and 2", version);
  const size_t length_bytes = version == 1 ? 2 : 4;
  const size_t begin = 8 + length_bytes;
  uint32_t length = 0;
  if (bytes.size() >= begin) std::memcpy(&length, bytes.data() + 8, length_bytes);
  if (bytes.size() < begin || length > bytes.size() - begin) return fail(where, "is truncated within its .npy header");
  return std::pair(begin, size_t{length});
}

Result<NpyHeader> parse_header(std::string_view bytes, const std::string& where) {
  MINNOW_ASSIGN(const auto extent, header_extent(bytes, where));
  const std::string_view dictionary = bytes.substr(extent.first, extent.second);
  NpyHeader header;
  MINNOW_ASSIGN(header.type, parse_descr(value_of(dictionary, "descr"), where));
  MINNOW_ASSIGN(header.shape, parse_shape(value_of(dictionary, "shape"), where));
  if (!value_of(dictionary, "fortran_order").starts_with("False"))
    return fail_with_hint(where, "is not in C order", "save it with numpy.ascontiguousarray(x)");
  header.data = bytes.substr(extent.first + extent.second);
  return header;
}

Result<Tensor> narrowed_to_i32(std::string_view data, Shape shape, const std::string& where) {
  Tensor tensor = Tensor::uninitialized({DType::kI32, std::move(shape)});
  const auto values = tensor.as<int32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t wide = 0;
    std::memcpy(&wide, data.data() + i * sizeof(wide), sizeof(wide));
    values[i] = static_cast<int32_t>(wide);
    if (values[i] != wide) return fail(where, "element {} is {}, which does not fit i32", i, wide);
  }
  return tensor;
}

const NpyType& written_type(DType dtype) {
  for (const NpyType& type : kTypes)
    if (type.dtype == dtype) return type;
  MINNOW_CHECK(false, "no .npy type for {}", dtype_name(dtype));
}

}  // namespace

Result<Tensor> parse_npy(std::string_view bytes, const std::string& where) {
  MINNOW_ASSIGN(NpyHeader header, parse_header(bytes, where));
  const auto elements = checked_element_count(header.shape);
  if (!elements) return fail(where, "claims {} elements; the limit is 2^31", shape_to_string(header.shape));
  const int64_t wanted = *elements * header.type->bytes;
  const auto held = static_cast<int64_t>(header.data.size());
  if (held < wanted) {
    return fail(where, "is truncated: {} of the {} bytes its header {} claims", held, wanted,
                shape_to_string(header.shape));
  }
  if (held > wanted) return fail(where, "has {} trailing bytes", held - wanted);
  if (header.type->bytes != dtype_bytes(header.type->dtype))
    return narrowed_to_i32(header.data, std::move(header.shape), where);
  Tensor tensor = Tensor::uninitialized({header.type->dtype, std::move(header.shape)});
  std::memcpy(tensor.data(), header.data.data(), header.data.size());
  return tensor;
}

Result<Tensor> read_npy(const std::string& path) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path));
  return parse_npy(bytes, path);
}

Status write_npy(const std::string& path, const Tensor& tensor) {
  const Shape& shape = tensor.type().shape;
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                  written_type(tensor.type().dtype).descr, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  constexpr size_t kPreamble = 10;
  while ((kPreamble + dictionary.size() + 1) % kHeaderAlignment != 0) dictionary += ' ';
  dictionary += '\n';
  const auto length = static_cast<uint16_t>(dictionary.size());
  std::string preamble = std::string(kMagic) + '\x01' + '\0';
  preamble += static_cast<char>(length & 0xFF);
  preamble += static_cast<char>(length >> 8);
  const std::array<std::string_view, 3> pieces = {preamble, dictionary, tensor.bytes()};
  return write_file_atomically(path, pieces);
}

}  // namespace minnow
