#include "frontend/load/mistakes.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "ir/text_place.h"

namespace minnow {
namespace {

// Line and column, behind all others where there are none.
std::pair<int64_t, int64_t> order_of(const Error& error) {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  const auto place = parse_text_place(error.where);
  return place ? std::pair(place->line, place->column) : std::pair(kLast, kLast);
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
  std::ranges::stable_sort(told, {}, order_of);
  const auto left_out = std::ssize(told) - static_cast<int64_t>(std::min(told.size(), kMostTold));
  told.resize(std::min(told.size(), kMostTold));
  Error first = told[0];
  first.others.assign(told.begin() + 1, told.end());
  first.left_out = left_out;
  return tl::unexpected(std::move(first));
}

}  // namespace minnow
