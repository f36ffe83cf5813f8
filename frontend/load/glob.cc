#include "frontend/load/glob.h"

namespace minnow {

bool matches_glob(std::string_view pattern, std::string_view name) {
  size_t at = 0, in_pattern = 0, behind_star = std::string_view::npos, resumed = 0;
  while (at < name.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      behind_star = ++in_pattern;
      resumed = at;
    } else if (in_pattern < pattern.size() && (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
      ++in_pattern;
      ++at;
    } else if (behind_star != std::string_view::npos) {
      in_pattern = behind_star;
      at = ++resumed;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace minnow
