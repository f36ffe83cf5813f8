#include "ir/verify.h"

#include <optional>
#include <unordered_set>

#include "ir/infer.h"
#include "ir/lexer.h"
#include "ir/loop.h"
#include "ir/text.h"

namespace minnow {
namespace {

// Checks one function, or the body of one op.
class Verifier {
 public:
  static Status verify_function(const Function& function) {
    Verifier verifier(function, "@" + spell_name(function.name()), 0);
    MINNOW_TRY(verifier.check_names());
    MINNOW_TRY(verifier.check_parameters());
    MINNOW_TRY(verifier.check_ops());
    MINNOW_TRY(verifier.check_results());
    return verifier.check_named_results();
  }

 private:
  // `depth` counts the ops around the body of one.
  Verifier(const Function& function, std::string where, int depth, std::optional<OpKind> body_of = std::nullopt)
      : function_(function), where_(std::move(where)), depth_(depth), body_of_(body_of) {}

  Status check_names() const;
  Status check_parameters();
  Status check_ops();
  Status check_results() const;
  Status check_named_results() const;

  Status check_op(const Op& op) const;
  Status check_operands(const Op& op) const;
  Status check_op_results(const Op& op) const;
  Status check_inferred(const Op& op) const;
  Status check_body(const Op& op) const;
  Status check_body_types(const Op& op) const;
  Status check_loop(const Op& op) const;

  // "@function, %3 = add"
  std::string where(const Op& op) const;

  const Function& function_;
  std::string where_;
  int depth_;
  std::optional<OpKind> body_of_;
  std::unordered_set<const Value*> defined_;
  size_t next_result_ = 0;  // the printed number of the next op's first result
};

Status check_type(const std::string& where, std::string_view what, const TensorType& type) {
  if (type.rank() > kMaxRank || !checked_element_count(type.shape))
    return fail(where, "{} has the type {}, which is too large or has a negative dimension", what, type.to_string());
  return {};
}

std::string Verifier::where(const Op& op) const {
  std::string results;
  for (size_t i = 0; i < op.results.size(); ++i)
    results += fmt::format("{}%{}{}", i == 0 ? "" : ", ", result_prefix(depth_), next_result_ + i);
  return fmt::format("{}, {}{}{}", where_, results, results.empty() ? "" : " = ", mnemonic(op.kind));
}

Status Verifier::check_names() const {
  if (function_.name().empty()) return fail(where_, "a function without a name");
  std::unordered_set<std::string_view> seen;
  for (const auto& parameter : function_.parameters()) {
    if (parameter->name.empty()) return fail(where_, "parameter {} has no name", parameter->index);
    if (!seen.insert(parameter->name).second)
      return fail(where_, "two parameters are named %{}", spell_name(parameter->name));
  }
  return {};
}

Status Verifier::check_parameters() {
  int index = 0;
  for (const auto& parameter : function_.parameters()) {
    const std::string what = fmt::format("parameter {}", index);
    MINNOW_TRY(check_type(where_, what, parameter->type));
    if (parameter->op || parameter->index != index) return fail(where_, "{} does not know its place", what);
    defined_.insert(parameter.get());
    ++index;
  }
  return {};
}

Status Verifier::check_ops() {
  for (const auto& op : function_.ops()) {
    MINNOW_TRY(check_op(*op));
    for (const auto& result : op->results) defined_.insert(result.get());
    next_result_ += op->results.size();
  }
  return {};
}

Status Verifier::check_op(const Op& op) const {
  MINNOW_TRY(check_operands(op));
  MINNOW_TRY(check_op_results(op));
  if (op_info(op.kind).attributes != op.attributes.index())
    return fail(where(op), "the attributes are those of another op");
  if (has_trait(op.kind, kHasBody)) return check_body(op);
  if (op.body) return fail(where(op), "has a body, which only fused and loop may have");
  return check_inferred(op);
}

Status Verifier::check_operands(const Op& op) const {
  for (size_t i = 0; i < op.operands.size(); ++i) {
    if (!op.operands[i]) return fail(where(op), "operand {} is missing", i);
    if (!defined_.contains(op.operands[i]))
      return fail(where(op), "operand {} is not defined before it is used here", i);
  }
  return {};
}

Status Verifier::check_op_results(const Op& op) const {
  if (op.results.empty()) return fail(where(op), "has no result");
  if (op.results.size() > 1 && !has_trait(op.kind, kHasBody))
    return fail(where(op), "has {} results; only fused and loop may have several", op.results.size());
  int index = 0;
  for (const auto& result : op.results) {
    MINNOW_TRY(check_type(where(op), fmt::format("result {}", index), result->type));
    if (result->op != &op || result->index != index) return fail(where(op), "result {} does not know its place", index);
    ++index;
  }
  return {};
}

Status Verifier::check_inferred(const Op& op) const {
  std::vector<TensorType> operands;
  for (const Value* operand : op.operands) operands.push_back(operand->type);
  const auto inferred = infer_type(op.kind, operands, op.attributes, op.type());
  if (!inferred) return fail(where(op), "{}", inferred.error().message);
  if (*inferred != op.type())
    return fail(where(op), "is of type {}, but its operands give {}", op.type().to_string(), inferred->to_string());
  return {};
}

Status Verifier::check_body(const Op& op) const {
  if (body_of_ && !may_hold(*body_of_, op.kind))
    return fail(where(op), "{} may not hold {}", mnemonic(*body_of_), mnemonic(op.kind));
  if (!op.body) return fail(where(op), "has no body");
  if (depth_ >= kMaxBodyDepth)
    return fail(where(op), "lies in {} bodies; at most {} are allowed", depth_, kMaxBodyDepth - 1);
  if (op.kind == OpKind::kLoop) MINNOW_TRY(check_loop(op));
  MINNOW_TRY(check_body_types(op));
  Verifier body(*op.body, where(op), depth_ + 1, op.kind);
  MINNOW_TRY(body.check_parameters());
  MINNOW_TRY(body.check_ops());
  return body.check_results();
}

Status Verifier::check_body_types(const Op& op) const {
  const auto& parameters = op.body->parameters();
  const auto& results = op.body->results();
  if (parameters.size() != op.operands.size())
    return fail(where(op), "has {} operands, but its body {} parameters", op.operands.size(), parameters.size());
  if (results.size() != op.results.size())
    return fail(where(op), "has {} results, but its body returns {}", op.results.size(), results.size());
  for (size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i]->type != body_parameter_type(op, i))
      return fail(where(op), "operand {} is of type {}, but the body's parameter %{}{} of type {}", i,
                  op.operands[i]->type.to_string(), parameter_prefix(depth_ + 1), i, parameters[i]->type.to_string());
  for (size_t i = 0; i < results.size(); ++i)
    if (results[i].value && results[i].value->type != body_result_type(op, i))
      return fail(where(op), "result {} is of type {}, but the body returns {}", i, op.result(i)->type.to_string(),
                  results[i].value->type.to_string());
  return {};
}

Status Verifier::check_loop(const Op& op) const {
  std::vector<TensorType> operands, results;
  for (const Value* operand : op.operands) operands.push_back(operand->type);
  for (const auto& result : op.results) results.push_back(result->type);
  const Status status = check_loop_types(op.attr<LoopAttributes>(), operands, results);
  if (!status) return fail(where(op), "{}", status.error().message);
  return {};
}

Status Verifier::check_results() const {
  for (size_t i = 0; i < function_.results().size(); ++i) {
    const Value* value = function_.results()[i].value;
    if (!value) return fail(where_, "result {} is missing", i);
    if (!defined_.contains(value)) return fail(where_, "result {} is not a value of this function", i);
  }
  return {};
}

Status Verifier::check_named_results() const {
  std::unordered_set<std::string_view> seen;
  for (const FunctionResult& result : function_.results()) {
    const auto& [name, value] = result;
    if (name.empty()) continue;
    if (!seen.insert(name).second) return fail(where_, "two results are named {}", spell_name(name));
    const Value* parameter = function_.replaced_parameter(result);
    if (parameter && parameter->type != value->type)
      return fail(where_, "result {} of type {} cannot replace the {} parameter of type {}", spell_name(name),
                  value->type.to_string(), role_name(parameter->role), parameter->type.to_string());
  }
  return {};
}

}  // namespace

Status verify(const Function& function) { return Verifier::verify_function(function); }

Status verify(const Module& module) {
  std::unordered_set<std::string_view> seen;
  for (const auto& function : module.functions) {
    if (!seen.insert(function->name()).second)
      return fail("@" + spell_name(function->name()), "two functions have this name");
    MINNOW_TRY(verify(*function));
  }
  return {};
}

}  // namespace minnow
