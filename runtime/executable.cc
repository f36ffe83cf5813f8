#include "runtime/executable.h"

#include "interpreter/interpreter.h"
#include "runtime/division/division.h"

namespace minnow {

Executable::Executable(std::unique_ptr<Function> function) : function_(std::move(function)) {
  for (const FunctionResult& result : function_->results()) {
    const Value* parameter = function_->replaced_parameter(result);
    in_place_.push_back(parameter);
    results_.push_back(parameter ? Tensor() : Tensor::zeros(result.value->type));
  }
}

const Tensor& Executable::result(std::string_view name) const {
  const auto& results = function_->results();
  for (size_t i = 0; i < results.size(); ++i)
    if (results[i].name == name && !in_place_[i]) return results_[i];
  MINNOW_CHECK(false, "@{} has no result \"{}\" of its own", function_->name(), name);
}

const Tensor& Executable::result(size_t i, std::span<Tensor* const> arguments) const {
  return in_place_[i] ? *arguments[static_cast<size_t>(in_place_[i]->index)] : results_[i];
}

std::optional<Division> Executable::divided_among(int /*ranks*/) const { return std::nullopt; }

Status Executable::check_arguments(std::span<Tensor* const> arguments) const {
  const auto& parameters = function_->parameters();
  if (arguments.size() != parameters.size())
    return fail("@" + function_->name(), "takes {} arguments, not {}", parameters.size(), arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i]->type() != parameters[i]->type)
      return fail("@" + function_->name(), "parameter \"{}\" is {}, but its argument is {}", parameters[i]->name,
                  parameters[i]->type.to_string(), arguments[i]->type().to_string());
  return {};
}

namespace {

class InterpretedExecutable : public Executable {
 public:
  InterpretedExecutable(std::unique_ptr<Function> function, InterruptFlag interrupt, Precision precision)
      : Executable(std::move(function)), interrupt_(interrupt), precision_(precision) {}

  Status run(std::span<Tensor* const> arguments) override {
    if (precision_ == Precision::kDeclared) MINNOW_TRY(check_arguments(arguments));
    const std::vector<const Tensor*> readable(arguments.begin(), arguments.end());
    MINNOW_ASSIGN(std::vector<Tensor> results, interpret(*function_, readable, precision_, {}, interrupt_));
    for (size_t i = 0; i < results.size(); ++i) {
      const Value* parameter = in_place_parameter(i);
      Tensor& target = parameter ? *arguments[static_cast<size_t>(parameter->index)] : results_[i];
      target = std::move(results[i]);
    }
    return {};
  }

 private:
  InterruptFlag interrupt_;
  Precision precision_;
};

}  // namespace

std::unique_ptr<Executable> make_interpreted(std::unique_ptr<Function> function, InterruptFlag interrupt,
                                             Precision precision) {
  return std::make_unique<InterpretedExecutable>(std::move(function), interrupt, precision);
}

}  // namespace minnow
