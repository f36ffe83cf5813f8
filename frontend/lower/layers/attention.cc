#include <cmath>

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/drop.h"
#include "ir/dot.h"

namespace minnow {
namespace {

// Of a score that does not count: e^kLeftOut is 0, and a row of nothing else has no NaN.
constexpr double kLeftOut = -1e30;

class AttentionLowering {
 public:
  explicit AttentionLowering(LayerScope& scope)
      : scope_(scope), b_(scope.builder()), spec_(scope.layer().attention()), heads_(spec_.heads()),
        groups_(spec_.has_key_value_heads() ? spec_.key_value_heads() : heads_) {}

  Result<Value*> lower() {
    MINNOW_TRY(check_inputs());
    MINNOW_TRY(check_heads());
    MINNOW_TRY(scope_.admit_output(x_->type.shape));
    MINNOW_TRY(scope_.admit_output({batch_, heads_, length_, memory_length_}, "its scores"));
    MINNOW_ASSIGN(Value * query, project("query", x_, heads_));
    MINNOW_ASSIGN(Value * key, project("key", memory_, groups_));
    MINNOW_ASSIGN(Value * value, project("value", memory_, groups_));
    query = b_.mul(query, 1 / std::sqrt(static_cast<double>(width_)));
    if (spec_.rotary()) query = rotate(query), key = rotate(key);
    scope_.add_flops(4.0 * static_cast<double>(length_ * memory_length_ * heads_ * width_));
    MINNOW_ASSIGN(key, with_those_before("keys", heads_first(key)));
    MINNOW_ASSIGN(value, with_those_before("values", heads_first(value)));
    return join(attend(heads_first(query), key, value));
  }

 private:
  Status check_inputs();
  Status check_sequence(size_t input);
  Status check_heads();
  Result<Value*> product(const std::string& name, Value* x, int64_t outputs);
  Result<Value*> project(const std::string& name, Value* x, int64_t heads);
  Value* rotate(Value* x);
  Value* heads_first(Value* x);
  Result<Value*> with_those_before(const std::string& name, Value* x);
  Value* attend(Value* query, Value* key, Value* value);
  Value* leave_out(Value* scores);
  Result<Value*> join(Value* y);

  LayerScope& scope_;
  Builder& b_;
  const spec::Attention& spec_;
  int64_t heads_, groups_;  // groups: heads of keys and values
  Value *x_ = nullptr, *memory_ = nullptr, *lengths_ = nullptr;
  int64_t batch_ = 0, length_ = 0, memory_length_ = 0, width_ = 0;
};

Status AttentionLowering::check_sequence(size_t input) {
  if (scope_.input_shape(input).size() == 3) return {};
  return scope_.complain("", "needs a sequence of vectors [length,width], but its input is {}{}",
                         scope_.example_shape(input), scope_.from(static_cast<int>(input)));
}

Status AttentionLowering::check_inputs() {
  size_t sequences = scope_.inputs().size();
  if (spec_.lengths()) lengths_ = scope_.input(--sequences);
  if (sequences < 1 || sequences > 2)
    return scope_.complain(spec_.lengths() ? "lengths" : "", "takes one or two sequences{}, but has {} inputs",
                           spec_.lengths() ? ", then the lengths" : "", scope_.inputs().size());
  for (size_t i = 0; i < sequences; ++i) MINNOW_TRY(check_sequence(i));
  if (lengths_ != nullptr && lengths_->type.elements() != lengths_->type.dim(0))
    return scope_.complain("lengths", "the length of an example is one number, not {}{}",
                           scope_.example_shape(sequences), scope_.from(static_cast<int>(sequences)));
  x_ = scope_.input();
  memory_ = scope_.input(sequences - 1);
  batch_ = x_->type.dim(0);
  length_ = x_->type.dim(1);
  memory_length_ = scope_.mode() == Mode::kGeneration ? scope_.sequence_length() : memory_->type.dim(1);
  return {};
}

Status AttentionLowering::check_heads() {
  const int64_t features = x_->type.dim(2);
  if (heads_ % groups_ != 0)
    return scope_.complain("key_value_heads", "{} heads cannot share {} heads of keys and values evenly", heads_,
                           groups_);
  if (!spec_.has_width() && features % heads_ != 0)
    return scope_.complain("heads", "the {} features of {}{} cannot be split into {} heads; give their width", features,
                           scope_.example_shape(), scope_.from(), heads_);
  width_ = spec_.has_width() ? spec_.width() : features / heads_;
  if (spec_.rotary() && width_ % 2 != 0)
    return scope_.complain("rotary", "heads of {} numbers cannot be turned in pairs", width_);
  return {};
}

// x [R,I] w [I,outputs] + b → [R,outputs]
Result<Value*> AttentionLowering::product(const std::string& name, Value* x, int64_t outputs) {
  const int64_t inputs = x->type.dim(1);
  MINNOW_ASSIGN(Value * w, scope_.weight(name + ".weight", {inputs, outputs}, {spec_.weight_init(), inputs, outputs}));
  scope_.add_flops(2.0 * static_cast<double>(x->type.dim(0) / batch_ * inputs * outputs));
  Value* y = b_.dot(x, w);
  if (!spec_.bias()) return y;
  MINNOW_ASSIGN(Value * bias, scope_.weight(name + ".bias", {outputs}, {spec_.bias_init(), inputs, outputs}));
  return b_.add(y, broadcast_along(b_, bias, 1, y->type.shape));
}

// x [N,T,I] → [N,T,heads,W]
Result<Value*> AttentionLowering::project(const std::string& name, Value* x, int64_t heads) {
  const int64_t length = x->type.dim(1);
  MINNOW_ASSIGN(Value * y, product(name, b_.reshape(x, {batch_ * length, x->type.dim(2)}), heads * width_));
  return b_.reshape(y, {batch_, length, heads, width_});
}

// Each pair (a, b) of halves to (a cos - b sin, b cos + a sin): x [N,T,H,W]
Value* AttentionLowering::rotate(Value* x) {
  const bool is_one = scope_.mode() == Mode::kGeneration;  // position
  const int64_t length = is_one ? memory_length_ : x->type.dim(1), half = width_ / 2;
  std::vector<double> cosines, sines;
  for (int64_t t = 0; t < length; ++t)
    for (int64_t i = 0; i < width_; ++i) {
      const double exponent = static_cast<double>(i % half) / static_cast<double>(half);
      const double angle = static_cast<double>(t) / std::pow(spec_.rotary_base(), exponent);
      cosines.push_back(static_cast<float>(std::cos(angle)));
      sines.push_back(static_cast<float>(i < half ? -std::sin(angle) : std::sin(angle)));
    }
  const Shape halves = {batch_, x->type.dim(1), x->type.dim(2), 2, half};
  const auto times = [&](Value* y, std::vector<double> factors) {
    Value* table = b_.constant({DType::kF32, {length, 2, half}}, std::move(factors));
    if (is_one) table = scope_.row_of_position(table);
    return b_.mul(y, b_.broadcast(table, {1, 3, 4}, halves));
  };
  Value* pairs = b_.reshape(x, halves);
  Value* turned = b_.add(times(pairs, std::move(cosines)), times(b_.reverse(pairs, {3}), std::move(sines)));
  return b_.reshape(turned, x->type.shape);
}

// x [N,T,H,W] → [N,H,T,W]
Value* AttentionLowering::heads_first(Value* x) { return b_.transpose(x, {0, 2, 1, 3}); }

// Keys or values x [N,G,T,W]. In generation, where T is 1, those of all positions so far [N,G,S,W]: row `position` of
// what the layer remembers becomes x.
Result<Value*> AttentionLowering::with_those_before(const std::string& name, Value* x) {
  if (scope_.mode() != Mode::kGeneration) return x;
  const Shape shape = {batch_, groups_, memory_length_, width_};
  MINNOW_ASSIGN(Value * before, scope_.memory(name, shape));
  Value* is_here = b_.compare(OpKind::kEqual, b_.iota({DType::kI32, shape}, 2),
                              b_.broadcast_scalar(scope_.scalar("position"), shape));
  Value* here = b_.broadcast(b_.reshape(x, {batch_, groups_, width_}), {0, 1, 3}, shape);
  Value* all = b_.select(is_here, here, before);
  scope_.remember(name, all);
  return all;
}

// query [N,H,T,W], key and value [N,G,S,W] → [N,H,T,W]. The H/G heads of a group meet the same keys, so that their
// queries are rows of one product.
Value* AttentionLowering::attend(Value* query, Value* key, Value* value) {
  const int64_t rows = heads_ / groups_ * length_;
  const Shape scores_shape = {batch_, heads_, length_, memory_length_};
  Value* scores = b_.dot(in_shape(query, {batch_, groups_, rows, width_}, b_), key, {3, 3}, 2);
  scores = leave_out(in_shape(scores, scores_shape, b_));
  Value* weights = softmax(b_, scores, spec::Softmax::MAX_SHIFTED);
  if (scope_.mode() != Mode::kGeneration && scope_.is_read("weights")) scope_.give("weights", weights);
  weights = drop(scope_, weights, spec_.dropout());
  weights = in_shape(weights, {batch_, groups_, rows, memory_length_}, b_);
  return in_shape(b_.dot(weights, value, {3, 2}, 2), query->type.shape, b_);
}

// scores [N,H,T,S]
Value* AttentionLowering::leave_out(Value* scores) {
  const Shape& shape = scores->type.shape;
  Value* position = nullptr;  // of the memory
  const auto keep = [&](OpKind kind, Value* limit) {
    if (position == nullptr) position = b_.iota({DType::kF32, shape}, 3);
    scores = b_.select(b_.compare(kind, position, limit), scores, b_.like(scores, kLeftOut));
  };
  if (spec_.causal() && scope_.mode() == Mode::kGeneration)
    keep(OpKind::kLessEqual, b_.broadcast_scalar(b_.convert(scope_.scalar("position"), DType::kF32), shape));
  else if (spec_.causal()) keep(OpKind::kLessEqual, b_.iota({DType::kF32, shape}, 2));
  if (lengths_ == nullptr) return scores;
  Value* lengths = in_shape(lengths_, {batch_}, b_);
  if (lengths->type.dtype != DType::kF32) lengths = b_.convert(lengths, DType::kF32);
  keep(OpKind::kLess, b_.broadcast(lengths, {0}, shape));
  return scores;
}

// y [N,H,T,W] → [N,T,D]
Result<Value*> AttentionLowering::join(Value* y) {
  Value* rows = b_.reshape(heads_first(y), {batch_ * length_, heads_ * width_});
  MINNOW_ASSIGN(Value * result, product("out", rows, x_->type.dim(2)));
  return b_.reshape(result, x_->type.shape);
}

Status check_attention_generation(const LayerScope& scope) {
  if (scope.inputs().size() > 1) return scope.mixes_positions("", "it has a memory of its own, or lengths");
  if (!scope.layer().attention().causal())
    return scope.mixes_positions("", "without `causal` each position sees those behind it");
  return {};
}

Result<Value*> lower_attention(LayerScope& scope) { return AttentionLowering(scope).lower(); }

}  // namespace

const LayerRule kAttentionRule = {.lower = lower_attention,
                                  .takes_lengths =
                                      [](const spec::Layer& layer, size_t i) {
                                        return layer.attention().lengths() &&
                                               i + 1 == static_cast<size_t>(layer.inputs_size());
                                      },
                                  .check_generation = check_attention_generation};

}  // namespace minnow
