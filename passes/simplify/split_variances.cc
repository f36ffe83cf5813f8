#include "passes/simplify/split_variances.h"

#include <algorithm>
#include <unordered_map>

#include "ir/builder.h"
#include "ir/threshold.h"
#include "passes/simplify/match_centred.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

const Threshold kFewestElements{"elements of an example whose variance is taken for itself", 16};

// Σ (x - mean)² over the examples, dimension 0, and others.
struct Variance {
  Op* op;
  Centred centred;
  std::vector<int64_t> inner;  // the other dimensions
  int64_t elements = 1;        // that they have
};

std::optional<Variance> match_variance(Op& op) {
  if (op.kind != OpKind::kReduceSum) return std::nullopt;
  const Op* square = match(op.operands[0], OpKind::kMultiply);
  if (square == nullptr || square->operands[0] != square->operands[1]) return std::nullopt;
  const std::optional<Centred> centred = match_centred(square->operands[0]);
  const std::vector<int64_t>& dims = op.attr<DimsAttributes>().dims;
  if (!centred || !std::ranges::is_permutation(centred->sum->attr<DimsAttributes>().dims, dims)) return std::nullopt;
  Variance variance{&op, *centred, {}};
  for (const int64_t dim : dims) {
    if (dim == 0) continue;
    variance.inner.push_back(dim);
    variance.elements *= op.operands[0]->type.dim(dim);
  }
  const bool has_examples = variance.inner.size() < dims.size() && op.operands[0]->type.dim(0) > 1;
  return has_examples && variance.elements >= kFewestElements ? std::optional(variance) : std::nullopt;
}

// The dimensions of x that its sums by example have.
std::vector<int64_t> kept_dims(const Variance& variance) {
  std::vector<int64_t> kept;
  for (int64_t dim = 0; dim < variance.centred.x->type.rank(); ++dim)
    if (std::ranges::find(variance.inner, dim) == variance.inner.end()) kept.push_back(dim);
  return kept;
}

// 1, 2, ...: all dimensions of the sums by example but that of the examples.
std::vector<int64_t> dims_behind_examples(const TensorType& type) {
  std::vector<int64_t> dims;
  for (int64_t dim = 1; dim < type.rank(); ++dim) dims.push_back(dim);
  return dims;
}

class Splitter {
 public:
  explicit Splitter(Function& function) : function_(function), uses_(function) {
    for (auto it = function.ops().begin(); it != function.ops().end(); ++it) places_[it->get()] = it;
  }

  bool run() {
    std::vector<Variance> variances;
    for (const auto& op : function_.ops())
      if (const auto variance = match_variance(*op)) variances.push_back(*variance);
    for (const Variance& variance : variances) split(variance);
    return !variances.empty();
  }

 private:
  Builder builder_at(const Op& op) {
    Builder b(function_, places_.at(&op));
    b.set_location(op.location);
    return b;
  }
  void split(const Variance& variance);
  Value* split_mean(const Variance& variance);

  Function& function_;
  UseMap uses_;
  std::unordered_map<const Op*, Function::OpList::iterator> places_;
};

void Splitter::split(const Variance& variance) {
  Value* x = variance.centred.x;
  const auto elements = static_cast<double>(variance.elements);
  Value* means = split_mean(variance);
  Builder b = builder_at(*variance.op);
  Value* rest = b.sub(x, b.broadcast(means, kept_dims(variance), x->type.shape));
  Value* within = b.reduce_sum(b.reduce_sum(b.mul(rest, rest), variance.inner), {0});
  Value* mean = b.broadcast(variance.centred.mean, dims_behind_examples(means->type), means->type.shape);
  Value* off = b.sub(means, mean);
  Value* between = b.mul(b.reduce_sum(b.mul(off, off), {0}), elements);
  uses_.replace(function_, variance.op->result(), b.add(within, between));
}

// The means of each example, from sums that go into the sum over all.
Value* Splitter::split_mean(const Variance& variance) {
  Op& sum = **places_.at(variance.centred.sum);
  Builder b = builder_at(sum);
  Value* sums = b.reduce_sum(variance.centred.x, variance.inner);
  sum.remember("the sum of each example's sum");
  sum.operands[0] = sums;
  sum.attributes = DimsAttributes{{0}};
  return b.mul(sums, 1 / static_cast<double>(variance.elements));
}

}  // namespace

bool split_variances(Function& function) { return Splitter(function).run(); }

}  // namespace minnow
