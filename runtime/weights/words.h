// Lists of words in tables of constants.
#pragma once

#include <string_view>

namespace minnow {

// Whether `word` is one of those in `list`, with blanks between: "conv1d conv2d".
constexpr bool is_word_of(std::string_view word, std::string_view list) {
  while (!list.empty()) {
    const size_t end = list.find(' ');
    if (list.substr(0, end) == word) return true;
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return false;
}

}  // namespace minnow
