// Walks over a graph of values that reach each one once, however many paths lead there, and on a stack of their own:
// what they cost grows with the number of values, and a network may be as deep as it likes. A plain recursion over
// operands is neither.
#pragma once

#include <concepts>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ir/steps.h"

namespace minnow {

// visit(item, reach) of everything that is reached from `roots`, where reach(next) has `next` visited as well.
template <typename Item, typename Hash = std::hash<Item>, typename Visit>
void visit_each_once(std::vector<Item> roots, Visit visit) {
  std::vector<Item> open;
  std::unordered_set<Item, Hash> reached;
  const auto reach = [&](const Item& item) {
    if (reached.insert(item).second) open.push_back(item);
  };
  for (const Item& root : roots) reach(root);
  while (!open.empty()) {
    const Item item = std::move(open.back());
    open.pop_back();
    count_steps();
    visit(item, reach);
  }
}

// Answers that are found from the answers for operands, each once, and remembered. Items are pointers.
template <typename Item, typename Answer>
class Answers {
 public:
  // `operand(item, i)` is the i-th that has to be answered before, nullptr behind the last; `answer(item)` may then ask
  // for known() ones.
  template <typename Operand, typename Find>
  const Answer& find(Item root, Operand operand, Find answer) {
    std::vector<std::pair<Item, size_t>> path;  // and which of its operands comes next
    if (!known_.contains(root)) path.emplace_back(root, 0);
    while (!path.empty()) {
      auto& [item, next] = path.back();
      Item before = operand(item, next++);
      if (before == nullptr) {
        count_steps();
        known_.emplace(item, answer(item));
        path.pop_back();
      } else if (!known_.contains(before)) {
        path.emplace_back(before, 0);
      }
    }
    return known_.at(root);
  }
  const Answer& known(Item item) const { return known_.at(item); }
  void forget() { known_.clear(); }

 private:
  std::unordered_map<Item, Answer> known_;
};

}  // namespace minnow
