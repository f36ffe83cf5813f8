// What a pass changed, as a reader sees it: the lines of a function's text that went and came. A value that only has
// another number than before is no change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minnow {

struct ChangedLine {
  enum class Kind { kSame, kRemoved, kAdded };
  Kind kind = Kind::kSame;
  std::string text;  // of a line that is the same: as it is numbered now
};

// All lines of both texts, each once, in order; what is removed stands before what is added in its place. The
// alignment is a shortest edit script (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) over the lines
// without the numbers of values, of which those are taken back whose operands are not the same values.
std::vector<ChangedLine> changed_lines(std::string_view before, std::string_view after);

// "- old", "+ new" and `context` lines around, with "..." for what is left out; red and green in `colour`. Empty where
// nothing changed.
std::string format_changes(const std::vector<ChangedLine>& lines, size_t context, bool colour);

}  // namespace minnow
