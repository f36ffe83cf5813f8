#include "passes/simplify/softmax_shift.h"

#include <algorithm>

namespace minnow {
namespace {

const std::vector<int64_t>& dims_of(const Op& op) { return op.attr<DimsAttributes>().dims; }

const Op* find_user(const Op& op, OpKind kind, const UseMap& uses) {
  auto users = uses.users(op.result());
  auto it = std::ranges::find(users, kind, &Op::kind);
  return it == users.end() ? nullptr : *it;
}

const Op* only_user(const Op& op, OpKind kind, const UseMap& uses) {
  return uses.count(op.result()) == 1 ? find_user(op, kind, uses) : nullptr;
}

bool disjoint(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  return std::ranges::none_of(a, [&](int64_t dim) { return std::ranges::find(b, dim) != b.end(); });
}

// Follows the uses of the row sums of exp(z) and answers whether z - c, for a c constant along each row,
// gives the same results for every c.
class Normalisation {
 public:
  Normalisation(const Op& z, const Op& exp, const Op& sum, const UseMap& uses)
      : z_(z), exp_(exp), sum_(sum), uses_(uses) {}

  bool cancels_shift() {
    return collect(sum_, divisors_) && only_closed(exp_, sum_, OpKind::kDivide, divisors_) &&
           only_closed(z_, exp_, OpKind::kSubtract, log_sums_);
  }

 private:
  using Ops = std::vector<const Op*>;

  // Every use of `row`, sum or log(sum), is a broadcast back over the row (gathered in `spread`) or its log.
  bool collect(const Op& row, Ops& spread) {
    if (uses_.is_result(row.result())) return false;
    return std::ranges::all_of(uses_.users(row.result()), [&](const Op* user) {
      if (&row == &sum_ && user->kind == OpKind::kLog) return collect(*user, log_sums_);
      if (user->kind != OpKind::kBroadcast || !disjoint(dims_of(*user), dims_of(sum_))) return false;
      spread.push_back(user);
      return true;
    });
  }

  // `numerator` is used by `feeds` and `closing` with one of `spread` only, and those by nothing else.
  bool only_closed(const Op& numerator, const Op& feeds, OpKind closing, const Ops& spread) const {
    auto closes = [&](const Op* user) {
      return user->kind == closing && user->operands[0] == numerator.result() &&
             std::ranges::find(spread, user->operands[1]->op) != spread.end();
    };
    auto only_closes = [&](const Op* op) {
      return !uses_.is_result(op->result()) && std::ranges::all_of(uses_.users(op->result()), closes);
    };
    return !uses_.is_result(numerator.result()) && std::ranges::all_of(spread, only_closes) &&
           std::ranges::all_of(uses_.users(numerator.result()),
                               [&](const Op* user) { return user == &feeds || closes(user); });
  }

  const Op &z_, &exp_, &sum_;
  const UseMap& uses_;
  Ops divisors_, log_sums_;
};

}  // namespace

bool is_softmax_shift(const Op& op, const UseMap& uses) {
  if (op.kind != OpKind::kReduceMax) return false;
  const Op* shift = only_user(op, OpKind::kBroadcast, uses);
  const Op* z = shift ? only_user(*shift, OpKind::kSubtract, uses) : nullptr;
  if (!z || z->operands[1] != shift->result()) return false;
  const Op* exp = find_user(*z, OpKind::kExp, uses);
  const Op* sum = exp ? find_user(*exp, OpKind::kReduceSum, uses) : nullptr;
  if (!sum || !disjoint(dims_of(*shift), dims_of(*sum))) return false;
  return Normalisation(*z, *exp, *sum, uses).cancels_shift();
}

}  // namespace minnow
