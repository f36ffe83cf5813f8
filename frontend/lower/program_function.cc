#include "frontend/lower/program_function.h"

#include <algorithm>

#include "frontend/lower/lower_model.h"
#include "frontend/lower/normalize_input.h"
#include "ir/builder.h"
#include "ir/loop.h"

namespace minnow {
namespace {

const TensorType kNumber = {DType::kF32, {}};

bool is_held(const Value& parameter) { return parameter.role == Role::kWeight || parameter.role == Role::kState; }

std::string where(const Program& program, const Op& op) {
  const std::string place = program.places.find(&op);
  return place.empty() ? program.file : place;
}

Status check_scalar(const Program& program, const Function& function, const Value& parameter) {
  const bool is_known = parameter.name == "seed" || parameter.name == "step";
  if (is_known && parameter.type == TensorType{DType::kI32, {}}) return {};
  return fail_with_hint(program.file,
                        fmt::format("@{}: nothing gives the scalar {} of type {} its value", function.name(),
                                    parameter_name(parameter), parameter.type.to_string()),
                        "the scalars of training are %seed: i32[] and %step: i32[]");
}

// What @loss has by the same name must be the same.
Status check_as_in_loss(const Program& program, const Function& function, const Value& parameter) {
  if (parameter.role == Role::kScalar) return check_scalar(program, function, parameter);
  const Value* known = program.loss().find_parameter(parameter.name);
  const std::string name = parameter_name(parameter);
  if (known == nullptr) {
    std::vector<std::string> names;
    for (const auto& other : program.loss().parameters())
      if (other->role == parameter.role) names.push_back(other->name);
    const std::string nearest = nearest_name(parameter.name, names);
    return fail_with_hint(
        program.file,
        fmt::format("@{} has the {} {}, which @loss has not", function.name(), role_name(parameter.role), name),
        nearest.empty() ? "" : fmt::format("did you mean %{}?", nearest));
  }
  if (known->role == parameter.role && known->type == parameter.type) return {};
  return fail(program.file, "@{} has {}: {} {}, but @loss has {}: {} {}", function.name(), name,
              parameter.type.to_string(), role_name(parameter.role), name, known->type.to_string(),
              role_name(known->role));
}

Status check_parameter(const Program& program, const Function& function, const Value& parameter) {
  const bool is_taken = is_reserved(parameter.name) && parameter.role != Role::kScalar &&
                        !(parameter.role == Role::kInput && parameter.name == "target");
  if (is_taken)
    return fail(program.file, "@{}: training needs the name {} for itself, so no {} can have it", function.name(),
                parameter_name(parameter), role_name(parameter.role));
  if (is_held(parameter) && parameter.type.dtype != DType::kF32)
    return fail(program.file, "@{}: the {} {} is {}, but a {} is f32", function.name(), role_name(parameter.role),
                parameter_name(parameter), parameter.type.to_string(), role_name(parameter.role));
  if (is_held(parameter) && parameter.type.elements() == 0)
    return fail(program.file, "@{}: the {} {} is {}, which holds nothing", function.name(), role_name(parameter.role),
                parameter_name(parameter), parameter.type.to_string());
  return check_as_in_loss(program, function, parameter);
}

Status check_ops(const Program& program, const Function& function, const Op* around) {
  for (const auto& op : function.ops()) {
    const Op& shown = around != nullptr ? *around : *op;
    if (op->kind == OpKind::kFused || is_block_loop(*op))
      return fail_with_hint(where(program, shown), "only passes make such ops, behind training's own",
                            "minnow compile --passes \"\" prints a program without them");
    if (op->body) MINNOW_TRY(check_ops(program, *op->body, &shown));
  }
  return {};
}

Status check_number(const Program& program, const Function& function, const FunctionResult& result) {
  if (result.value->type == kNumber) return {};
  return fail(program.file, "@{}: the result {} is {}, but must be a number, f32[]", function.name(), result.name,
              result.value->type.to_string());
}

bool is_update(const Function& function, const FunctionResult& result) {
  return function.replaced_parameter(result) != nullptr;
}

// The result of this name, else the first that is no new state.
Result<FunctionResult> main_result(const Program& program, const Function& function, const std::string& name) {
  if (const FunctionResult* found = function.find_result(name)) return *found;
  if (!function.results().empty() && !is_update(function, function.results()[0]))
    return FunctionResult{name, function.results()[0].value};
  return fail(program.file, "@{} has no result named {}", function.name(), name);
}

Status check_updates(const Program& program, const Function& function, bool may_have_states) {
  for (const FunctionResult& result : function.results()) {
    const Value* parameter = function.replaced_parameter(result);
    if (parameter == nullptr || (may_have_states && parameter->role == Role::kState)) continue;
    return fail(program.file, "@{}: the result {} would be the new value of a {}, {}", function.name(), result.name,
                role_name(parameter->role),
                parameter->role == Role::kWeight ? "which only the optimiser gives" : "which only @loss gives");
  }
  return {};
}

// Where the function reads the value; bodies read parameters of their own only.
std::vector<Value**> uses_of(Function& function, const Value* value) {
  std::vector<Value**> uses;
  for (const auto& op : function.ops())
    for (Value*& operand : op->operands)
      if (operand == value) uses.push_back(&operand);
  for (FunctionResult& result : function.results())
    if (result.value == value) uses.push_back(&result.value);
  return uses;
}

}  // namespace

Status check_program_function(const Program& program, const Function& function) {
  for (const auto& parameter : function.parameters()) MINNOW_TRY(check_parameter(program, function, *parameter));
  return check_ops(program, function, nullptr);
}

Status order_loss_results(const Program& program, Function& function, bool with_states) {
  MINNOW_TRY(check_updates(program, function, with_states));
  MINNOW_ASSIGN(const FunctionResult loss, main_result(program, function, "loss"));
  std::vector<FunctionResult> results = {loss};
  const FunctionResult* correct = function.find_result("correct");
  Builder b(function);
  results.push_back(correct != nullptr ? *correct : FunctionResult{"correct", b.constant(kNumber, 0)});
  if (const FunctionResult* counted = function.find_result("counted")) results.push_back(*counted);
  for (const FunctionResult& result : results) MINNOW_TRY(check_number(program, function, result));
  for (const FunctionResult& result : function.results())
    if (is_update(function, result)) results.push_back(result);
  function.results() = std::move(results);
  return {};
}

Status order_prediction(const Program& program, Function& function) {
  MINNOW_TRY(check_updates(program, function, false));
  MINNOW_ASSIGN(const FunctionResult prediction, main_result(program, function, "prediction"));
  const TensorType& type = prediction.value->type;
  if (type.dtype != DType::kF32 || type.rank() == 0 || type.dim(0) != program.batch || type.elements() == 0)
    return fail(program.file, "@infer: the prediction is {}, but must be f32 [{},...], a part for each example",
                type.to_string(), program.batch);
  function.results() = {prediction};
  return {};
}

void make_evaluation(Function& loss, int64_t batch) {
  loss.set_name("evaluate");
  std::erase_if(loss.results(), [&](const FunctionResult& result) { return is_update(loss, result); });
  Builder b(loss);
  b.set_location({"loss"});
  const FunctionResult* counted = loss.find_result("counted");
  Value* mean = loss.results()[0].value;
  loss.results()[0].value = counted != nullptr ? b.mul(mean, counted->value) : b.mul(mean, static_cast<double>(batch));
}

void normalize_inputs(const Program& program, Function& function, const spec::Data::Normalize& normalize) {
  for (const Value* input : program.inputs) {
    Value* parameter = function.find_parameter(input->name);
    if (parameter == nullptr || parameter->type.dtype != DType::kF32) continue;
    const std::vector<Value**> uses = uses_of(function, parameter);
    if (uses.empty()) continue;
    Builder b(function, function.ops().begin());
    b.set_location({parameter->name});
    Value* normalized = normalize_input(b, parameter, normalize);
    for (Value** use : uses) *use = normalized;
  }
}

}  // namespace minnow
