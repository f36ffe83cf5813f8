#include "frontend/load/mistakes.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace minnow {
namespace {

constexpr int64_t kNoLine = int64_t{1} << 40;

// Line and column of "file:line:column", behind all others where there are none.
std::pair<int64_t, int64_t> place_of(const Error& error) {
  const auto number_behind = [&](size_t colon) {
    int64_t number = 0;
    const char* end = error.where.data() + error.where.size();
    const auto [rest, code] =
        std::from_chars(error.where.data() + std::min(colon + 1, error.where.size()), end, number);
    return code == std::errc() && (rest == end || *rest == ':') ? number : kNoLine;
  };
  const size_t column = error.where.rfind(':');
  if (column == std::string::npos || column == 0) return {kNoLine, kNoLine};
  const size_t line = error.where.rfind(':', column - 1);
  if (line == std::string::npos) return {kNoLine, kNoLine};
  return {number_behind(line), number_behind(column)};
}

}  // namespace

void Mistakes::add(const Status& status) {
  if (status) return;
  Error error = status.error();
  std::vector<Error> others = std::move(error.others);
  error.others.clear();
  found_.push_back(std::move(error));
  for (Error& other : others) found_.push_back(std::move(other));
}

Status Mistakes::status() const {
  if (found_.empty()) return {};
  std::vector<Error> told;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Error& error : found_)
    if (seen.emplace(error.where, error.message).second) told.push_back(error);
  std::ranges::stable_sort(told, {}, place_of);
  const auto left_out = std::ssize(told) - static_cast<int64_t>(std::min(told.size(), kMostTold));
  told.resize(std::min(told.size(), kMostTold));
  Error first = told[0];
  first.others.assign(told.begin() + 1, told.end());
  first.left_out = left_out;
  return tl::unexpected(std::move(first));
}

}  // namespace minnow
