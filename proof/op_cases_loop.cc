// Loops with bodies drawn at random: operands split, carried and whole, results stacked, summed and last, in order and
// reversed, one within another.
#include <algorithm>

#include "ir/loop.h"
#include "proof/op_drawing.h"

namespace minnow::proof {
namespace {

constexpr int kDeepest = 3;  // loops within one another

// Where the ops of a body get their operands from: what there is, or an operand of the loop.
class LoopBody : public OperandSource {
 public:
  explicit LoopBody(OpDrawing& outer)
      : outer_(outer), builder_(*body_), count_(pick<int64_t>(outer.rng, {1, 2, 2, 3, 4, 5, 8})) {
    if (const auto* around = dynamic_cast<const LoopBody*>(&outer.source)) depth_ = around->depth_ + 1;
    attributes_.count = count_;
    attributes_.reverse = outer.coin();
    attributes_.recompute = one_in(4);
    builder_.set_location(outer.builder.location());
  }

  Shape shape(size_t rank) override {
    Shape shape = outer_.source.shape(rank);
    while (element_count(shape) > kCaseElements / count_) *std::ranges::max_element(shape) = 1;
    return shape;
  }
  DType dtype(const std::vector<DType>& accepted) override { return outer_.source.dtype(accepted); }
  Value* operand(const TensorType& type, const Domain&) override {
    for (auto it = known_.rbegin(); it != known_.rend(); ++it)
      if ((*it)->type == type && !one_in(3)) return *it;
    return outside(type);
  }

  void draw_ops() {
    for (int64_t left = draw(outer_.rng, 1, 6); left > 0; --left) {
      Value* drawn = draw_op(draw_kind(), builder_, *this, outer_.rng);
      for (const auto& result : drawn->op->results) known_.push_back(result.get());
    }
  }
  Op* finish();

 private:
  bool one_in(int64_t n) { return draw(outer_.rng, 1, n) == 1; }
  // What has a derivative everywhere and stays small.
  OpKind draw_kind() {
    if (depth_ + 1 < kDeepest && one_in(6)) return OpKind::kLoop;
    return pick<OpKind>(
        outer_.rng, {OpKind::kAdd,       OpKind::kAdd,       OpKind::kSubtract, OpKind::kMultiply, OpKind::kTanh,
                     OpKind::kTanh,      OpKind::kSigmoid,   OpKind::kSin,      OpKind::kDot,      OpKind::kDot,
                     OpKind::kReduceSum, OpKind::kBroadcast, OpKind::kReshape,  OpKind::kSlice,    OpKind::kConcat,
                     OpKind::kTranspose, OpKind::kIota,      OpKind::kSelect,   OpKind::kGather,   OpKind::kConstant,
                     OpKind::kWindowSum, OpKind::kConv,      OpKind::kPad,      OpKind::kExpm1});
  }
  bool can_be_parts(const TensorType& type) const {
    return type.rank() > 0 && type.dim(0) > 0 && type.elements() * count_ <= kCaseElements;
  }
  Value* outside(const TensorType& type);
  Value* next_value(Value* carried);
  void add_result(Value* value);

  OpDrawing& outer_;
  std::unique_ptr<Function> body_ = std::make_unique<Function>("body");
  Builder builder_;
  const int64_t count_;
  int depth_ = 0;
  LoopAttributes attributes_;
  std::vector<Value*> operands_, known_, carried_;
};

Value* LoopBody::outside(const TensorType& type) {
  TensorType all = type;
  const auto place = static_cast<int64_t>(operands_.size());
  if (can_be_parts(type) && one_in(2)) {
    all = put_together(type, count_);
    attributes_.split.push_back(place);
  } else if (one_in(2)) {
    attributes_.carry.push_back(place);
  }
  operands_.push_back(outer_.source.operand(all, {}));
  known_.push_back(body_->add_parameter("", type));
  if (is_carried(attributes_, operands_.size() - 1)) carried_.push_back(known_.back());
  return known_.back();
}

bool is_small(const Value* value) {
  return value->op == nullptr || value->op->kind == OpKind::kTanh || value->op->kind == OpKind::kSigmoid;
}

// A float is squeezed, so that it does not grow from one iteration to the next.
Value* LoopBody::next_value(Value* carried) {
  std::vector<Value*> alike;
  for (Value* value : known_)
    if (value->type == carried->type) alike.push_back(value);
  Value* value = one_in(6) ? pick(outer_.rng, alike) : alike.back();
  return is_float(value->type.dtype) && !is_small(value) ? builder_.unary(OpKind::kTanh, value) : value;
}

void LoopBody::add_result(Value* value) {
  const bool has_sum = value->type.dtype != DType::kPred && value->type.dtype != DType::kU8;
  if (!can_be_parts(value->type) && !has_sum) return;
  if (has_sum && (!can_be_parts(value->type) || one_in(2))) attributes_.sum.push_back(std::ssize(body_->results()));
  body_->add_result("", value);
}

Op* LoopBody::finish() {
  for (Value* carried : std::vector(carried_)) body_->add_result("", next_value(carried));
  const UseMap uses(*body_);
  for (Value* value : known_)
    if (uses.count(value) == 0 ? !one_in(5) : one_in(6)) add_result(value);
  if (body_->results().empty()) {
    known_.push_back(builder_.constant({DType::kF32, {}}, 1));
    add_result(known_.back());
  }
  return outer_.builder.loop(std::move(operands_), std::move(attributes_), std::move(body_));
}

}  // namespace

Value* draw_loop(OpDrawing& d) {
  LoopBody body(d);
  body.draw_ops();
  const Op* loop = body.finish();
  std::vector<Value*> floats;
  for (const auto& result : loop->results)
    if (is_float(result->type.dtype)) floats.push_back(result.get());
  return floats.empty() ? loop->result() : pick(d.rng, floats);
}

}  // namespace minnow::proof
