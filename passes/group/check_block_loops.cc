#include "passes/group/check_block_loops.h"

#include <unordered_set>

#include "ir/loop.h"
#include "ir/windows.h"
#include "passes/group/batch_rules.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using Check = tl::expected<void, OpFault>;

class BlockLoopCheck {
 public:
  explicit BlockLoopCheck(const Op& loop) : loop_(loop) {}

  Check run() {
    const auto& attributes = loop_.attr<LoopAttributes>();
    if (attributes.block != kBlockExamples)
      return refuse(loop_,
                    fmt::format("has blocks of {} examples; compiled code has {}", attributes.block, kBlockExamples));
    for (size_t i = 0; i < loop_.operands.size(); ++i)
      if (is_split(attributes, i)) examples_.insert(loop_.body->parameters()[i].get());
    for (const auto& op : loop_.body->ops()) MINNOW_TRY(check_op(*op));
    return check_results(attributes);
  }

 private:
  static tl::unexpected<OpFault> refuse(const Op& op, std::string why) {
    return tl::unexpected(OpFault{&op, std::move(why)});
  }

  Check check_op(const Op& op) {
    if (op.kind == OpKind::kFused) return check_fused(op);
    for (const Value* operand : op.operands)
      if (sums_.contains(operand)) return refuse(op, "uses a sum over examples inside the loop");
    if (op.kind == OpKind::kConvFilter && space_dims(op) != 2)
      return refuse(op, "adds up a filter that is not of images, inside a loop");
    const BatchUse use = batch_use(op, labels_);
    const bool is_uniform = is_uniform_over_examples(op, kBlockExamples, labels_);
    if (is_uniform) uniform_.insert(op.result());
    if (use == BatchUse::kOutside && !is_uniform)
      return refuse(op, "does not do the same for every example, inside a loop");
    if (has_trait(op.kind, kContraction) && op.type().dtype != DType::kF32)
      return refuse(op, "is not of f32, inside a loop");
    (use == BatchUse::kSum ? sums_ : examples_).insert(op.result());
    return {};
  }

  // The body's parameters are what the fused op is given; sums may not be among its results.
  Check check_fused(const Op& fused) {
    for (size_t i = 0; i < fused.operands.size(); ++i) {
      if (sums_.contains(fused.operands[i])) return refuse(fused, "uses a sum over examples inside the loop");
      if (examples_.contains(fused.operands[i])) examples_.insert(fused.body->parameters()[i].get());
    }
    for (const auto& op : fused.body->ops()) {
      MINNOW_TRY(check_op(*op));
      if (sums_.contains(op->result())) return refuse(*op, "sums over examples in a kernel with other ops");
    }
    for (size_t i = 0; i < fused.results.size(); ++i)
      if (examples_.contains(fused.body->results()[i].value)) examples_.insert(fused.result(i));
    return {};
  }

  Check check_results(const LoopAttributes& attributes) {
    std::unordered_set<const Value*> returned;  // sums
    for (size_t i = 0; i < loop_.results.size(); ++i) {
      const Value* value = loop_.body->results()[i].value;
      const bool fits =
          is_summed(attributes, i) ? sums_.contains(value) && returned.insert(value).second : examples_.contains(value);
      if (!fits)
        return refuse(loop_, fmt::format("has a result {} that is {}", i,
                                         is_summed(attributes, i) ? "added up, but no sum over examples of its own"
                                                                  : "put together, but has no examples"));
    }
    for (const auto& op : loop_.body->ops())
      if (sums_.contains(op->result()) && !returned.contains(op->result())) return refuse(*op, std::string(kSumIsLost));
    return {};
  }

  const Op& loop_;
  std::unordered_set<const Value*> examples_;  // values with an example per index of dimension 0
  std::unordered_set<const Value*> sums_;
  std::unordered_set<const Value*> uniform_;
  const BatchLabels labels_ = {[this](const Value* value) { return examples_.contains(value); },
                               [this](const Value* value) { return uniform_.contains(value); }};
};

}  // namespace

Check check_block_loop(const Op& loop) { return BlockLoopCheck(loop).run(); }

}  // namespace minnow
