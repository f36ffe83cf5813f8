#include "passes/simplify/stabilize_softmax.h"

#include <algorithm>
#include <limits>
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

// sub(y, broadcast(reduce_max(y))), or of a maximum made finite
bool is_shifted(const Value* x) {
  if (!is_kind(x, OpKind::kSubtract)) return false;
  const Value* y = x->op->operands[0];
  const Value* shift = x->op->operands[1];
  if (!is_kind(shift, OpKind::kBroadcast) || !spreads_rows(*shift->op)) return false;
  const Value* row = shift->op->operands[0];
  while (is_kind(row, OpKind::kMaximum) || is_kind(row, OpKind::kMinimum)) row = row->op->operands[0];
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

// Rewrites with the uses kept up to date.
class Stabilizer {
 public:
  explicit Stabilizer(Function& function) : function_(function), uses_(function) {
    for (auto it = function.ops().begin(); it != function.ops().end(); ++it) places_[it->get()] = it;
  }

  bool run() {
    bool changed = false;
    for (auto it = function_.ops().begin(); it != function_.ops().end(); ++it) {
      const auto found = Matcher(uses_).match(it->get());
      if (found) shift(*found);
      changed |= found.has_value();
    }
    return changed;
  }

 private:
  void shift(const Exponential& found);
  void add_back(Op* logarithm, Value* row_max);
  void simplify_logarithms_of(const Op* quotient, Value* z);
  Value* finite_max(Builder& b, Value* x);

  Builder builder_at(const Op* op, bool after) {
    Builder builder(function_, after ? std::next(places_.at(op)) : places_.at(op));
    builder.set_location(op->location);
    return builder;
  }
  Value* known(Value* made) {
    uses_.add(made->op);
    return made;
  }

  Function& function_;
  UseMap uses_;
  std::unordered_map<const Op*, Function::OpList::iterator> places_;  // of the ops that were there before
};

// log(sum(exp(x - m))) → that + m
void Stabilizer::add_back(Op* logarithm, Value* row_max) {
  Value* shifted = logarithm->result();
  Builder b = builder_at(logarithm, true);
  Value* total = b.add(shifted, row_max);
  uses_.replace(function_, shifted, total);
  known(total);
}

// log(exp(z) / broadcast(sum)) → z - broadcast(log(sum))
void Stabilizer::simplify_logarithms_of(const Op* quotient, Value* z) {
  const auto users = uses_.users(quotient->result());
  for (Op* log : std::vector<Op*>(users.begin(), users.end())) {
    if (log->kind != OpKind::kLog) continue;
    Builder b = builder_at(log, false);
    Value* log_sum = known(b.log(quotient->operands[1]->op->operands[0]));
    Value* spread = known(b.broadcast(log_sum, row_dims(z->type.rank()), z->type.shape));
    Value* difference = known(b.sub(z, spread));
    uses_.replace(function_, log->result(), difference);
    uses_.remove(log);
    function_.ops().erase(places_.at(log));
  }
}

// Of each row, and finite: an infinity less itself would be NaN, less any number it is the infinity that was there.
Value* Stabilizer::finite_max(Builder& b, Value* x) {
  const double largest = x->type.dtype == DType::kF32 ? static_cast<double>(std::numeric_limits<float>::max())
                                                      : std::numeric_limits<double>::max();
  Value* row_max = known(b.reduce_max(x, {x->type.rank() - 1}));
  Value* above = known(b.max(row_max, known(b.like(row_max, -largest))));
  return known(b.min(above, known(b.like(row_max, largest))));
}

void Stabilizer::shift(const Exponential& found) {
  Value* x = found.exp->operands[0];
  Builder b = builder_at(found.exp, false);
  Value* row_max = finite_max(b, x);
  Value* spread = known(b.broadcast(row_max, row_dims(x->type.rank()), x->type.shape));
  Value* z = known(b.sub(x, spread));
  uses_.remove(found.exp);
  found.exp->operands[0] = z;
  uses_.add(found.exp);
  for (Op* logarithm : found.logarithms) add_back(logarithm, row_max);
  for (const Op* quotient : found.quotients) simplify_logarithms_of(quotient, z);
}

}  // namespace

bool stabilize_softmax(Function& function) { return Stabilizer(function).run(); }

}  // namespace minnow
