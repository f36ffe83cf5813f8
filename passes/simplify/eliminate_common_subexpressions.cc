#include "passes/simplify/eliminate_common_subexpressions.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "ir/attribute_text.h"
#include "ir/steps.h"

namespace minnow {
namespace {

// In an order that does not matter where the op's does not.
std::vector<const Value*> operands_of(const Op& op) {
  std::vector<const Value*> operands(op.operands.begin(), op.operands.end());
  if (has_trait(op.kind, kCommutative)) std::ranges::sort(operands, std::less<>());
  return operands;
}

struct Hash {
  size_t operator()(const Op* op) const {
    size_t hash = static_cast<size_t>(op->kind);
    const auto mix = [&](size_t part) { hash = (hash ^ part) * 0x9e3779b97f4a7c15 + (hash >> 29); };
    for (const Value* operand : operands_of(*op)) mix(std::hash<const Value*>()(operand));
    mix(static_cast<size_t>(op->type().dtype));
    for (const int64_t size : op->type().shape) mix(static_cast<size_t>(size));
    if (op->kind != OpKind::kConstant) mix(std::hash<std::string>()(attributes_to_string(op->attributes)));
    else
      for (const double value : op->attr<ConstantAttributes>().values) mix(std::bit_cast<uint64_t>(value));
    return hash;
  }
};

struct Same {
  bool operator()(const Op* a, const Op* b) const {
    count_steps();
    return a->kind == b->kind && a->type() == b->type() && operands_of(*a) == operands_of(*b) &&
           a->attributes == b->attributes;
  }
};

// Concatenations of more and more parts, as in a DenseNet: each begins with the one before, so that it has no copy of
// its own of what that has.
bool share_beginnings(Function& function) {
  std::map<std::tuple<int64_t, Value*, Value*>, Value*> pairs;
  bool has_shared = false;
  for (const auto& op : function.ops()) {
    if (op->kind != OpKind::kConcat) continue;
    std::vector<Value*>& parts = op->operands;
    const auto key = [&] { return std::tuple(op->attr<DimAttributes>().dim, parts[0], parts[1]); };
    for (auto found = pairs.begin(); parts.size() > 2 && (found = pairs.find(key())) != pairs.end();) {
      parts.erase(parts.begin());
      parts[0] = found->second;
      has_shared = true;
    }
    if (parts.size() == 2) pairs.emplace(key(), op->result());
  }
  return has_shared;
}

}  // namespace

bool eliminate_common_subexpressions(Function& function) {
  std::unordered_set<Op*, Hash, Same> seen;
  std::unordered_map<const Value*, Value*> replacement;
  auto resolve = [&](Value*& value) {
    if (auto it = replacement.find(value); it != replacement.end()) value = it->second;
  };
  std::vector<Function::OpList::iterator> redundant;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Op& op = **it;
    std::ranges::for_each(op.operands, resolve);
    if (has_trait(op.kind, kHasBody)) continue;
    const auto [equal, is_new] = seen.insert(&op);
    if (is_new) continue;
    (*equal)->remember(
        fmt::format("stands for an equal {} of layer \"{}\" as well", mnemonic(op.kind), op.location.layer));
    replacement[op.result()] = (*equal)->result();
    redundant.push_back(it);
  }
  for (FunctionResult& result : function.results()) resolve(result.value);
  for (auto it : redundant) function.ops().erase(it);
  return share_beginnings(function) || !redundant.empty();
}

}  // namespace minnow
