#include "docs/generate/marked_places.h"

#include <fmt/format.h>

#include <regex>
#include <set>
#include <sstream>

namespace minnow {

bool print_with_parts(const std::string& document, const std::map<std::string, std::string>& parts) {
  std::istringstream lines(document);
  std::set<std::string> placed;
  const std::regex place("<!-- ((fields|values|ops|errors|operators|cases) of [A-Za-z0-9. ]+) -->");
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line == "<!-- end -->") inside = false;
    if (!inside) fmt::print("{}\n", line);
    std::smatch match;
    if (!std::regex_match(line, match, place)) continue;
    const auto part = parts.find(match[1]);
    if (part == parts.end()) return fmt::print(stderr, "there are no {}\n", match[1].str()), false;
    fmt::print("{}", part->second);
    placed.insert(match[1]);
    inside = true;
  }
  for (const auto& [name, text] : parts)
    if (!placed.contains(name)) return fmt::print(stderr, "the document has no place for {}\n", name), false;
  return true;
}

}  // namespace minnow
