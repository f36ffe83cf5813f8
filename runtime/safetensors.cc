#include "runtime/safetensors.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>

#include "runtime/element_types.h"
#include "runtime/file.h"

namespace minnow {
namespace {

static_assert(std::endian::native == std::endian::little);

using nlohmann::json;

constexpr size_t kMaxHeaderBytes = size_t{16} << 20;
constexpr size_t kLengthBytes = 8;
constexpr std::string_view kMetadataKey = "__metadata__";
constexpr std::string_view kChecksumKey = "minnow.crc32";
// Tells that there must be a checksum, so that damage to that key itself is noticed, too.
constexpr std::string_view kFormatKey = "minnow.format";

struct Entry {
  std::string name;
  const StoredType* stored;
  TensorType type;  // of the tensor that it becomes
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct Header {
  json content;
  Metadata metadata;
  std::vector<Entry> entries;
};

uint32_t add_to_checksum(uint32_t checksum, std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(checksum, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// JSON is UTF-8; a model's name in another encoding is not worth losing its weights for.
std::string to_text(const json& header) { return header.dump(-1, ' ', false, json::error_handler_t::replace); }

// What the checksum of a file begins with: the header in canonical form, less the checksum itself.
uint32_t header_checksum(json header) {
  header[kMetadataKey].erase(std::string(kChecksumKey));
  return add_to_checksum(0, to_text(header));
}

// A header has objects of objects of lists. Whatever copies or prints JSON goes down by recursion, so that more would
// exhaust the stack; it is not kept.
constexpr int kMostDepth = 16;

// JSON leaves open what a name that comes twice means, so a strict reader refuses it. nullopt if the text is
// no JSON, or is nested too deeply.
std::optional<json> parse_json(std::string_view text, std::string& duplicate) {
  std::vector<std::set<std::string>> names;
  bool is_too_deep = false;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    is_too_deep = is_too_deep || depth > kMostDepth;
    if (is_too_deep) return false;
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second)
      duplicate = parsed.get<std::string>();
    return true;
  };
  json content = json::parse(text, watch, /*allow_exceptions=*/false);
  if (content.is_discarded() || is_too_deep) return std::nullopt;
  return content;
}

Result<Metadata> parse_metadata(const json& content, const std::string& where) {
  Metadata metadata;
  if (!content.is_object()) return fail(where, "its metadata is not an object of strings");
  for (const auto& [key, value] : content.items()) {
    if (!value.is_string()) return fail(where, "its metadata \"{}\" is not a string", key);
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
Result<Entry> parse_entry(const std::string& name, const json& content, const std::string& where) {
  const auto is_list_of_sizes = [&](const char* key) {
    return content.contains(key) && content[key].is_array() &&
           std::ranges::all_of(content[key], [](const json& item) { return item.is_number_unsigned(); });
  };
  if (!content.is_object() || !content.contains("dtype") || !content["dtype"].is_string() ||
      !is_list_of_sizes("shape") || !is_list_of_sizes("data_offsets") || content["data_offsets"].size() != 2)
    return fail(where, "tensor \"{}\" lacks a proper dtype, shape or data_offsets", name);
  const StoredType* stored = find_stored_type(content["dtype"].get<std::string>());
  if (stored == nullptr) {
    return fail(where, "tensor \"{}\" has type {}; read are {}", name, content["dtype"].get<std::string>(),
                stored_type_names());
  }
  Entry entry{name, stored, {stored->becomes, {}}, content["data_offsets"][0], content["data_offsets"][1]};
  for (const json& dim : content["shape"])
    entry.type.shape.push_back(static_cast<int64_t>(std::min<uint64_t>(dim.get<uint64_t>(), INT64_MAX)));
  if (!checked_element_count(entry.type.shape) || entry.type.rank() > kMaxRank)
    return fail(where, "tensor \"{}\" is too large: {}", name, shape_to_string(entry.type.shape));
  return entry;
}

// In order of offset, each tensor begins where the one before ended, and the last ends with the file.
Status check_layout(std::vector<Entry>& entries, uint64_t data_bytes, const std::string& where) {
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::tie(entry.begin, entry.end, entry.name); });
  uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.end < entry.begin)
      return fail(where, "tensor \"{}\" ends at byte {}, before it begins at byte {}", entry.name, entry.end,
                  entry.begin);
    if (entry.end > data_bytes) {
      return fail(where,
                  "tensor \"{}\" at bytes {} to {} reaches beyond the {} bytes of data: the file is "
                  "truncated or corrupt",
                  entry.name, entry.begin, entry.end, data_bytes);
    }
    if (entry.begin != at) {
      return fail(where, "tensor \"{}\" {} before it", entry.name,
                  entry.begin < at ? "overlaps the one" : "leaves a hole");
    }
    if (entry.end - entry.begin != static_cast<uint64_t>(entry.type.elements() * entry.stored->bytes)) {
      return fail(where, "tensor \"{}\" is {}{} but takes {} bytes", entry.name, entry.stored->name,
                  shape_to_string(entry.type.shape), entry.end - entry.begin);
    }
    at = entry.end;
  }
  if (at != data_bytes) return fail(where, "has {} trailing bytes", data_bytes - at);
  return {};
}

Result<std::string_view> header_text(std::string_view bytes, const std::string& where) {
  if (bytes.empty()) return fail(where, "is empty, so it holds no tensor");
  if (bytes.size() < kLengthBytes) return fail(where, "is truncated: {} bytes are no safetensors file", bytes.size());
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeaderBytes) return fail(where, "is not a safetensors file: it claims a header of {} bytes", length);
  if (length > bytes.size() - kLengthBytes) return fail(where, "is truncated within its header of {} bytes", length);
  return bytes.substr(kLengthBytes, length);
}

Result<Header> parse_header(std::string_view text, const std::string& where) {
  std::string duplicate;
  std::optional<json> content = parse_json(text, duplicate);
  if (!content || !content->is_object())
    return fail(where, "is not a safetensors file: its header is not a JSON object of objects of lists");
  if (!duplicate.empty()) return fail(where, "the name \"{}\" comes twice", duplicate);
  Header header;
  for (const auto& [name, value] : content->items()) {
    if (name == kMetadataKey) {
      MINNOW_ASSIGN(header.metadata, parse_metadata(value, where));
    } else {
      MINNOW_ASSIGN(Entry entry, parse_entry(name, value, where));
      header.entries.push_back(std::move(entry));
    }
  }
  header.content = *std::move(content);
  return header;
}

// A file of another program's has no checksum; then there is nothing to compare. Takes our own keys out.
Status check_checksum(Header& header, std::string_view data, const std::string& where) {
  const auto stored = header.metadata.find(std::string(kChecksumKey));
  const bool is_ours = header.metadata.erase(std::string(kFormatKey)) > 0;
  if (stored == header.metadata.end() && is_ours) return fail(where, "is corrupt: its checksum is gone");
  if (stored == header.metadata.end()) return {};
  const uint32_t actual = add_to_checksum(header_checksum(std::move(header.content)), data);
  if (stored->second != fmt::format("{:08x}", actual))
    return fail(where, "is corrupt: its checksum is {:08x}, but {} was written", actual, stored->second);
  header.metadata.erase(stored);
  return {};
}

json describe(const std::vector<NamedTensorRef>& tensors, const Metadata& metadata) {
  json header;
  header[kMetadataKey] = metadata;
  header[kMetadataKey][std::string(kFormatKey)] = "1";
  int64_t at = 0;
  for (const NamedTensorRef& named : tensors) {
    const TensorType& type = named.tensor->type();
    MINNOW_CHECK(!header.contains(named.name), "two tensors are named \"{}\"", named.name);
    header[std::string(named.name)] = {
        {"dtype", stored_type_of(type.dtype).name}, {"shape", type.shape}, {"data_offsets", {at, at + type.bytes()}}};
    at += type.bytes();
  }
  return header;
}

}  // namespace

const Tensor* TensorFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
  return found == tensors.end() ? nullptr : &found->tensor;
}

namespace {

// All that stands in front of the tensors.
std::string head_of(const std::vector<NamedTensorRef>& tensors, const Metadata& metadata) {
  json header = describe(tensors, metadata);
  uint32_t checksum = header_checksum(header);
  for (const NamedTensorRef& named : tensors) checksum = add_to_checksum(checksum, named.tensor->bytes());
  header[kMetadataKey][std::string(kChecksumKey)] = fmt::format("{:08x}", checksum);

  std::string text = to_text(header);
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + text;
}

}  // namespace

std::string safetensors_bytes(const std::vector<NamedTensorRef>& tensors, const Metadata& metadata) {
  std::string bytes = head_of(tensors, metadata);
  for (const NamedTensorRef& named : tensors) bytes += named.tensor->bytes();
  return bytes;
}

Status write_safetensors(const std::string& path, const std::vector<NamedTensorRef>& tensors,
                         const Metadata& metadata) {
  const std::string head = head_of(tensors, metadata);
  std::vector<std::string_view> pieces = {head};
  for (const NamedTensorRef& named : tensors) pieces.push_back(named.tensor->bytes());
  return write_file_atomically(path, pieces);
}

Result<TensorFile> parse_safetensors(std::string_view bytes, const std::string& where) {
  MINNOW_ASSIGN(const std::string_view text, header_text(bytes, where));
  MINNOW_ASSIGN(Header header, parse_header(text, where));
  const std::string_view data = bytes.substr(kLengthBytes + text.size());
  MINNOW_TRY(check_layout(header.entries, data.size(), where));
  MINNOW_TRY(check_checksum(header, data, where));
  TensorFile file;
  file.metadata = std::move(header.metadata);
  for (Entry& entry : header.entries) {
    Tensor tensor = Tensor::uninitialized(std::move(entry.type));
    const auto misfit = entry.stored->read(data.data() + entry.begin, tensor);
    file.tensors.push_back({std::move(entry.name), std::move(tensor), entry.stored->name, misfit.value_or("")});
  }
  return file;
}

Result<TensorFile> read_safetensors(const std::string& path) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path));
  return parse_safetensors(bytes, path);
}

}  // namespace minnow
