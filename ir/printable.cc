#include "ir/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace minnow {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Bytes of the code point that `text` begins with, 0 if it is none to show: no UTF-8, a control character, or one that
// turns or breaks lines.
size_t shown_bytes(std::string_view text) {
  const auto [point, bytes] = first_code_point(text);
  const bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
  const bool turns_text = (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
  const bool is_forbidden = point == 0xFFFE || point == 0xFFFF || point == 0x2028 || point == 0x2029;
  return is_control || turns_text || is_forbidden ? 0 : bytes;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
  uint32_t point = first & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {};
    point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = point >= 0xD800 && point < 0xE000;
  return point < kLeast[bytes] || point > 0x10FFFF || is_surrogate ? CodePoint{} : CodePoint{point, bytes};
}

std::string printable(std::string_view text, bool keeps_lines) {
  std::string shown;
  while (!text.empty()) {
    size_t length = shown_bytes(text);
    if (keeps_lines && text[0] == '\n') length = 1;
    if (length == 0) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      length = 1;
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return shown;
}

size_t letter_count(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char byte) { return !is_continuation(byte); }));
}

std::string shortened(std::string_view text, size_t letters) {
  if (letter_count(text) <= letters) return std::string(text);
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end)
    if (!is_continuation(text[end]) && seen++ + 1 >= letters) break;
  return std::string(text.substr(0, end)) + "…";
}

std::string element_text(double element, DType dtype) {
  if (std::isnan(element)) return "nan";
  if (!is_float(dtype)) return fmt::format("{}", static_cast<int64_t>(element));
  return dtype == DType::kF32 ? fmt::format("{:.9g}", element) : fmt::format("{:.17g}", element);
}

std::string fit_for_files(std::string name) {
  for (char& c : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '=' || c == '-' || c == '+';
    if (!is_plain && c != '_') c = c == ' ' ? ',' : '_';
  }
  if (name.starts_with('.')) name[0] = '_';
  constexpr size_t kLongest = 200;
  return name.substr(0, kLongest);
}

std::string name_apart(const std::string& name, std::set<std::string>& taken) {
  std::string apart = name;
  for (int i = 2; !taken.insert(apart).second; ++i) apart = fmt::format("{},{}", name, i);
  return apart;
}

}  // namespace minnow
