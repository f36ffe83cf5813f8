#include "tools/flags/error_text.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "frontend/load/read_bytes.h"
#include "ir/printable.h"
#include "ir/text_place.h"

namespace minnow {
namespace {

constexpr size_t kTabWidth = 8;
constexpr size_t kMostBefore = 60, kMostBehind = 60;  // letters of a line around the place

std::optional<std::string> line_of(std::istream& text, int64_t number) {
  for (; number > 1; --number) text.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  std::string line;
  if (!std::getline(text, line)) return std::nullopt;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<std::string> line_at(const TextPlace& place) {
  constexpr std::string_view kStdin = "-";
  const bool is_piped = place.file == shown_path(std::string(kStdin)) || place.file.starts_with("/dev/");
  if (!is_piped) {
    std::ifstream file(place.file, std::ios::binary);
    return line_of(file, place.line);
  }
  const auto bytes = read_bytes(place.file.starts_with("/dev/") ? place.file : std::string(kStdin), "text");
  if (!bytes) return std::nullopt;
  std::istringstream text(*bytes);
  return line_of(text, place.line);
}

std::string without_tabs(std::string_view text, size_t begin) {
  std::string plain;
  for (const char c : text)
    plain += c == '\t' ? std::string(kTabWidth - (begin + plain.size()) % kTabWidth, ' ') : std::string(1, c);
  return plain;
}

// The last so many letters.
std::string end_of(const std::string& text, size_t letters) {
  size_t begin = text.size();
  for (; begin > 0 && letters > 0; --letters) {
    --begin;
    while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;  // within a letter of UTF-8
  }
  return begin == 0 ? text : "…" + text.substr(begin);
}

// The line and, below it, a caret under the place; nothing where there is no such line.
std::string excerpt(const TextPlace& place) {
  const auto line = line_at(place);
  const auto before_bytes = static_cast<size_t>(place.column) - 1;
  if (!line || before_bytes > line->size()) return {};
  const std::string before = without_tabs(std::string_view(*line).substr(0, before_bytes), 0);
  const std::string behind = without_tabs(std::string_view(*line).substr(before_bytes), before.size());
  const std::string shown = end_of(printable(before), kMostBefore);
  const std::string number = std::to_string(place.line);
  return fmt::format("  {} | {}{}\n  {:{}} | {:{}}^\n", number, shown, shortened(printable(behind), kMostBehind), "",
                     number.size(), "", letter_count(shown));
}

// Each line cut where it is long.
std::string with_short_lines(std::string_view text) {
  constexpr size_t kMostLetters = 2000;
  std::string lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines += shortened(text.substr(begin, end - begin), kMostLetters) + "\n";
    begin = end + 1;
  }
  return lines;
}

std::string text_of_one(const Error& error) {
  std::string text = with_short_lines(Error{error.where, error.message, {}}.to_string());
  if (const auto place = parse_text_place(error.where)) text += excerpt(*place);
  if (!error.hint.empty()) text += with_short_lines(printable("  hint: " + error.hint, true));
  return text;
}

}  // namespace

std::string error_text(const Error& error) {
  std::string text = text_of_one(error);
  for (const Error& other : error.others) text += text_of_one(other);
  if (error.left_out > 0) text += fmt::format("and {} more\n", error.left_out);
  return text;
}

}  // namespace minnow
