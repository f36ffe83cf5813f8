#include "codegen/element/computed_elements.h"

#include <functional>

namespace minnow {

size_t ComputedElements::Hash::operator()(const Key& key) const {
  size_t hash = 0;
  const auto mix = [&](size_t part) { hash = (hash ^ part) * 0x9e3779b97f4a7c15 + (hash >> 29); };
  mix(std::hash<const void*>()(key.value));
  mix(std::hash<const void*>()(key.mask));
  for (const Coord& coord : key.at) {
    mix(std::hash<const void*>()(coord.variable));
    mix(static_cast<size_t>(coord.constant));
    mix(static_cast<size_t>(coord.step) * 2 + (coord.per_lane ? 1 : 0));
  }
  return hash;
}

llvm::Value* ComputedElements::find(const Value* value, const llvm::Value* mask, const Position& at) const {
  const auto found = elements_.find({value, mask, at});
  return found == elements_.end() ? nullptr : found->second;
}

void ComputedElements::add(const Value* value, const llvm::Value* mask, const Position& at, llvm::Value* element) {
  const auto [added, is_new] = elements_.insert_or_assign({value, mask, at}, element);
  if (is_new) order_.push_back(&added->first);
}

void ComputedElements::shrink(size_t size) {
  for (; order_.size() > size; order_.pop_back()) elements_.erase(elements_.find(*order_.back()));
}

}  // namespace minnow
