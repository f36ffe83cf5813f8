#include "runtime/diagnose.h"

#include <cmath>
#include <optional>

#include "ir/text.h"
#include "runtime/interpreter.h"

namespace minnow {
namespace {

std::optional<size_t> first_bad_element(const Tensor& tensor) {
  if (tensor.type().dtype != DType::kF32) return std::nullopt;
  const std::span<const float> values = tensor.as<float>();
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) return i;
  return std::nullopt;
}

// A constant may be infinite by intent: the identity of a maximum is.
bool may_be_infinite(const Op& op) {
  return op.kind == OpKind::kConstant || op.kind == OpKind::kBroadcast || op.kind == OpKind::kPad;
}

std::string describe(const Function& function, const Op& op, const Tensor& value, size_t element) {
  std::string place = op.location.layer.empty() ? "" : fmt::format(" of layer \"{}\"", op.location.layer);
  return fmt::format("{} = {}{} ({}): element {} is {}", value_name(function, op.result()), mnemonic(op.kind), place,
                     phase_name(op.location.phase), element, value.as<float>()[element]);
}

}  // namespace

DiagnosisStart::DiagnosisStart(const Session& session, int64_t step) : step_(step) {
  for (const auto& [name, tensor] : session.tensors()) tensors_.emplace(name, tensor.clone());
}

void DiagnosisStart::restore(Session& session) const {
  for (const auto& [name, tensor] : tensors_) session.tensors().at(name) = tensor.clone();
}

Error diagnose_batch(Session& session, std::string_view name, Tensor& examples, Tensor& targets, int64_t step,
                     double learning_rate) {
  Error error{fmt::format("step {}", step + 1),
              fmt::format("the {}loss is no longer finite", name == "evaluate" ? "validation " : ""),
              "lower training.learning_rate, or clip gradients with training.clip.global_norm", ExitCode::kMismatch};
  auto function = build_function(session.model(), name, {{examples.dim(0)}, {}, {}});
  if (!function) return function.error();
  std::string first;
  const auto observe = [&](const Op& op, std::span<const Tensor> results) {
    if (!first.empty() || may_be_infinite(op)) return;
    if (const auto element = first_bad_element(results[0])) first = describe(**function, op, results[0], *element);
  };
  const std::vector<Tensor*> arguments = session.bind(**function, examples, &targets, step, learning_rate);
  const std::vector<const Tensor*> readable(arguments.begin(), arguments.end());
  if (auto results = interpret(**function, readable, Precision::kDeclared, observe); !results) return results.error();
  if (!first.empty()) error.message += "; the first value that went bad is " + first;
  return error;
}

}  // namespace minnow
