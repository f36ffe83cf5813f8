#include "passes/eliminate_common_subexpressions.h"

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>

namespace minnow {
namespace {

using Key = std::pair<OpKind, std::vector<const Value*>>;

bool same_bits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

bool same_attributes(const Op& a, const Op& b) {
  if (a.kind == OpKind::kConstant)
    return std::ranges::equal(a.attr<ConstantAttributes>().values, b.attr<ConstantAttributes>().values, same_bits);
  if (a.kind == OpKind::kPad && !same_bits(a.attr<PadAttributes>().value, b.attr<PadAttributes>().value)) return false;
  return a.attributes == b.attributes;
}

Key key_of(const Op& op) {
  Key key{op.kind, {op.operands.begin(), op.operands.end()}};
  if (has_trait(op.kind, kCommutative)) std::ranges::sort(key.second, std::less<>());
  return key;
}

}  // namespace

bool eliminate_common_subexpressions(Function& function) {
  std::map<Key, std::vector<Op*>> seen;
  std::unordered_map<const Value*, Value*> replacement;
  auto resolve = [&](Value*& value) {
    if (auto it = replacement.find(value); it != replacement.end()) value = it->second;
  };
  std::vector<Function::OpList::iterator> redundant;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Op& op = **it;
    std::ranges::for_each(op.operands, resolve);
    if (has_trait(op.kind, kHasBody)) continue;
    std::vector<Op*>& candidates = seen[key_of(op)];
    auto equal = std::ranges::find_if(
        candidates, [&](const Op* other) { return other->type() == op.type() && same_attributes(*other, op); });
    if (equal == candidates.end()) {
      candidates.push_back(&op);
    } else {
      (*equal)->remember(
          fmt::format("stands for an equal {} of layer \"{}\" as well", mnemonic(op.kind), op.location.layer));
      replacement[op.result()] = (*equal)->result();
      redundant.push_back(it);
    }
  }
  for (FunctionResult& result : function.results()) resolve(result.value);
  for (auto it : redundant) function.ops().erase(it);
  return !redundant.empty();
}

}  // namespace minnow
