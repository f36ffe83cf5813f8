#include "passes/stabilize_softmax.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "ir/builder.h"

namespace minnow {
namespace {

bool is_kind(const Value* value, OpKind kind) { return value->op && value->op->kind == kind; }

// A reduction over the last dimension alone.
bool reduces_rows(const Op& op, OpKind kind) {
  return op.kind == kind && op.attr<DimsAttributes>().dims == std::vector<int64_t>{op.operands[0]->type.rank() - 1};
}

std::vector<int64_t> row_dims(int64_t rank) {
  std::vector<int64_t> dims(static_cast<size_t>(rank - 1));
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

// [...] → [..., C]
bool spreads_rows(const Op& op) {
  return op.kind == OpKind::kBroadcast && op.attr<DimsAttributes>().dims == row_dims(op.type().rank());
}

// sub(y, broadcast(reduce_max(y)))
bool is_shifted(const Value* x) {
  if (!is_kind(x, OpKind::kSubtract)) return false;
  const Value* y = x->op->operands[0];
  const Value* shift = x->op->operands[1];
  if (!is_kind(shift, OpKind::kBroadcast) || !spreads_rows(*shift->op)) return false;
  const Value* row = shift->op->operands[0];
  return row->op && reduces_rows(*row->op, OpKind::kReduceMax) && row->op->operands[0] == y;
}

// Every use of exp(x), once all of them are known to be part of the pattern.
struct Exponential {
  Op* exp = nullptr;
  std::vector<Op*> quotients;   // exp(x) / broadcast(sum)
  std::vector<Op*> logarithms;  // log(sum)
};

class Matcher {
 public:
  explicit Matcher(const UseMap& uses) : uses_(uses) {}

  std::optional<Exponential> match(Op* op) {
    const bool has_rows = op->type().rank() >= 1 && op->type().shape.back() > 0;  // an empty one has no maximum
    if (op->kind != OpKind::kExp || !has_rows || is_shifted(op->operands[0])) return std::nullopt;
    found_ = {op, {}, {}};
    if (!every_use(op->result(), [&](Op* user) { return is_sum(user) || is_quotient(user); })) return std::nullopt;
    if (found_.quotients.empty() && found_.logarithms.empty()) return std::nullopt;
    return found_;
  }

 private:
  template <typename Predicate>
  bool every_use(const Value* value, Predicate predicate) const {
    return !uses_.is_result(value) && std::ranges::all_of(uses_.users(value), predicate);
  }

  bool is_sum(Op* op) {
    return reduces_rows(*op, OpKind::kReduceSum) &&
           every_use(op->result(), [&](Op* user) { return is_logarithm(user) || is_denominator(user); });
  }

  bool is_logarithm(Op* op) {
    if (op->kind != OpKind::kLog) return false;
    found_.logarithms.push_back(op);
    return true;
  }

  bool is_denominator(Op* op) {
    return spreads_rows(*op) && every_use(op->result(), [&](Op* user) { return is_quotient(user); });
  }

  bool is_quotient(Op* op) {
    if (op->kind != OpKind::kDivide || op->operands[0] != found_.exp->result()) return false;
    const Value* denominator = op->operands[1];
    if (!is_kind(denominator, OpKind::kBroadcast) || !spreads_rows(*denominator->op)) return false;
    const Value* sum = denominator->op->operands[0];
    if (!sum->op || !reduces_rows(*sum->op, OpKind::kReduceSum) || sum->op->operands[0] != op->operands[0])
      return false;
    if (std::ranges::find(found_.quotients, op) == found_.quotients.end()) found_.quotients.push_back(op);
    return true;
  }

  const UseMap& uses_;
  Exponential found_;
};

Function::OpList::iterator position_of(Function& function, const Op* op) {
  return std::ranges::find_if(function.ops(), [&](const auto& each) { return each.get() == op; });
}

Builder builder_at(Function& function, const Op* op, bool after) {
  const auto position = position_of(function, op);
  Builder builder(function, after ? std::next(position) : position);
  builder.set_location(op->location);
  return builder;
}

// log(sum(exp(x - m))) → that + m
void add_back(Function& function, Op* logarithm, Value* row_max) {
  Value* shifted = logarithm->result();
  Builder b = builder_at(function, logarithm, true);
  Value* total = b.add(shifted, row_max);
  function.replace_uses(shifted, total);
  total->op->operands[0] = shifted;
}

// log(exp(z) / broadcast(sum)) → z - broadcast(log(sum))
void simplify_logarithms_of(Function& function, const Op* quotient, Value* z, const UseMap& uses) {
  for (Op* log : uses.users(quotient->result())) {
    if (log->kind != OpKind::kLog) continue;
    Builder b = builder_at(function, log, false);
    Value* log_sum = b.log(quotient->operands[1]->op->operands[0]);
    Value* difference = b.sub(z, b.broadcast(log_sum, row_dims(z->type.rank()), z->type.shape));
    function.replace_uses(log->result(), difference);
    function.ops().erase(position_of(function, log));
  }
}

void shift(Function& function, const Exponential& found, const UseMap& uses) {
  Value* x = found.exp->operands[0];
  Builder b = builder_at(function, found.exp, false);
  Value* row_max = b.reduce_max(x, {x->type.rank() - 1});
  Value* z = b.sub(x, b.broadcast(row_max, row_dims(x->type.rank()), x->type.shape));
  found.exp->operands[0] = z;
  for (Op* logarithm : found.logarithms) add_back(function, logarithm, row_max);
  for (const Op* quotient : found.quotients) simplify_logarithms_of(function, quotient, z, uses);
}

bool stabilize_one(Function& function) {
  const UseMap uses(function);
  for (const auto& op : function.ops())
    if (const auto found = Matcher(uses).match(op.get())) {
      shift(function, *found, uses);
      return true;
    }
  return false;
}

}  // namespace

bool stabilize_softmax(Function& function) {
  bool changed = false;
  while (stabilize_one(function)) changed = true;
  return changed;
}

}  // namespace minnow
