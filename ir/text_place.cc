#include "ir/text_place.h"

#include <charconv>

namespace minnow {
namespace {

// Takes ":7" off the end.
std::optional<int64_t> take_number(std::string_view& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, number);
  if (error != std::errc() || rest != end || number < 1) return std::nullopt;
  text = text.substr(0, colon);
  return number;
}

}  // namespace

std::optional<TextPlace> parse_text_place(std::string_view where) {
  const auto column = take_number(where);
  const auto line = column ? take_number(where) : std::nullopt;
  if (!line) return std::nullopt;
  return TextPlace{std::string(where), *line, *column};
}

}  // namespace minnow
