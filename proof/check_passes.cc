#include "proof/check_passes.h"

#include <algorithm>
#include <cmath>

#include "ir/text.h"

namespace minnow::proof {
namespace {

constexpr double kSame = 1e-5;  // of the largest element: what refolded constants may change

struct SeenValue {
  const Op* op;
  Tensor tensor;  // in double
};

bool is_found(const SeenValue& value, const std::vector<SeenValue>& among) {
  const auto x = value.tensor.as<double>();
  double largest = 0;
  for (const double number : x)
    if (std::isfinite(number)) largest = std::max(largest, std::abs(number));
  const auto is_same = [&](double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= kSame * largest;
  };
  return std::ranges::any_of(among, [&](const SeenValue& other) {
    return other.tensor.type() == value.tensor.type() && std::ranges::equal(x, other.tensor.as<double>(), is_same);
  });
}

// Every op, also those of bodies, and the function's own op that it lies in.
void add_owners(const Function& function, const Op* owner, std::vector<std::pair<const Op*, const Op*>>& owners) {
  for (const auto& op : function.ops()) {
    const Op* outermost = owner != nullptr ? owner : op.get();
    owners.emplace_back(op.get(), outermost);
    if (op->body && op->kind == OpKind::kFused) add_owners(*op->body, outermost, owners);
  }
}

const Op* owner_of(const Op* op, const std::vector<std::pair<const Op*, const Op*>>& owners) {
  const auto found = std::ranges::find(owners, op, [](const auto& pair) { return pair.first; });
  return found == owners.end() ? nullptr : found->second;
}

// In the first step, the results of all ops but constants.
Result<std::vector<SeenValue>> values_of(const Subject& subject, const Function& function) {
  std::vector<std::pair<const Op*, const Op*>> owners;
  add_owners(function, nullptr, owners);
  std::vector<SeenValue> values;
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : subject.arguments) pointers.push_back(&argument);
  const auto results = interpret(function, pointers, Precision::kF64, [&](const Op& op, std::span<Tensor> made) {
    if (op.kind == OpKind::kConstant || owner_of(&op, owners) == nullptr) return;
    for (const Tensor& tensor : made) values.push_back({&op, tensor.converted_to(DType::kF64)});
  });
  if (!results) return tl::unexpected(results.error());
  return values;
}

std::string describe(const Function& function, const Op& op) {
  std::vector<std::pair<const Op*, const Op*>> owners;
  add_owners(function, nullptr, owners);
  const Op* owner = owner_of(&op, owners);
  std::string text = value_name(function, owner->result());
  if (owner == &op) text += fmt::format(" = {}", mnemonic(op.kind));
  else text = fmt::format("{} in {} = {}", mnemonic(op.kind), text, mnemonic(owner->kind));
  if (op.location.layer.empty()) return text;
  return fmt::format("{} (layer \"{}\", {})", text, op.location.layer, phase_name(op.location.phase));
}

}  // namespace

Result<std::string> first_new_value(const Subject& subject, const Function& before, const Function& after) {
  MINNOW_ASSIGN(const std::vector<SeenValue> old_values, values_of(subject, before));
  MINNOW_ASSIGN(const std::vector<SeenValue> new_values, values_of(subject, after));
  for (const SeenValue& value : new_values)
    if (!is_found(value, old_values)) return describe(after, *value.op);
  return std::string();
}

Status PassChecker::before_pass(const PassRecord& record, const Function& function) {
  before_ = function.clone();
  if (record.number > 1 && subject_ != nullptr && name_ == function.name()) return {};
  reference_.reset();
  name_ = function.name();
  MINNOW_ASSIGN(Subject subject, make_subject_(function.clone()));
  subject_ = std::make_unique<Subject>(std::move(subject));
  MINNOW_ASSIGN(reference_, Reference::create(*subject_));
  return {};
}

Status PassChecker::after_pass(const PassRecord& record, const Function& function) {
  if (!record.changed) return {};
  ++checked_;
  for (const Precision precision : {Precision::kF64, Precision::kDeclared})
    MINNOW_TRY(check(record, function, precision));
  return {};
}

Status PassChecker::check(const PassRecord& record, const Function& function, Precision precision) const {
  MINNOW_ASSIGN(const Trace trace, trace_interpreted(*subject_, function, precision));
  MINNOW_ASSIGN(const auto comparisons, compare(*subject_, *reference_, trace, record.name));
  const auto wrong = std::ranges::find(comparisons, false, &Comparison::agrees);
  if (wrong == comparisons.end()) return {};
  MINNOW_ASSIGN(const std::string value, first_new_value(*subject_, *before_, function));
  const std::string hint =
      value.empty() ? "" : fmt::format("the first value that the program before it does not compute is {}", value);
  return tl::unexpected(Error{
      "@" + function.name(),
      fmt::format("pass {}, number {}, changes the meaning: {}", record.name, record.number, wrong->what_differs()),
      hint, ExitCode::kMismatch});
}

}  // namespace minnow::proof
