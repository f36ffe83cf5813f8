#include "ir/function.h"

#include <algorithm>
#include <utility>

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
  return parameters_.emplace_back(std::move(value)).get();
}

void Function::remove_parameter(size_t index) {
  parameters_.erase(parameters_.begin() + static_cast<std::ptrdiff_t>(index));
  for (size_t i = index; i < parameters_.size(); ++i) parameters_[i]->index = static_cast<int>(i);
}

Value* Function::find_parameter(std::string_view name) const {
  const auto it = std::ranges::find_if(parameters_, [&](const auto& value) { return value->name == name; });
  return it == parameters_.end() ? nullptr : it->get();
}

Op* Function::insert(OpList::const_iterator before, std::unique_ptr<Op> op) {
  return ops_.insert(before, std::move(op))->get();
}

const FunctionResult* Function::find_result(std::string_view name) const {
  const auto it = std::ranges::find(results_, name, &FunctionResult::name);
  return it == results_.end() ? nullptr : &*it;
}

void Function::replace_uses(const Value* from, Value* to) {
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
  for (const FunctionResult& result : function.results()) uses_[result.value].is_result = true;
}

std::span<Op* const> UseMap::users(const Value* value) const {
  const auto uses = uses_.find(value);
  return uses == uses_.end() ? std::span<Op* const>() : std::span<Op* const>(uses->second.ops);
}

bool UseMap::is_result(const Value* value) const {
  const auto uses = uses_.find(value);
  return uses != uses_.end() && uses->second.is_result;
}

void UseMap::add(Op* op) {
  for (const Value* operand : op->operands) uses_[operand].ops.push_back(op);
}

void UseMap::remove(const Op* op) {
  for (const Value* operand : op->operands) std::erase(uses_[operand].ops, op);
}

void UseMap::replace(const Value* from, const Value* to) {
  Uses moved = std::exchange(uses_[from], {});
  Uses& uses = uses_[to];
  uses.ops.insert(uses.ops.end(), moved.ops.begin(), moved.ops.end());
  uses.is_result |= moved.is_result;
}

}  // namespace minnow
