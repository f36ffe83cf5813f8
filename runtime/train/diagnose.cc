#include "runtime/train/diagnose.h"

#include <cmath>

#include "interpreter/interpreter.h"
#include "ir/printable.h"
#include "ir/text.h"

namespace minnow {
namespace {

// A constant may be infinite by intent: the identity of a maximum is.
bool may_be_infinite(const Op& op) {
  return op.kind == OpKind::kConstant || op.kind == OpKind::kBroadcast || op.kind == OpKind::kPad;
}

std::string describe(const Function& function, const Op& op, const BadElement& bad) {
  std::string place = op.location.layer.empty() ? "" : fmt::format(" of layer \"{}\"", op.location.layer);
  return fmt::format("{} = {}{} ({}): {}", value_name(function, op.result()), mnemonic(op.kind), place,
                     phase_name(op.location.phase), bad.to_string());
}

}  // namespace

std::string BadElement::to_string() const {
  return fmt::format("element {} is {}", index, element_text(value, DType::kF32));
}

std::optional<BadElement> first_bad_element(const Tensor& tensor) {
  const auto search = [](auto values) -> std::optional<BadElement> {
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i])) return BadElement{static_cast<int64_t>(i), static_cast<double>(values[i])};
    return std::nullopt;
  };
  switch (tensor.type().dtype) {
    case DType::kF32: return search(tensor.as<float>());
    case DType::kF64: return search(tensor.as<double>());
    default: return std::nullopt;
  }
}

DiagnosisStart::DiagnosisStart(const Session& session, int64_t step) : step_(step) {
  for (const auto& [name, tensor] : session.tensors()) tensors_.emplace(name, tensor.clone());
}

void DiagnosisStart::restore(Session& session) const {
  for (const auto& [name, tensor] : tensors_) session.tensors().at(name).assign(tensor);
}

Error not_finite(Session& session, Error error, std::string_view name, Batch& batch, int64_t step,
                 double learning_rate) {
  auto function = build_function(session.model(), name, {{batch.size()}, {}, {}});
  if (!function) return function.error();
  std::string first;
  const auto observe = [&](const Op& op, std::span<const Tensor> results) {
    if (!first.empty() || may_be_infinite(op)) return;
    if (const auto bad = first_bad_element(results[0])) first = describe(**function, op, *bad);
  };
  const std::vector<Tensor*> arguments = session.bind(**function, batch, step, learning_rate);
  const std::vector<const Tensor*> readable(arguments.begin(), arguments.end());
  if (auto results = interpret(**function, readable, Precision::kDeclared, observe); !results) return results.error();
  if (!first.empty()) error.message += "; the first value that went bad is " + first;
  error.code = ExitCode::kMismatch;
  return error;
}

}  // namespace minnow
