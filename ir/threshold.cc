#include "ir/threshold.h"

namespace minnow {
namespace {

const Threshold* newest = nullptr;  // of a list that grows before main begins

}  // namespace

Threshold::Threshold(std::string_view name, int64_t value) : name_(name), value_(value), next_(newest) {
  newest = this;
}

std::vector<const Threshold*> Threshold::all() {
  std::vector<const Threshold*> found;
  for (const Threshold* one = newest; one != nullptr; one = one->next_) found.push_back(one);
  return found;
}

}  // namespace minnow
