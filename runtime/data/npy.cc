#include "runtime/data/npy.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include "ir/printable.h"
#include "runtime/data/zip.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr int64_t kPreambleBytes = 8;  // the magic and two bytes of version
constexpr int64_t kMostHeaderBytes = int64_t{1} << 20;
constexpr size_t kHeaderAlignment = 64;
constexpr size_t kQuoted = 40;  // letters of the header in a message
constexpr std::string_view kArchive = ".npz";
constexpr std::string_view kMember = ".npy";

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

Result<NpyElement> parse_descr(std::string_view value, const std::string& where) {
  if (value.size() < 2 || (value[0] != '\'' && value[0] != '"'))
    return fail(where, "its .npy header has no plain element type ('descr')");
  const std::string_view descr = value.substr(1, value.find(value[0], 1) - 1);
  if (const auto element = NpyElement::of(descr)) return *element;
  return fail_with_hint(
      where,
      fmt::format("holds elements \"{}\"; read are f2, f4, f8, i1 to i8, u1 to u8 and b1", shortened(descr, kQuoted)),
      "save it with x.astype(numpy.float32), or int32 for classes");
}

Result<bool> parse_order(std::string_view value, const std::string& where) {
  if (value.starts_with("True")) return true;
  if (value.starts_with("False")) return false;
  return fail(where, "its .npy header does not say whether it is in 'fortran_order'");
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

// How many bytes hold the header's length, by version.
Result<int64_t> length_bytes(std::string_view preamble, const std::string& where) {
  if (preamble.empty()) return fail(where, "is empty, so it holds no array");
  if (!preamble.starts_with(kMagic)) return fail(where, "is not a .npy file: it does not begin with \\x93NUMPY");
  const int version = std::ssize(preamble) == kPreambleBytes ? static_cast<unsigned char>(preamble[6]) : 0;
  if (version < 1 || version > 3) return fail(where, "has .npy version {}; read are 1, 2 and 3", version);
  return version == 1 ? 2 : 4;
}

std::vector<std::string> names_of_arrays(const std::vector<ZipMember>& members) {
  std::vector<std::string> names;
  for (const ZipMember& member : members)
    if (member.name.ends_with(kMember)) names.push_back(member.name.substr(0, member.name.size() - kMember.size()));
  return names;
}

std::string names_listed(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  const std::vector<std::string> first(names.begin(), names.begin() + static_cast<long>(std::min(names.size(), kMost)));
  return fmt::format("{}{}", fmt::join(first, ", "),
                     names.size() > kMost ? fmt::format(" and {} more", names.size() - kMost) : "");
}

Result<const ZipMember*> choose_member(const std::vector<ZipMember>& members, const std::string& name,
                                       const std::string& path) {
  const std::vector<std::string> names = names_of_arrays(members);
  if (names.empty()) return fail(path, "is an archive without an array: none of its members is called NAME.npy");
  if (name.empty() && names.size() > 1)
    return fail_with_hint(path, fmt::format("holds {} arrays: {}", names.size(), names_listed(names)),
                          fmt::format("name one: {}:{}", path, names[0]));
  const std::string wanted = (name.empty() ? names[0] : name) + std::string(name.ends_with(kMember) ? "" : kMember);
  const auto found = std::ranges::find(members, wanted, &ZipMember::name);
  if (found != members.end()) return &*found;
  const std::string nearest = nearest_name(name, names);
  return fail_with_hint(path, fmt::format("holds no array \"{}\"", name),
                        nearest.empty() ? "it holds " + names_listed(names) : fmt::format("did you mean {}?", nearest));
}

}  // namespace

ArrayPath ArrayPath::of(const std::string& path) {
  const size_t end = path.find(std::string(kArchive) + ":");
  if (end == std::string::npos) return {path, {}};
  const size_t colon = end + kArchive.size();
  return {path.substr(0, colon), path.substr(colon + 1)};
}

Result<NpyArray> NpyArray::open(const std::string& path) {
  const ArrayPath array = ArrayPath::of(path);
  MINNOW_ASSIGN(FileBytes file, FileBytes::open(array.file));
  return open(std::make_shared<const FileBytes>(std::move(file)), array.member);
}

Result<NpyArray> NpyArray::open(std::string_view bytes, const std::string& where) {
  return open(std::make_shared<const FileBytes>(FileBytes::of(bytes, where)), {});
}

Result<NpyArray> NpyArray::open(std::shared_ptr<const FileBytes> file, const std::string& member) {
  const std::string& path = file->path();
  MINNOW_ASSIGN(const bool is_archive, is_zip(*file));
  if (is_archive) {
    MINNOW_ASSIGN(const std::vector<ZipMember> members, list_zip(*file));
    MINNOW_ASSIGN(const ZipMember* chosen, choose_member(members, member, path));
    MINNOW_ASSIGN(auto stream, open_member(file, *chosen));
    return of_stream(path + ":" + chosen->name.substr(0, chosen->name.size() - kMember.size()), std::move(stream));
  }
  if (!member.empty()) return fail(path, "is no archive, so it has no member \"{}\"", member);
  MINNOW_ASSIGN(NpyArray array, of_stream(path, stream_of(file)));
  array.file_ = file;
  return array;
}

Result<std::string> NpyArray::take(int64_t count) {
  std::string bytes(static_cast<size_t>(std::min(count, bytes_->size() - taken_)), '\0');
  MINNOW_ASSIGN(const int64_t got, bytes_->read(std::as_writable_bytes(std::span(bytes))));
  taken_ += got;
  return bytes;
}

Result<NpyArray> NpyArray::of_stream(std::string where, std::unique_ptr<ByteStream> bytes) {
  NpyArray array(std::move(where), std::move(bytes));
  MINNOW_ASSIGN(const std::string preamble, array.take(kPreambleBytes));
  MINNOW_ASSIGN(const int64_t wanted, length_bytes(preamble, array.where_));
  MINNOW_ASSIGN(const std::string length, array.take(wanted));
  uint32_t count = 0;
  std::memcpy(&count, length.data(), length.size());
  if (count > kMostHeaderBytes)
    return fail(array.where_, "has an .npy header of {} bytes; the limit is {}", count, kMostHeaderBytes);
  MINNOW_ASSIGN(const std::string header, array.take(count));
  if (std::ssize(length) < wanted || header.size() < count)
    return fail(array.where_, "is truncated within its .npy header");
  MINNOW_ASSIGN(array.element_, parse_descr(value_of(header, "descr"), array.where_));
  MINNOW_ASSIGN(array.shape_, parse_shape(value_of(header, "shape"), array.where_));
  MINNOW_ASSIGN(array.is_fortran_, parse_order(value_of(header, "fortran_order"), array.where_));
  return array;
}

Status NpyArray::check_size() const {
  const auto elements = checked_element_count(shape_);
  if (!elements) return fail(where_, "claims {} elements; the limit is 2^31", shape_to_string(shape_));
  const int64_t wanted = *elements * element_.bytes, held = bytes_->size() - taken_;
  if (held < wanted)
    return fail(where_, "is truncated: {} of the {} bytes its header {} claims", held, wanted, shape_to_string(shape_));
  if (held > wanted) return fail(where_, "has {} trailing bytes", held - wanted);
  return {};
}

Result<Tensor> NpyArray::read(DType dtype) {
  MINNOW_TRY(check_size());
  Tensor tensor = Tensor::uninitialized({dtype, shape_});
  MINNOW_TRY(read_elements(*bytes_, element_, is_fortran_, tensor, where_));
  return tensor;
}

// Whole numbers are read: they are checked once, and what is found by them, such as a token's row, must be there.
Result<Tensor> NpyArray::read_or_map(DType dtype, MappedFiles& files) {
  MINNOW_TRY(check_size());
  const bool is_as_wanted = element_.is_held_as(dtype) && dtype != DType::kI32 && taken_ % element_.bytes == 0 &&
                            (!is_fortran_ || shape_.size() < 2);
  auto mapped = is_as_wanted && file_ ? file_->map() : nullptr;
  if (!mapped) return read(dtype);
  files.push_back(mapped);
  return tensor_in(mapped, taken_, {dtype, shape_});
}

Result<Tensor> read_npy(const std::string& path) {
  MINNOW_ASSIGN(NpyArray array, NpyArray::open(path));
  return array.read(array.dtype());
}

Result<Tensor> parse_npy(std::string_view bytes, const std::string& where) {
  MINNOW_ASSIGN(NpyArray array, NpyArray::open(bytes, where));
  return array.read(array.dtype());
}

Status write_npy(const std::string& path, const Tensor& tensor) {
  const Shape& shape = tensor.type().shape;
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", npy_descr(tensor.type().dtype),
                  fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
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
