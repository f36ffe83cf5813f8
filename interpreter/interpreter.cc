#include "interpreter/interpreter.h"

#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "interpreter/reference_kernels.h"
#include "ir/loop.h"

namespace minnow {
namespace {

using KernelFunction = void(const KernelCall& call);
constexpr auto kKernels = rule_table<ReferenceKernel, KernelFunction*>();

// The tensors of the values that are still to be used.
class LiveValues {
 public:
  explicit LiveValues(const Function& function) {
    for (const auto& op : function.ops())
      for (const Value* operand : op->operands) ++slots_[operand].uses;
    for (const FunctionResult& result : function.results()) ++slots_[result.value].uses;
  }

  void borrow(const Value* value, const Tensor* tensor) { slots_[value].tensor = tensor; }

  void hold(const Value* value, Tensor tensor) {
    Slot& slot = slots_[value];
    if (slot.uses == 0) return;
    slot.owned = std::move(tensor);
    slot.tensor = &*slot.owned;
  }

  const Tensor* get(const Value* value) const { return slots_.at(value).tensor; }

  // One use is over; the last one frees the tensor.
  void end_use(const Value* value) {
    Slot& slot = slots_.at(value);
    if (--slot.uses == 0) slot = {};
  }

  // One use, whose user needs a tensor of its own.
  Tensor take(const Value* value) {
    Slot& slot = slots_.at(value);
    const bool is_last_owned = slot.uses == 1 && slot.owned;
    Tensor tensor = is_last_owned ? *std::move(slot.owned) : slot.tensor->clone();
    end_use(value);
    return tensor;
  }

 private:
  struct Slot {
    const Tensor* tensor = nullptr;
    std::optional<Tensor> owned;  // unless borrowed
    int64_t uses = 0;             // to come
  };
  std::unordered_map<const Value*, Slot> slots_;
};

std::vector<Tensor> run_op(const Op& op, LiveValues& values, Precision precision, const OpObserver& observer,
                           InterruptFlag interrupt) {
  std::vector<const Tensor*> operands;
  for (const Value* operand : op.operands) operands.push_back(values.get(operand));
  std::vector<Tensor> results;
  for (const auto& result : op.results) results.push_back(Tensor::zeros(working_type(result->type, precision)));
  kKernels[static_cast<size_t>(op.kind)]({op, operands, results, precision, observer, interrupt});
  if (observer) observer(op, results);
  return results;
}

// `arguments` are of the working types. Once interrupted, there are no results.
std::vector<Tensor> evaluate(const Function& function, std::span<const Tensor* const> arguments, Precision precision,
                             const OpObserver& observer, InterruptFlag interrupt) {
  LiveValues values(function);
  for (size_t i = 0; i < arguments.size(); ++i) values.borrow(function.parameters()[i].get(), arguments[i]);
  for (const auto& op : function.ops()) {
    std::vector<Tensor> results = run_op(*op, values, precision, observer, interrupt);
    if (is_interrupted(interrupt)) return {};
    for (const Value* operand : op->operands) values.end_use(operand);
    for (size_t i = 0; i < results.size(); ++i) values.hold(op->result(i), std::move(results[i]));
  }
  std::vector<Tensor> results;
  for (const FunctionResult& result : function.results()) results.push_back(values.take(result.value));
  return results;
}

bool accepts(const TensorType& parameter, const TensorType& argument, Precision precision) {
  if (precision == Precision::kDeclared || !is_float(parameter.dtype)) return argument == parameter;
  return is_float(argument.dtype) && argument.shape == parameter.shape;
}

Status check_arguments(const Function& function, std::span<const Tensor* const> arguments, Precision precision) {
  const auto& parameters = function.parameters();
  const std::string where = "@" + function.name();
  if (arguments.size() < parameters.size()) {
    const Value& missing = *parameters[arguments.size()];
    return fail(where, "no argument for %{}: {}; {} of {} were given", missing.name, missing.type.to_string(),
                arguments.size(), parameters.size());
  }
  if (arguments.size() > parameters.size())
    return fail(where, "takes {} arguments, {} were given", parameters.size(), arguments.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (accepts(parameters[i]->type, arguments[i]->type(), precision)) continue;
    return fail(where, "parameter %{} is {}, its argument {}", parameters[i]->name, parameters[i]->type.to_string(),
                arguments[i]->type().to_string());
  }
  return {};
}

}  // namespace

TensorType working_type(const TensorType& declared, Precision precision) {
  const bool is_widened = precision == Precision::kF64 && declared.dtype == DType::kF32;
  return {is_widened ? DType::kF64 : declared.dtype, declared.shape};
}

Result<std::vector<Tensor>> interpret(const Function& function, std::span<const Tensor* const> arguments,
                                      Precision precision, const OpObserver& observer, InterruptFlag interrupt) {
  MINNOW_TRY(check_arguments(function, arguments, precision));
  std::vector<Tensor> converted(arguments.size());
  std::vector<const Tensor*> working;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const TensorType type = working_type(function.parameters()[i]->type, precision);
    const bool fits = arguments[i]->type() == type;
    if (!fits) converted[i] = arguments[i]->converted_to(type.dtype);
    working.push_back(fits ? arguments[i] : &converted[i]);
  }
  std::vector<Tensor> results = evaluate(function, working, precision, observer, interrupt);
  if (results.size() != function.results().size()) return interrupted();
  return results;
}

void ReferenceKernel<OpKind::kFused>::apply(const KernelCall& call) {
  std::vector<Tensor> results = evaluate(*call.op.body, call.operands, call.precision, call.observer, call.interrupt);
  std::move(results.begin(), results.end(), call.results.begin());
}

namespace {

// Part `index` of a tensor that is cut along dimension 0.
Tensor cut(const Tensor& whole, TensorType type, int64_t index) {
  type.dtype = whole.type().dtype;
  Tensor part = Tensor::uninitialized(std::move(type));
  const int64_t bytes = part.type().bytes();
  std::memcpy(part.data(), whole.data() + index * bytes, static_cast<size_t>(bytes));
  return part;
}

void put(const Tensor& part, int64_t index, Tensor& whole) {
  const int64_t bytes = part.type().bytes();
  std::memcpy(whole.data() + index * bytes, part.data(), static_cast<size_t>(bytes));
}

void add_to(const Tensor& part, Tensor& sum) {
  const auto add = [&]<typename T>(T) {
    const std::span<T> to = sum.as<T>();
    const std::span<const T> from = part.as<T>();
    for (size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(to[i] + from[i]);
  };
  switch (sum.type().dtype) {
    case DType::kF32: return add(float{});
    case DType::kF64: return add(double{});
    case DType::kI32: return add(int32_t{});
    case DType::kU8:
    case DType::kPred: return add(uint8_t{});
  }
}

}  // namespace

void ReferenceKernel<OpKind::kLoop>::apply(const KernelCall& call) {
  const auto& loop = call.op.attr<LoopAttributes>();
  std::vector<Tensor> carried;
  for (const int64_t operand : loop.carry) carried.push_back(call.operands[static_cast<size_t>(operand)]->clone());
  for (int64_t iteration = 0; iteration < loop.count; ++iteration) {
    const int64_t index = loop.reverse ? loop.count - 1 - iteration : iteration;
    std::vector<Tensor> cuts(call.operands.size());
    std::vector<const Tensor*> arguments(call.operands.begin(), call.operands.end());
    for (size_t i = 0; i < call.operands.size(); ++i) {
      if (is_carried(loop, i)) arguments[i] = &carried[last_result(loop, i)];
      if (!is_split(loop, i)) continue;
      cuts[i] = cut(*call.operands[i], body_parameter_type(call.op, i), index);
      arguments[i] = &cuts[i];
    }
    std::vector<Tensor> results = evaluate(*call.op.body, arguments, call.precision, call.observer, call.interrupt);
    if (is_interrupted(call.interrupt)) return;
    for (size_t i = 0; i < results.size(); ++i) {
      if (is_last(loop, i)) carried[i] = std::move(results[i]);
      else if (is_summed(loop, i)) add_to(results[i], call.results[i]);
      else put(results[i], index, call.results[i]);
    }
  }
  std::move(carried.begin(), carried.end(), call.results.begin());
}

}  // namespace minnow
