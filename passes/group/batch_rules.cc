#include "passes/group/batch_rules.h"

#include <algorithm>

#include "ir/dot.h"
#include "ir/windows.h"

namespace minnow {
namespace {

using enum BatchUse;

bool all_fit(const Op& op, const BatchLabels& labels) {
  const bool any = std::ranges::any_of(op.operands, labels.has_examples);
  return any && std::ranges::all_of(op.operands, [&](const Value* v) { return labels.fits(v); });
}

// The same for all examples, and not to be made for a block's worth of them: a table or weights.
bool is_whole(const Value* value, const BatchLabels& labels) {
  const bool is_splat = value->op && value->op->kind == OpKind::kConstant;
  return !labels.fits(value) && !is_splat;
}

bool contains(const std::vector<int64_t>& dims, int64_t dim) { return std::ranges::find(dims, dim) != dims.end(); }

// What families of ops do. None never go inside; pointwise ops do where all operands have the examples.
struct None {
  static BatchUse apply(const Op&, const BatchLabels&) { return kOutside; }
};
struct Pointwise {
  static BatchUse apply(const Op& op, const BatchLabels& labels) {
    return all_fit(op, labels) ? kPerExample : kOutside;
  }
};
// A contraction of examples with weights that are the same for all.
struct WithWeights {
  static BatchUse apply(const Op& op, const BatchLabels& labels) {
    const bool fits = labels.has_examples(op.operands[0]) && is_whole(op.operands[1], labels);
    return fits ? kPerExample : kOutside;
  }
};

constexpr bool is_elementwise(OpKind kind) {
  constexpr uint32_t kTraits[] = {
#define MINNOW_OP(kind, mnemonic, operands, infer, traits, attributes) (traits),
#include "ir/ops.def"
  };
  return (kTraits[static_cast<size_t>(kind)] & kElementwise) != 0;
}

// Elementwise ops are pointwise; every other op has a rule below.
template <OpKind kind, bool elementwise>
struct RuleOf;
template <OpKind kind>
struct RuleOf<kind, true> : Pointwise {};
template <OpKind kind>
struct BatchRule : RuleOf<kind, is_elementwise(kind)> {};

#define MINNOW_BATCH(kind, family) \
  template <>                      \
  struct RuleOf<OpKind::k##kind, false> : family {}
#define MINNOW_BATCH_RULE(kind)                                     \
  template <>                                                       \
  struct RuleOf<OpKind::k##kind, false> {                           \
    static BatchUse apply(const Op& op, const BatchLabels& labels); \
  };                                                                \
  BatchUse RuleOf<OpKind::k##kind, false>::apply(const Op& op, const BatchLabels& labels)

MINNOW_BATCH(Constant, None);
MINNOW_BATCH(Iota, None);
MINNOW_BATCH(Random, None);
MINNOW_BATCH(ScatterAdd, None);
MINNOW_BATCH(CumSum, None);
MINNOW_BATCH(ArgSort, None);
MINNOW_BATCH(Conv, WithWeights);
MINNOW_BATCH(ConvInput, WithWeights);
MINNOW_BATCH(WindowMax, Pointwise);
MINNOW_BATCH(WindowSum, Pointwise);
MINNOW_BATCH(WindowSpread, Pointwise);
MINNOW_BATCH(WindowPick, Pointwise);
MINNOW_BATCH(Fused, None);
MINNOW_BATCH(Loop, None);

MINNOW_BATCH_RULE(Broadcast) {
  const auto& dims = op.attr<DimsAttributes>().dims;
  const bool keeps =
      labels.has_examples(op.operands[0]) && dims[0] == 0 && op.operands[0]->type.dim(0) == op.type().dim(0);
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Reshape) {
  const bool keeps =
      labels.has_examples(op.operands[0]) && op.type().rank() > 0 && op.type().dim(0) == op.operands[0]->type.dim(0);
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Transpose) {
  const bool keeps = labels.has_examples(op.operands[0]) && op.attr<DimsAttributes>().dims[0] == 0;
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Reverse) {
  const bool keeps = labels.has_examples(op.operands[0]) && !contains(op.attr<DimsAttributes>().dims, 0);
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Slice) {
  const bool keeps = labels.has_examples(op.operands[0]) && op.type().dim(0) == op.operands[0]->type.dim(0);
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Pad) {
  const bool keeps = labels.has_examples(op.operands[0]) && op.type().dim(0) == op.operands[0]->type.dim(0);
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Concat) { return op.attr<DimAttributes>().dim == 0 ? kOutside : Pointwise::apply(op, labels); }

MINNOW_BATCH_RULE(Gather) {
  const Value *table = op.operands[0], *indices = op.operands[1];
  const bool looks_up = op.attr<DimAttributes>().dim == 0 ? is_whole(table, labels) && labels.has_examples(indices)
                                                          : labels.has_examples(table) && is_whole(indices, labels);
  return looks_up ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(ReduceSum) {
  if (!labels.has_examples(op.operands[0])) return kOutside;
  return contains(op.attr<DimsAttributes>().dims, 0) ? kSum : kPerExample;
}

MINNOW_BATCH_RULE(ReduceMax) {
  const bool keeps = labels.has_examples(op.operands[0]) && !contains(op.attr<DimsAttributes>().dims, 0);
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(ArgMax) {
  const bool keeps = labels.has_examples(op.operands[0]) && op.attr<DimAttributes>().dim != 0;
  return keeps ? kPerExample : kOutside;
}

MINNOW_BATCH_RULE(Dot) {
  const auto& [contract, batch] = op.attr<DotAttributes>();
  if (batch > 0) return Pointwise::apply(op, labels);  // a product for each example
  const bool both = labels.has_examples(op.operands[0]) && labels.has_examples(op.operands[1]);
  const bool sums_examples = contract[0] == 0 && contract[1] == 0 && is_product_of_matrices(op);
  if (both) return sums_examples ? kSum : kOutside;
  return contract[0] > 0 ? WithWeights::apply(op, labels) : kOutside;
}

MINNOW_BATCH_RULE(ConvFilter) {
  if (space_dims(op) != 2) return kOutside;  // no kernel adds up such filters over blocks
  const bool both = labels.has_examples(op.operands[0]) && labels.has_examples(op.operands[1]);
  return both ? kSum : kOutside;
}

#undef MINNOW_BATCH
#undef MINNOW_BATCH_RULE

constexpr auto kRules = rule_table<BatchRule, BatchUse (*)(const Op&, const BatchLabels&)>();

}  // namespace

BatchUse batch_use(const Op& op, const BatchLabels& labels) { return kRules[static_cast<size_t>(op.kind)](op, labels); }

// Of several operands none is asked: labels ask this again, all the way up.
bool is_uniform_over_examples(const Op& op, int64_t examples, const BatchLabels& labels) {
  if (op.results.size() != 1 || op.type().rank() == 0 || op.type().dim(0) != examples) return false;
  switch (op.kind) {
    case OpKind::kConstant: return op.attr<ConstantAttributes>().is_splat();
    case OpKind::kIota: return op.attr<DimAttributes>().dim != 0;
    case OpKind::kBroadcast: return !contains(op.attr<DimsAttributes>().dims, 0) && !labels.fits(op.operands[0]);
    default: return false;
  }
}

}  // namespace minnow
