#include "proof/random_body.h"

#include <algorithm>
#include <numeric>

#include "ir/verify.h"
#include "passes/group/check_kernels.h"

namespace minnow::proof {
namespace {

OpKind any_kind(Rng& rng) {
  for (;;)
    if (const auto kind = static_cast<OpKind>(draw(rng, 0, static_cast<int64_t>(kOpCount) - 1));
        !has_trait(kind, kHasBody))
      return kind;
}

// `dims` of `shape`, as the operand of a broadcast to it.
Value* add_broadcast(DrawingScope& scope, const Shape& shape, const std::vector<int64_t>& dims) {
  TensorType from{scope.dtype({DType::kF32, DType::kI32, DType::kF64, DType::kPred}), {}};
  for (const int64_t dim : dims) from.shape.push_back(shape[static_cast<size_t>(dim)]);
  return scope.add(OpKind::kBroadcast, {scope.value(from)}, DimsAttributes{dims}, {from.dtype, shape});
}

std::vector<int64_t> some_dims(DrawingScope& scope, size_t rank) {
  std::vector<int64_t> dims;
  for (size_t i = 0; i < rank; ++i)
    if (scope.one_in(2)) dims.push_back(static_cast<int64_t>(i));
  return dims;
}

Value* add_transpose(DrawingScope& scope, const Shape& shape) {
  std::vector<int64_t> order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin() + (scope.first() > 0 && !order.empty() ? 1 : 0), order.end(), scope.rng());
  TensorType from{DType::kF32, shape};
  for (size_t i = 0; i < shape.size(); ++i) from.shape[static_cast<size_t>(order[i])] = shape[i];
  return scope.add(OpKind::kTranspose, {scope.value(from)}, DimsAttributes{order});
}

// To `shape`, from a larger tensor or a smaller one.
Value* add_crop_or_pad(DrawingScope& scope, const Shape& shape, bool crops) {
  SliceAttributes slice;
  PadAttributes pad;
  TensorType from{DType::kF32, shape};
  for (size_t i = scope.first() > 0 ? 1 : 0; i < shape.size(); ++i)
    from.shape[i] = crops ? shape[i] * draw(scope.rng(), 1, 2) + draw(scope.rng(), 0, 2)
                          : draw(scope.rng(), std::min<int64_t>(1, shape[i]), shape[i]);
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t room = std::abs(from.shape[i] - shape[i]);
    const int64_t before = draw(scope.rng(), 0, room);
    const bool is_wide = from.shape[i] >= 2 * shape[i] && scope.one_in(2);
    slice.stride.push_back(is_wide ? 2 : 1);
    slice.start.push_back(is_wide ? 0 : before);
    slice.limit.push_back(is_wide ? 2 * shape[i] - (shape[i] > 0) : before + shape[i]);
    pad.low.push_back(before);
    pad.high.push_back(room - before);
    pad.interior.push_back(0);
  }
  pad.value = 0.5;
  Value* x = scope.value(from);
  return crops ? scope.add(OpKind::kSlice, {x}, slice) : scope.add(OpKind::kPad, {x}, pad);
}

Value* add_random_numbers(DrawingScope& scope, const Shape& shape) {
  Value* seed = scope.value({DType::kI32, {}});
  return scope.add(OpKind::kRandom, {seed, scope.value({DType::kI32, {}})}, RandomAttributes{3}, {DType::kF32, shape});
}

Value* add_iota(DrawingScope& scope, const Shape& shape) {
  if (shape.empty()) return scope.add_elementwise(shape);
  const auto last = std::ssize(shape) - 1;
  return scope.add(OpKind::kIota, {},
                   DimAttributes{draw(scope.rng(), std::min<int64_t>(scope.first() > 0, last), last)},
                   {scope.dtype({DType::kF32, DType::kI32}), shape});
}

void draw_row(DrawingScope& scope, const Shape& full) {
  const auto split = static_cast<size_t>(draw(scope.rng(), 1, std::max<int64_t>(1, std::ssize(full) - 1)));
  const Shape rows(full.begin(), full.begin() + static_cast<std::ptrdiff_t>(std::min(split, full.size())));
  std::vector<int64_t> row_dims(rows.size()), column_dims(full.size() - rows.size());
  std::iota(row_dims.begin(), row_dims.end(), 0);
  std::iota(column_dims.begin(), column_dims.end(), std::ssize(rows));
  const auto reduce = [&] {
    const DType dtype = scope.dtype({DType::kF32, DType::kF64, DType::kI32});
    Value* x = scope.value({dtype, full});
    if (column_dims.size() == 1 && scope.one_in(4))
      return scope.add(OpKind::kArgMax, {x}, DimAttributes{column_dims[0]});
    const bool is_max = scope.one_in(3) && x->type.elements() > 0;
    return scope.add(is_max ? OpKind::kReduceMax : OpKind::kReduceSum, {x}, DimsAttributes{column_dims});
  };
  for (int64_t left = draw(scope.rng(), 1, 9); left > 0; --left) {
    switch (draw(scope.rng(), 0, 9)) {
      case 0:
      case 1: reduce(); break;
      case 2:
      case 3: add_broadcast(scope, full, row_dims); break;
      case 4: add_broadcast(scope, full, scope.one_in(2) ? column_dims : std::vector<int64_t>{}); break;
      case 5: scope.add_elementwise(rows); break;
      case 6: add_iota(scope, scope.one_in(2) ? full : rows); break;
      default: scope.add_elementwise(full); break;
    }
  }
  reduce();
}

void draw_contraction(DrawingScope& scope) {
  const OpKind kind = pick<OpKind>(scope.rng(), {OpKind::kDot, OpKind::kConv, OpKind::kConvInput, OpKind::kConvFilter,
                                                 OpKind::kWindowSpread, OpKind::kWindowPick});
  const Shape shape = scope.add_any(kind)->type.shape;
  for (int64_t left = draw(scope.rng(), 0, 5); left > 0; --left) {
    if (scope.one_in(3)) add_broadcast(scope, shape, some_dims(scope, shape.size()));
    else scope.add_elementwise(shape);
  }
}

Shape loop_shape(DrawingScope& scope) {
  Shape shape = scope.shape(static_cast<size_t>(draw(scope.rng(), scope.first() > 0 ? 1 : 0, 4)));
  if (shape.size() > 1 && scope.one_in(40)) shape.back() = 0;
  return shape;
}

// Values without a reader, some of the others, and now and then what no op of the body computes.
std::vector<Value*> draw_results(DrawingScope& scope) {
  const UseMap uses(scope.function());
  std::vector<Value*> results;
  for (const auto& op : scope.function().ops())
    if (op->kind != OpKind::kConstant && (uses.count(op->result()) == 0 ? !scope.one_in(12) : scope.one_in(6)))
      results.push_back(op->result());
  if (results.empty() || scope.one_in(25)) results.push_back(pick(scope.rng(), scope.known()));
  if (scope.one_in(15)) results.push_back(results[0]);
  return results;
}

}  // namespace

void add_loop_op(DrawingScope& scope, const Shape& shape) {
  switch (draw(scope.rng(), 0, 11)) {
    case 0: add_broadcast(scope, shape, some_dims(scope, shape.size())); break;
    case 1: add_transpose(scope, shape); break;
    case 2: add_crop_or_pad(scope, shape, true); break;
    case 3: add_crop_or_pad(scope, shape, false); break;
    case 4: add_iota(scope, shape); break;
    case 5: add_random_numbers(scope, shape); break;
    case 6: scope.add_elementwise(scope.known().empty() ? shape : pick(scope.rng(), scope.known())->type.shape); break;
    default: scope.add_elementwise(shape); break;
  }
}

Op* add_random_fused(DrawingScope& outer) {
  auto body = std::make_unique<Function>("body");
  BodyScope scope(*body, outer, outer.first());
  FusionKind kind = pick<FusionKind>(outer.rng(), {FusionKind::kLoop, FusionKind::kRow, FusionKind::kContraction});
  switch (kind) {
    case FusionKind::kLoop: {
      const Shape shape = loop_shape(outer);
      for (int64_t left = draw(outer.rng(), 1, 7); left > 0; --left) add_loop_op(scope, shape);
      break;
    }
    case FusionKind::kRow: draw_row(scope, outer.shape(static_cast<size_t>(draw(outer.rng(), 2, 4)))); break;
    case FusionKind::kContraction: draw_contraction(scope); break;
  }
  if (outer.one_in(12)) scope.add_any(any_kind(outer.rng()));
  if (outer.one_in(10))
    kind = pick<FusionKind>(outer.rng(), {FusionKind::kLoop, FusionKind::kRow, FusionKind::kContraction});
  std::vector<TensorType> types;
  for (Value* result : draw_results(scope)) {
    types.push_back(result->type);
    body->add_result("", result);
  }
  return add_op_with_body(outer, OpKind::kFused, FusedAttributes{kind}, scope, std::move(body), std::move(types));
}

namespace {

// Ops around it, so that its operands may die in it and its results be read; results that replace parameters.
std::unique_ptr<Function> draw_function(Rng& rng, BodyKind kind) {
  auto function = std::make_unique<Function>("f");
  FunctionScope scope(*function, rng,
                      kind == BodyKind::kLoop ? 16 * pick<int64_t>(rng, {1, 2, 3, 5, 8, 9, 11, 17}) : 0);
  if (scope.one_in(2)) scope.add_elementwise(loop_shape(scope));
  for (int64_t left = draw(rng, 1, 2); left > 0; --left)
    kind == BodyKind::kLoop ? add_random_loop(scope) : add_random_fused(scope);
  if (scope.one_in(3)) scope.add_elementwise(pick(rng, scope.known())->type.shape);
  const UseMap uses(*function);
  for (const auto& op : function->ops())
    for (const auto& result : op->results) {
      if (uses.count(result.get()) > 0 && !scope.one_in(6)) continue;
      std::string name = fmt::format("r{}", function->results().size());
      for (const auto& parameter : function->parameters())
        if (parameter->role != Role::kInput && parameter->type == result->type && scope.one_in(2) &&
            function->find_result(parameter->name) == nullptr)
          name = parameter->name;
      function->add_result(name, result.get());
    }
  return function;
}

}  // namespace

RandomBody draw_body(uint32_t seed, BodyKind kind) {
  constexpr int kTries = 200;
  Rng rng(seed);
  RandomBody drawn;
  for (int i = 0; i < kTries && (drawn.function == nullptr || (!drawn.is_valid && seed % 3 != 0)); ++i) {
    drawn.function = draw_function(rng, kind);
    const Status verified = verify(*drawn.function);
    MINNOW_CHECK(verified, "a body that does not verify: {}", verified.error().to_string());
    drawn.is_valid = check_kernels(*drawn.function).has_value();
  }
  return drawn;
}

}  // namespace minnow::proof
