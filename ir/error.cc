#include "ir/error.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "ir/printable.h"

namespace minnow {

std::string Error::to_string() const {
  std::string text = where.empty() ? "" : where + ": ";
  text += "error: " + message;
  if (!hint.empty()) text += "\n  hint: " + hint;
  text = printable(text, true);
  for (const Error& other : others) text += "\n" + other.to_string();
  if (left_out > 0) text += fmt::format("\nand {} more", left_out);
  return text;
}

tl::unexpected<Error> fail_with_hint(std::string where, std::string message, std::string hint) {
  return tl::unexpected(Error{std::move(where), std::move(message), std::move(hint)});
}

namespace {

// Letters to replace, insert, leave out or swap with their neighbour on the way from `a` to `b`, one row at a
// time.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, above, row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(above, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, row[j - 1] + 1, above[j] + 1});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr size_t kLongestCompared = 256;
  if (name.size() > kLongestCompared) return {};
  const size_t allowed = std::max<size_t>(1, name.size() / 3);
  size_t best_distance = allowed + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared) continue;
    const size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

namespace {
thread_local int throwing_checks = 0;
}  // namespace

ThrowingChecks::ThrowingChecks() { ++throwing_checks; }
ThrowingChecks::~ThrowingChecks() { --throwing_checks; }

void check_failed(const char* file, int line, const char* condition, const std::string& message) {
  if (throwing_checks > 0) throw CheckFailure{fmt::format("{}:{}: {} ({})", file, line, message, condition)};
  fmt::print(stderr, "{}:{}: internal error, please report it: {} ({})\n", file, line, message, condition);
  std::abort();
}

}  // namespace minnow
