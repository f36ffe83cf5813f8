#include "frontend/onnx/external_data.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>

#include "ir/printable.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

struct Extent {
  std::string location;
  int64_t offset = 0;
  int64_t length = -1;  // to be told by the shape
};

Result<int64_t> whole_number(const onnx::StringStringEntryProto& entry) {
  const std::string& text = entry.value();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= 0) return number;
  return fail("", "its external {} is \"{}\", which is no number of bytes", printable(entry.key()), printable(text));
}

Result<Extent> extent_of(const onnx::TensorProto& tensor) {
  Extent extent;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") extent.location = entry.value();
    if (entry.key() != "offset" && entry.key() != "length") continue;
    MINNOW_ASSIGN(const int64_t number, whole_number(entry));
    (entry.key() == "offset" ? extent.offset : extent.length) = number;
  }
  if (extent.location.empty()) return fail("", "its data are external, but no file is named");
  return extent;
}

// The file itself, wherever links lead, if that is inside of the folder.
Result<fs::path> path_inside(const std::string& folder, const std::string& location) {
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? fs::path(".") : fs::path(folder), error);
  if (error) return fail("", "its folder {} cannot be opened: {}", printable(folder), error.message());
  const fs::path path = fs::canonical(root / location, error);
  if (error) return fail("", "its external data {} cannot be opened: {}", printable(location), error.message());
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  if (end != root.end())
    return fail_with_hint("",
                          fmt::format("its external data {} lie outside of the model's folder", printable(location)),
                          "put the file beside the model");
  if (!fs::is_regular_file(path, error)) return fail("", "its external data {} are no file", printable(location));
  return path;
}

}  // namespace

Result<std::string> read_external(const onnx::TensorProto& tensor, const std::string& folder, int64_t bytes) {
  MINNOW_ASSIGN(const Extent extent, extent_of(tensor));
  if (extent.length >= 0 && extent.length != bytes)
    return fail("", "its shape needs {} bytes, but its external data are {}", bytes, extent.length);
  MINNOW_ASSIGN(const fs::path path, path_inside(folder, extent.location));
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (error || extent.offset > size || bytes > size - extent.offset) {
    const int64_t end = extent.offset + std::min(bytes, std::numeric_limits<int64_t>::max() - extent.offset);
    return fail("", "its external data are bytes {} to {} of {}, which has {}", extent.offset, end,
                printable(extent.location), error ? 0 : size);
  }
  std::ifstream file(path, std::ios::binary);
  std::string data(static_cast<size_t>(bytes), '\0');
  file.seekg(extent.offset);
  file.read(data.data(), bytes);
  if (!file || file.gcount() != bytes)
    return fail("", "its external data {} cannot be read", printable(extent.location));
  return data;
}

}  // namespace minnow
