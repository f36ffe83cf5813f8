#include "tools/report/ir_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>

namespace minnow {
namespace {

using Kind = ChangedLine::Kind;

// A line of IR text, taken apart into what it says and the numbered values that it says it of.
struct Line {
  std::string text;
  std::string key;                  // the text, numbers left out
  std::vector<std::string> values;  // "%0", "%b3", in order
  std::vector<bool> is_defined;     // of each: here, or read
};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-'; }

// The printer's own names, "%12" and "%b3", and not "%fc.weight".
bool is_numbered(std::string_view name) {
  const size_t digits = name.size() > 1 && std::islower(static_cast<unsigned char>(name[1])) != 0 ? 2 : 1;
  return name.size() > digits && std::ranges::all_of(name.substr(digits), is_digit);
}

Line take_apart(std::string_view text) {
  Line line{std::string(text), {}, {}, {}};
  size_t behind_value = std::string_view::npos;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '%')
      while (end < text.size() && is_name(text[end])) ++end;
    const std::string_view token = text.substr(i, end - i);
    if (token == "=" && i == behind_value + 1) {
      // "%0, %1 = ..." defines both; "(%a0 = %x" within defines the one.
      const bool is_first = std::ranges::find(line.is_defined, true) == line.is_defined.end();
      if (is_first) line.is_defined.assign(line.values.size(), true);
      line.is_defined.back() = true;
    }
    if (is_numbered(token)) {
      line.values.emplace_back(token);
      line.is_defined.push_back(false);
      line.key += '%';
      behind_value = end;
    } else {
      line.key += token;
    }
    i = end;
  }
  return line;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(take_apart(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Pairs of lines with equal keys, by index, increasing in both.
using Matches = std::vector<std::pair<size_t, size_t>>;

// Greedy forward search: reach[k] is how far into `a` a path of d edits comes on diagonal k, where k = i - j.
class EditScript {
 public:
  EditScript(const std::vector<Line>& a, const std::vector<Line>& b, size_t skip) : a_(a), b_(b), skip_(skip) {}

  Matches run() {
    const auto n = static_cast<ptrdiff_t>(a_.size() - skip_);
    const auto m = static_cast<ptrdiff_t>(b_.size() - skip_);
    std::vector<ptrdiff_t> reach(static_cast<size_t>(2 * (n + m) + 3), 0);
    const ptrdiff_t zero = n + m + 1;
    for (ptrdiff_t d = 0; d <= std::min(n + m, kMostEdits); ++d) {
      trace_.emplace_back(reach.begin() + zero - d - 1, reach.begin() + zero + d + 2);
      for (ptrdiff_t k = -d; k <= d; k += 2) {
        ptrdiff_t& i = reach[static_cast<size_t>(zero + k)];
        i = start(trace_.back(), d, k);
        while (i < n && i - k < m && equal(i, i - k)) ++i;
        if (i >= n && i - k >= m) return walk_back(n, m, d);
      }
    }
    return {};  // hardly a line is the same
  }

 private:
  static constexpr ptrdiff_t kMostEdits = 4000;

  bool equal(ptrdiff_t i, ptrdiff_t j) const {
    return a_[skip_ + static_cast<size_t>(i)].key == b_[skip_ + static_cast<size_t>(j)].key;
  }
  // Where step d begins on diagonal k; `before` holds what step d - 1 reached, from diagonal -d - 1.
  static ptrdiff_t start(const std::vector<ptrdiff_t>& before, ptrdiff_t d, ptrdiff_t k) {
    if (d == 0) return 0;
    const ptrdiff_t from_above = before[static_cast<size_t>(k + 1 + d + 1)];
    const ptrdiff_t from_left = before[static_cast<size_t>(k - 1 + d + 1)];
    return comes_from_above(d, k, from_above, from_left) ? from_above : from_left + 1;
  }
  static bool comes_from_above(ptrdiff_t d, ptrdiff_t k, ptrdiff_t from_above, ptrdiff_t from_left) {
    return k == -d || (k != d && from_left < from_above);
  }

  Matches walk_back(ptrdiff_t i, ptrdiff_t j, ptrdiff_t steps) const {
    Matches matches;
    const auto add = [&] { matches.emplace_back(skip_ + static_cast<size_t>(--i), skip_ + static_cast<size_t>(--j)); };
    for (ptrdiff_t d = steps; d > 0; --d) {
      const std::vector<ptrdiff_t>& before = trace_[static_cast<size_t>(d)];
      const ptrdiff_t k = i - j;
      const ptrdiff_t from_above = before[static_cast<size_t>(k + 1 + d + 1)];
      const ptrdiff_t from_left = before[static_cast<size_t>(k - 1 + d + 1)];
      const bool above = comes_from_above(d, k, from_above, from_left);
      const ptrdiff_t begin = above ? from_above : from_left + 1;
      while (i > begin) add();
      (above ? j : i) -= 1;
    }
    while (i > 0) add();
    std::ranges::reverse(matches);
    return matches;
  }

  const std::vector<Line>& a_;
  const std::vector<Line>& b_;
  size_t skip_;  // leading lines that are equal
  std::vector<std::vector<ptrdiff_t>> trace_;
};

Matches match(const std::vector<Line>& a, const std::vector<Line>& b) {
  Matches matches;
  size_t skip = 0;
  for (; skip < std::min(a.size(), b.size()) && a[skip].key == b[skip].key; ++skip) matches.emplace_back(skip, skip);
  std::ranges::copy(EditScript(a, b, skip).run(), std::back_inserter(matches));
  return matches;
}

// Which value of the new text stands for one of the old.
class Renaming {
 public:
  // Whether two lines of one key speak of the same values. What they define is the same from here on.
  bool agree(const Line& before, const Line& after) {
    bool same = true;
    for (size_t i = 0; i < before.values.size(); ++i)
      if (!before.is_defined[i]) same &= stands_for(before.values[i], after.values[i]);
    for (size_t i = 0; i < before.values.size(); ++i)
      if (before.is_defined[i]) bind(before.values[i], after.values[i]);
    return same;
  }

 private:
  bool stands_for(const std::string& before, const std::string& after) {
    const auto known = now_.find(before);
    if (known != now_.end()) return known->second == after;
    const auto taken = then_.find(after);
    if (taken != then_.end()) return taken->second == before;
    bind(before, after);
    return true;
  }
  void bind(const std::string& before, const std::string& after) {
    now_[before] = after;
    then_[after] = before;
  }

  std::unordered_map<std::string, std::string> now_, then_;
};

}  // namespace

std::vector<ChangedLine> changed_lines(std::string_view before, std::string_view after) {
  const std::vector<Line> a = lines_of(before);
  const std::vector<Line> b = lines_of(after);
  std::vector<ChangedLine> changes;
  Renaming renaming;
  size_t i = 0, j = 0;
  const auto differ_up_to = [&](size_t to_i, size_t to_j) {
    for (; i < to_i; ++i) changes.push_back({Kind::kRemoved, a[i].text});
    for (; j < to_j; ++j) changes.push_back({Kind::kAdded, b[j].text});
  };
  for (const auto& [at_a, at_b] : match(a, b)) {
    differ_up_to(at_a, at_b);
    if (!renaming.agree(a[at_a], b[at_b])) {
      differ_up_to(at_a + 1, at_b + 1);
      continue;
    }
    changes.push_back({Kind::kSame, b[j].text});
    ++i;
    ++j;
  }
  differ_up_to(a.size(), b.size());
  return changes;
}

std::string format_changes(const std::vector<ChangedLine>& lines, size_t context, bool colour) {
  std::vector<bool> shown(lines.size(), false);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind == Kind::kSame) continue;
    for (size_t k = i - std::min(i, context); k < std::min(lines.size(), i + context + 1); ++k) shown[k] = true;
  }
  std::string text;
  bool is_left_out = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!shown[i]) {
      is_left_out = true;
      continue;
    }
    if (is_left_out) text += "  ...\n";
    is_left_out = false;
    const auto& [kind, line] = lines[i];
    if (kind == Kind::kSame) text += fmt::format("  {}\n", line);
    else if (kind == Kind::kRemoved)
      text += fmt::format("{}- {}{}\n", colour ? "\x1b[31m" : "", line, colour ? "\x1b[0m" : "");
    else text += fmt::format("{}+ {}{}\n", colour ? "\x1b[32m" : "", line, colour ? "\x1b[0m" : "");
  }
  return text;
}

}  // namespace minnow
