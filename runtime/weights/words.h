// Lists of words in tables of constants.
#pragma once

#include <string_view>
#include <vector>

namespace minnow {

// "conv1d conv2d" as two; of an empty list one empty word.
inline std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  for (size_t end = 0; end != std::string_view::npos;) {
    end = list.find(' ');
    words.push_back(list.substr(0, end));
    if (end != std::string_view::npos) list.remove_prefix(end + 1);
  }
  return words;
}

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
