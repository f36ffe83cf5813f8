#include "ir/function.h"

#include <algorithm>
#include <utility>

#include "ir/steps.h"

namespace minnow {

std::string_view phase_name(Phase phase) {
  constexpr std::array<std::string_view, 3> kNames = {"forward", "gradient", "update"};
  return kNames[static_cast<size_t>(phase)];
}

std::string_view role_name(Role role) {
  constexpr std::array<std::string_view, 4> kNames = {"input", "weight", "state", "scalar"};
  return kNames[static_cast<size_t>(role)];
}

std::unique_ptr<Op> make_op(OpKind kind, std::vector<Value*> operands, Attributes attributes,
                            std::vector<TensorType> result_types, Location location) {
  auto op = std::make_unique<Op>();
  op->kind = kind;
  op->operands = std::move(operands);
  op->attributes = std::move(attributes);
  if (has_trait(kind, kWindow))
    fill_in_defaults(op->attributes, static_cast<size_t>(std::max<int64_t>(0, op->operands[0]->type.rank() - 2)));
  op->location = std::move(location);
  for (TensorType& type : result_types) {
    auto value = std::make_unique<Value>();
    value->type = std::move(type);
    value->op = op.get();
    value->index = static_cast<int>(op->results.size());
    op->results.push_back(std::move(value));
  }
  return op;
}

Value* Function::add_parameter(std::string name, TensorType type, Role role) {
  auto value = std::make_unique<Value>();
  value->type = std::move(type);
  value->index = static_cast<int>(parameters_.size());
  value->name = std::move(name);
  value->role = role;
  by_name_.emplace(value->name, value.get());
  return parameters_.emplace_back(std::move(value)).get();
}

void Function::remove_parameter(size_t index) {
  parameters_.erase(parameters_.begin() + static_cast<std::ptrdiff_t>(index));
  for (size_t i = index; i < parameters_.size(); ++i) parameters_[i]->index = static_cast<int>(i);
  by_name_.clear();
  for (const auto& parameter : parameters_) by_name_.emplace(parameter->name, parameter.get());
}

Value* Function::find_parameter(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Op* Function::insert(OpList::const_iterator before, std::unique_ptr<Op> op) {
  return ops_.insert(before, std::move(op))->get();
}

const FunctionResult* Function::find_result(std::string_view name) const {
  const auto it = std::ranges::find(results_, name, &FunctionResult::name);
  return it == results_.end() ? nullptr : &*it;
}

void Function::replace_uses(const Value* from, Value* to) {
  count_steps(ops_.size());
  for (const auto& op : ops_) std::ranges::replace(op->operands, from, to);
  for (FunctionResult& result : results_)
    if (result.value == from) result.value = to;
}

const Value* Function::replaced_parameter(const FunctionResult& result) const {
  const Value* parameter = find_parameter(result.name);
  const bool is_kept = parameter && (parameter->role == Role::kWeight || parameter->role == Role::kState);
  return is_kept ? parameter : nullptr;
}

std::unique_ptr<Function> Function::clone() const {
  auto copy = std::make_unique<Function>(name_);
  std::unordered_map<const Value*, Value*> mapped;
  for (const auto& parameter : parameters_)
    mapped[parameter.get()] = copy->add_parameter(parameter->name, parameter->type, parameter->role);
  for (const auto& op : ops_) {
    std::vector<Value*> operands;
    for (const Value* operand : op->operands) operands.push_back(mapped.at(operand));
    std::vector<TensorType> types;
    for (const auto& result : op->results) types.push_back(result->type);
    auto twin = make_op(op->kind, std::move(operands), op->attributes, std::move(types), op->location);
    twin->history = op->history;
    if (op->body) twin->body = op->body->clone();
    for (size_t i = 0; i < op->results.size(); ++i) mapped[op->result(i)] = twin->result(i);
    copy->insert(copy->ops_.end(), std::move(twin));
  }
  for (const FunctionResult& result : results_) copy->add_result(result.name, mapped.at(result.value));
  return copy;
}

Function* Module::find(std::string_view name) const {
  const auto it = std::ranges::find_if(functions, [&](const auto& function) { return function->name() == name; });
  return it == functions.end() ? nullptr : it->get();
}

std::unique_ptr<Module> Module::clone() const {
  auto copy = std::make_unique<Module>();
  for (const auto& function : functions) copy->functions.push_back(function->clone());
  return copy;
}

UseMap::UseMap(const Function& function) {
  for (const auto& op : function.ops()) add(op.get());
  for (size_t i = 0; i < function.results().size(); ++i) uses_[function.results()[i].value].results.push_back(i);
}

// Passes work through the users of a value in order, so mostly the first ones are gone.
void UseMap::Uses::settle() {
  if (gone.empty()) return;
  const auto is_gone = [this](const Op* op) { return gone.contains(op); };
  const auto first = std::ranges::find_if_not(ops, is_gone);
  const auto trimmed = static_cast<size_t>(first - ops.begin());
  ops.erase(ops.begin(), first);
  count_steps(trimmed);
  if (trimmed < gone_entries) {
    count_steps(ops.size());
    std::erase_if(ops, is_gone);
  }
  gone.clear();
  gone_entries = 0;
}

std::span<Op* const> UseMap::users(const Value* value) const {
  const auto found = uses_.find(value);
  if (found == uses_.end()) return {};
  found->second.settle();
  return found->second.ops;
}

bool UseMap::is_result(const Value* value) const {
  const auto found = uses_.find(value);
  return found != uses_.end() && !found->second.results.empty();
}

size_t UseMap::count(const Value* value) const {
  const auto found = uses_.find(value);
  if (found == uses_.end()) return 0;
  const Uses& uses = found->second;
  return uses.ops.size() - uses.gone_entries + (uses.results.empty() ? 0 : 1);
}

void UseMap::add(Op* op) {
  for (const Value* operand : op->operands) {
    Uses& uses = uses_[operand];
    if (uses.gone.contains(op)) uses.settle();  // of an op that lay at the same address
    uses.ops.push_back(op);
  }
}

void UseMap::remove(const Op* op) {
  for (const Value* operand : op->operands) {
    Uses& uses = uses_[operand];
    uses.gone.insert(op);
    ++uses.gone_entries;
  }
}

void UseMap::replace(Function& function, const Value* from, Value* to) {
  Uses moved = std::exchange(uses_[from], {});
  moved.settle();
  count_steps(moved.ops.size());
  for (Op* user : moved.ops) std::ranges::replace(user->operands, from, static_cast<Value*>(to));
  for (const size_t result : moved.results) function.results()[result].value = to;
  Uses& uses = uses_[to];
  if (!uses.gone.empty()) uses.settle();
  uses.ops.insert(uses.ops.end(), moved.ops.begin(), moved.ops.end());
  uses.results.insert(uses.results.end(), moved.results.begin(), moved.results.end());
}

}  // namespace minnow
