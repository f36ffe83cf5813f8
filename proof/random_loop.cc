#include <algorithm>

#include "passes/group/check_block_loops.h"
#include "passes/group/kernel_form.h"
#include "passes/group/tile_batch.h"
#include "proof/random_body.h"

namespace minnow::proof {
namespace {

// The body of a loop. What has as many examples as a block is cut from all of them, the rest comes whole.
class LoopScope : public BodyScope {
 public:
  LoopScope(Function& body, DrawingScope& outer, int64_t block) : BodyScope(body, outer, block) {}

  Value* outside(const TensorType& type) override {
    const bool is_split = type.rank() > 0 && type.dim(0) == first() && !one_in(20);
    if (!is_split) return add_operand(outer().value(type), type);
    split_.push_back(std::ssize(operands()));
    TensorType all = type;
    all.shape[0] = outer().first();
    return add_operand(outer().value(all), type);
  }

  const std::vector<int64_t>& split() const { return split_; }
  LoopAttributes attributes() const {
    LoopAttributes loop;
    loop.count = outer().first() / first();
    loop.block = first();
    loop.split = split_;
    return loop;
  }

 private:
  std::vector<int64_t> split_;
};

OpKind draw_loop_kind(Rng& rng) {
  return pick<OpKind>(
      rng, {OpKind::kBroadcast,  OpKind::kReshape,    OpKind::kTranspose, OpKind::kSlice,     OpKind::kPad,
            OpKind::kConcat,     OpKind::kGather,     OpKind::kIota,      OpKind::kReduceSum, OpKind::kReduceSum,
            OpKind::kReduceMax,  OpKind::kArgMax,     OpKind::kDot,       OpKind::kDot,       OpKind::kConv,
            OpKind::kConvInput,  OpKind::kConvFilter, OpKind::kWindowMax, OpKind::kWindowSum, OpKind::kWindowSpread,
            OpKind::kWindowPick, OpKind::kScatterAdd, OpKind::kRandom,    OpKind::kConstant,  OpKind::kReverse,
            OpKind::kCumSum,     OpKind::kArgSort});
}

// Each example of a value in one row, or in rows of two.
void add_flat(LoopScope& scope) {
  const Value* value = pick(scope.rng(), scope.known());
  if (value->type.rank() == 0 || value->type.dim(0) == 0) return;
  const int64_t rest = value->type.elements() / value->type.dim(0);
  Shape shape = {value->type.dim(0), rest};
  if (rest % 2 == 0 && scope.one_in(2)) shape = {shape[0], rest / 2, 2};
  scope.add(OpKind::kReshape, {scope.value(value->type)}, {}, {value->type.dtype, shape});
}

void draw_op_of_loop(LoopScope& scope) {
  switch (draw(scope.rng(), 0, 7)) {
    case 0:
    case 1: add_random_fused(scope); break;
    case 2: scope.add_elementwise(scope.shape(static_cast<size_t>(draw(scope.rng(), 1, 4)))); break;
    case 3: add_loop_op(scope, scope.shape(static_cast<size_t>(draw(scope.rng(), 1, 4)))); break;
    case 4: add_flat(scope); break;
    default: scope.add_any(draw_loop_kind(scope.rng())); break;
  }
}

// Whether compiled code would take a loop of the ops so far, if it returned their sums.
bool can_be_compiled(const LoopScope& scope, const Function& body) {
  for (const auto& op : body.ops())
    if (op->kind == OpKind::kFused && !kernel_form(*op)) return false;
  auto loop = make_op(OpKind::kLoop, scope.operands(), scope.attributes(), {}, {});
  loop->body = body.clone();
  const auto checked = check_block_loop(*loop);
  return checked || checked.error().why == kSumIsLost;
}

// What compiled code would refuse is mostly given up again.
void draw_ops_of_loop(LoopScope& scope) {
  for (int64_t left = draw(scope.rng(), 2, 12); left > 0; --left) {
    const size_t before = scope.function().ops().size();
    draw_op_of_loop(scope);
    if (!can_be_compiled(scope, scope.function()) && !scope.one_in(12)) scope.keep_ops(before);
  }
}

// Results without the examples of a block are sums, as are some that look as if they had them.
Op* finish(LoopScope& scope, DrawingScope& outer, std::unique_ptr<Function> body) {
  LoopAttributes loop = scope.attributes();
  const UseMap uses(*body);
  std::vector<TensorType> types;
  const auto add = [&](Value* value) {
    TensorType type = value->type;
    const bool has_examples = type.rank() > 0 && type.dim(0) == scope.first() && !scope.one_in(30);
    if (has_examples) type.shape[0] = outer.first();
    else loop.sum.push_back(std::ssize(types));
    types.push_back(std::move(type));
    body->add_result("", value);
  };
  for (const auto& op : body->ops())
    for (const auto& result : op->results)
      if (op->kind != OpKind::kConstant && (uses.count(result.get()) == 0 ? !scope.one_in(25) : scope.one_in(5)))
        add(result.get());
  if (types.empty() || scope.one_in(15)) add(pick(scope.rng(), scope.known()));
  return add_op_with_body(outer, OpKind::kLoop, std::move(loop), scope, std::move(body), std::move(types));
}

}  // namespace

Op* add_random_loop(DrawingScope& outer) {
  auto body = std::make_unique<Function>("body");
  LoopScope scope(*body, outer, outer.one_in(40) ? kBlockExamples / 2 : kBlockExamples);
  scope.outside({DType::kF32, scope.shape(static_cast<size_t>(draw(scope.rng(), 1, 4)))});
  draw_ops_of_loop(scope);
  while (scope.split().empty()) scope.outside({DType::kF32, {scope.first(), 3}});
  return finish(scope, outer, std::move(body));
}

}  // namespace minnow::proof
