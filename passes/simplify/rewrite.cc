#include "passes/simplify/rewrite.h"

#include <algorithm>
#include <cmath>

#include "ir/steps.h"

namespace minnow {
namespace {

Value* apply_first(std::span<const RewriteRule> rules, const Op& op, Builder& b) {
  for (const RewriteRule& rule : rules) {
    if (rule.kind != op.kind) continue;
    Value* value = rule.apply(op, b);
    if (!value) continue;
    MINNOW_CHECK(value->type == op.type(), "rewriting {} {} gave {}", mnemonic(op.kind), op.type().to_string(),
                 value->type.to_string());
    return value;
  }
  return nullptr;
}

// What stands for an op goes on with its history.
void inherit(const Op& old, Op& fresh) {
  fresh.history = old.history;
  fresh.remember(fmt::format("{} in place of {}", mnemonic(fresh.kind), mnemonic(old.kind)));
}

bool nowhere_negative_zero(const std::vector<double>& values) {
  return std::ranges::none_of(values, [](double v) { return v == 0 && std::signbit(v); });
}

}  // namespace

bool rewrite(Function& function, std::span<const RewriteRule> rules) {
  UseMap uses(function);
  bool changed = false;
  Function::OpList& ops = function.ops();
  for (auto it = ops.begin(); it != ops.end();) {
    count_steps();
    const size_t before = ops.size();
    Builder b(function, it);
    b.set_location((*it)->location);
    Value* value = apply_first(rules, **it, b);
    const auto made = static_cast<std::ptrdiff_t>(ops.size() - before);
    for (auto fresh = std::prev(it, made); fresh != it; ++fresh) uses.add(fresh->get());
    if (!value) {
      ++it;
      continue;
    }
    for (auto fresh = std::prev(it, made); fresh != it; ++fresh) inherit(**it, **fresh);
    uses.remove(it->get());
    uses.replace(function, (*it)->result(), value);
    it = std::prev(ops.erase(it), made);
    changed = true;
  }
  return changed;
}

const Op* match(const Value* value, OpKind kind) { return value->op && value->op->kind == kind ? value->op : nullptr; }

Value* match_unary(const Value* value, OpKind kind) {
  const Op* op = match(value, kind);
  return op ? op->operands[0] : nullptr;
}

std::vector<Value*> factors_of(Value* value, const std::function<bool(const Op& product)>& may_open) {
  constexpr size_t kMaxFactors = 16;
  std::vector<Value*> factors, stack = {value};
  while (!stack.empty()) {
    Value* factor = stack.back();
    stack.pop_back();
    const Op* op = match(factor, OpKind::kMultiply);
    if (op != nullptr && factors.size() + stack.size() < kMaxFactors && may_open(*op))
      stack.insert(stack.end(), op->operands.rbegin(), op->operands.rend());
    else factors.push_back(factor);
  }
  return factors;
}

bool is_float_gradient(const Op& op) { return op.location.phase == Phase::kGradient && is_float(op.type().dtype); }

std::optional<double> splat_of(const Value* value) {
  const Op* op = match(value, OpKind::kConstant);
  if (!op || !op->attr<ConstantAttributes>().is_splat()) return std::nullopt;
  const double number = op->attr<ConstantAttributes>().values[0];
  return value->type.dtype == DType::kF32 ? static_cast<double>(static_cast<float>(number)) : number;
}

bool is_splat(const Value* value, double number) {
  auto splat = splat_of(value);
  return splat && *splat == number;
}

bool never_negative_zero(const Value* value) {
  constexpr int kFar = 64;
  for (int i = 0; value->op && i < kFar; ++i, value = value->op->operands[0]) {
    const Op& op = *value->op;
    count_steps();
    switch (op.kind) {
      case OpKind::kExp:
      case OpKind::kSigmoid:
      case OpKind::kAbs:
      case OpKind::kIota:
      case OpKind::kRandom: return true;
      case OpKind::kConvert: return !is_float(op.operands[0]->type.dtype);
      case OpKind::kMultiply: return op.operands[0] == op.operands[1];
      case OpKind::kConstant: return nowhere_negative_zero(op.attr<ConstantAttributes>().values);
      case OpKind::kBroadcast:
      case OpKind::kReshape:
      case OpKind::kTranspose:
      case OpKind::kSlice: break;  // as their operand
      default: return false;
    }
  }
  return false;
}

}  // namespace minnow
