#include "proof/reduction_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "ir/builder.h"
#include "ir/loop.h"
#include "ir/text.h"

namespace minnow::proof {
namespace {

// An op and the function, perhaps a body, that it stands in.
struct OpPlace {
  Function* function;
  Function::OpList::iterator op;
};

void collect(Function& function, std::vector<OpPlace>& places) {
  for (auto op = function.ops().begin(); op != function.ops().end(); ++op) {
    places.push_back({&function, op});
    if ((*op)->body) collect(*(*op)->body, places);
  }
}

size_t count_ops(const Function& function) {
  size_t count = function.ops().size();
  for (const auto& op : function.ops())
    if (op->body) count += count_ops(*op->body);
  return count;
}

// A copy, changed by `change` at each of the ops [first, last), bodies included, from the last to the first; nullptr if
// it changed nothing.
template <typename Change>
std::unique_ptr<Function> changed_ops(const Function& function, size_t first, size_t last, Change change) {
  auto copy = function.clone();
  std::vector<OpPlace> places;
  collect(*copy, places);
  bool is_changed = false;
  for (size_t i = last; i > first; --i) is_changed |= change(places[i - 1], *copy);
  return is_changed ? std::move(copy) : nullptr;
}

size_t count_results(const Function& function) { return function.results().size(); }

std::unique_ptr<Function> drop_results(const Function& function, size_t first, size_t last) {
  auto copy = function.clone();
  auto& results = copy->results();
  results.erase(results.begin() + static_cast<std::ptrdiff_t>(first),
                results.begin() + static_cast<std::ptrdiff_t>(last));
  return results.empty() ? nullptr : std::move(copy);
}

std::string unused_name(const Function& function) {
  for (size_t i = 0;; ++i)
    if (std::string name = fmt::format("p{}", i); function.find_parameter(name) == nullptr) return name;
}

// An op's results are handed in, so that nothing need lead to them. Not inside bodies.
std::unique_ptr<Function> hand_in(const Function& function, size_t first, size_t last) {
  return changed_ops(function, first, last, [](const OpPlace& place, Function& outermost) {
    if (place.function != &outermost) return false;
    for (const auto& result : (*place.op)->results)
      outermost.replace_uses(result.get(), outermost.add_parameter(unused_name(outermost), result->type));
    return true;
  });
}

std::unique_ptr<Function> pass_operand_on(const Function& function, size_t first, size_t last) {
  return changed_ops(function, first, last, [](const OpPlace& place, Function&) {
    const Op& op = **place.op;
    bool is_changed = false;
    for (const auto& result : op.results) {
      const auto like = std::ranges::find_if(op.operands, [&](const Value* v) { return v->type == result->type; });
      if (like == op.operands.end()) continue;
      place.function->replace_uses(result.get(), *like);
      is_changed = true;
    }
    return is_changed;
  });
}

std::unique_ptr<Function> put_zeros(const Function& function, size_t first, size_t last) {
  return changed_ops(function, first, last, [](const OpPlace& place, Function&) {
    const Op& op = **place.op;
    if (op.kind == OpKind::kConstant) return false;
    Builder builder(*place.function, place.op);
    for (const auto& result : op.results) place.function->replace_uses(result.get(), builder.like(result.get(), 0));
    return true;
  });
}

// The ops of a fused op stand where it stood.
std::unique_ptr<Function> unfold(const Function& function, size_t first, size_t last) {
  return changed_ops(function, first, last, [](const OpPlace& place, Function&) {
    Op& op = **place.op;
    if (op.kind != OpKind::kFused) return false;
    Function& body = *op.body;
    for (size_t i = 0; i < op.operands.size(); ++i) body.replace_uses(body.parameters()[i].get(), op.operands[i]);
    for (size_t i = 0; i < op.results.size(); ++i) place.function->replace_uses(op.result(i), body.results()[i].value);
    place.function->ops().splice(place.op, body.ops());
    place.function->ops().erase(place.op);
    return true;
  });
}

std::unique_ptr<Function> forget_location(const Function& function, size_t first, size_t last) {
  return changed_ops(function, first, last, [](const OpPlace& place, Function&) {
    (*place.op)->location = {};
    return true;
  });
}

// Sizes are changed in the text, where types and attributes spell them alike.

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '%'; }

// Calls `found` with every whole number that stands by itself; what it answers replaces the number.
template <typename Found>
std::string with_numbers(const std::string& text, Found found) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    int64_t number = 0;
    const auto read = std::from_chars(text.data() + i, text.data() + end, number);
    const bool is_number = end > i && read.ec == std::errc() && read.ptr == text.data() + end;
    end = std::max(end, i + 1);
    result += is_number ? std::to_string(found(number)) : text.substr(i, end - i);
    i = end;
  }
  return result;
}

struct SizeChange {
  int64_t from = 0, to = 0;
  int factors = 0;  // how often sizes that are multiples of `from` change with it, at most

  int64_t operator()(int64_t size) const {
    int64_t rest = size, changed = 1;
    for (int i = 0; i < std::max(factors, 1) && rest % from == 0 && rest != 0; ++i) {
      rest /= from;
      changed *= to;
    }
    return factors == 0 && size != from ? size : rest * changed;
  }
};

std::vector<SizeChange> size_changes(const Function& function) {
  std::set<int64_t> sizes;
  const auto add = [&](const TensorType& type) {
    for (const int64_t size : type.shape)
      if (size > 1) sizes.insert(size);
  };
  for (const auto& parameter : function.parameters()) add(parameter->type);
  for (const auto& op : function.ops())
    for (const auto& result : op->results) add(result->type);
  std::vector<SizeChange> changes;
  for (const int64_t size : sizes)
    for (const int64_t to : std::set<int64_t>{size - 1, (size + 1) / 2, 2, 1})
      for (const int factors : {0, 1, 2})
        if (to < size) changes.push_back({size, to, factors});
  // The largest gain last: the last place is tried first.
  std::ranges::stable_sort(changes, std::less(), [](const SizeChange& c) { return c.from / c.to; });
  return changes;
}

size_t count_size_changes(const Function& function) { return size_changes(function).size(); }

std::unique_ptr<Function> change_size(const Function& function, size_t first, size_t last) {
  if (last - first != 1) return nullptr;
  auto module = parse_module(with_numbers(print(function), size_changes(function)[first]), "reduced");
  return module ? std::move((*module)->functions.front()) : nullptr;
}

constexpr ReductionStep kSteps[] = {
    {count_results, drop_results}, {count_ops, hand_in}, {count_ops, put_zeros},
    {count_ops, pass_operand_on},  {count_ops, unfold},  {count_size_changes, change_size},
    {count_ops, forget_location},
};

// From the last op to the first, so that one walk sees all that goes.
void drop_unused_ops(Function& function) {
  for (auto it = function.ops().end(); it != function.ops().begin();) {
    Op& op = **--it;
    const UseMap uses(function);
    const auto is_unused = [&](const auto& result) { return uses.count(result.get()) == 0; };
    if (std::ranges::all_of(op.results, is_unused)) {
      it = function.ops().erase(it);
      continue;
    }
    if (!op.body) continue;
    for (size_t i = op.results.size(); i > 0; --i)
      if (is_unused(op.results[i - 1])) drop_result(op, i - 1);
    drop_unused_ops(*op.body);
    const UseMap inner(*op.body);
    for (size_t i = op.operands.size(); i > 0; --i)
      if (inner.count(op.body->parameters()[i - 1].get()) == 0) drop_operand(op, i - 1);
  }
}

}  // namespace

std::span<const ReductionStep> reduction_steps() { return kSteps; }

void drop_unused(Function& function) {
  drop_unused_ops(function);
  const UseMap uses(function);
  for (size_t i = function.parameters().size(); i > 0; --i)
    if (uses.count(function.parameters()[i - 1].get()) == 0) function.remove_parameter(i - 1);
}

}  // namespace minnow::proof
