// Where in a text an error lies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minnow {

struct TextPlace {
  std::string file;
  int64_t line = 1, column = 1;  // from 1; columns count bytes
};

// Of Error::where, "file:line:column"; nullopt where it says no line.
std::optional<TextPlace> parse_text_place(std::string_view where);

}  // namespace minnow
