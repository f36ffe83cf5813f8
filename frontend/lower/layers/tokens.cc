// Numbers for tokens.
#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"
#include "ir/dot.h"

namespace minnow {
namespace {

// [N,...] followed by `size`.
Result<Shape> with_last(LayerScope& scope, int64_t size) {
  MINNOW_TRY(scope.expect_tokens());
  Shape shape = scope.input_shape();
  if (shape.size() == kMaxRank)
    return scope.complain("", "its input {}{} has {} dimensions already, and more than {} are not allowed",
                          scope.example_shape(), scope.from(), shape.size() - 1, kMaxRank - 1);
  shape.push_back(size);
  MINNOW_TRY(scope.admit_output(shape));
  return shape;
}

// x i32 [N,...], w [V,D] → y [N,...,D]
Result<Value*> lower_embedding(LayerScope& scope) {
  const spec::Embedding& embedding = scope.layer().embedding();
  MINNOW_ASSIGN(const Shape output, with_last(scope, embedding.units()));
  const Shape table = {embedding.vocabulary(), embedding.units()};
  MINNOW_ASSIGN(Value * w, scope.weight("weight", table, {embedding.weight_init(), table[0], table[1]}));
  scope.bound_tokens(embedding.vocabulary());
  Builder& b = scope.builder();
  Value* tokens = in_shape(scope.input(), {scope.input()->type.elements()}, b);
  return in_shape(b.create(OpKind::kGather, {w, tokens}), output, b);
}

// x i32 [N,...] → y [N,...,V]
Result<Value*> lower_one_hot(LayerScope& scope) {
  MINNOW_ASSIGN(const Shape output, with_last(scope, scope.layer().one_hot().vocabulary()));
  scope.bound_tokens(output.back());
  Builder& b = scope.builder();
  Value* each = b.iota({DType::kI32, output}, static_cast<int64_t>(output.size()) - 1);
  return b.convert(b.compare(OpKind::kEqual, each, broadcast_rows(b, scope.input(), output)), DType::kF32);
}

}  // namespace

const LayerRule kEmbeddingRule = {.lower = lower_embedding, .takes_tokens = true, .check_generation = goes_by_elements};
const LayerRule kOneHotRule = {.lower = lower_one_hot, .takes_tokens = true, .check_generation = goes_by_elements};

}  // namespace minnow
