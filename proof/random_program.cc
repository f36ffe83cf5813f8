#include "proof/random_program.h"

#include <algorithm>
#include <unordered_set>

#include "frontend/lower/composites.h"

namespace minnow::proof {
namespace {

// Operands are values of the program so far, made to fit; a new parameter is the last resort.
class ProgramSource : public OperandSource {
 public:
  ProgramSource(Function& function, Builder& builder, Rng& rng, bool confined)
      : function_(function), builder_(builder), rng_(rng), confined_(confined),
        batch_(pick<int64_t>(rng, {1, 3, 16, 17, 32, 48})) {}

  Shape shape(size_t rank) override;
  DType dtype(const std::vector<DType>& accepted) override;
  Value* operand(const TensorType& type, const Domain& domain) override;

  void learn(Value* value) { known_.push_back(value); }
  bool is_exact(const Value* value) const { return !is_float(value->type.dtype) || !rounded_.contains(value); }
  // Takes note of ops added since the last call.
  void mark_rounded();
  const std::vector<Domain>& domains() const { return domains_; }

 private:
  bool one_in(int64_t n) { return draw(rng_, 1, n) == 1; }
  Value* find(const TensorType& type, bool exact);
  Value* adapt(const TensorType& type, bool exact);
  Value* fit(Value* value, const Shape& shape);
  Value* crop_or_pad(Value* value, const Shape& shape);
  Value* confine(Value* value, const Domain& domain);

  Function& function_;
  Builder& builder_;
  Rng& rng_;
  bool confined_;
  int64_t batch_;  // most tensors of a program have as many examples
  std::vector<Value*> known_;
  std::vector<Domain> domains_;
  std::unordered_set<const Value*> rounded_;
};

Shape ProgramSource::shape(size_t rank) {
  std::vector<Shape> seen;
  for (const Value* value : known_)
    if (value->type.shape.size() == rank && value->type.elements() <= kCaseElements) seen.push_back(value->type.shape);
  if (!seen.empty() && !one_in(4)) return pick(rng_, seen);
  Shape shape;
  int64_t room = kCaseElements / 2;
  if (rank > 0 && !one_in(3)) shape.push_back(batch_), room /= batch_;
  for (; shape.size() < rank; room /= shape.back())
    shape.push_back(std::min(pick<int64_t>(rng_, {1, 2, 3, 4, 5, 7, 8, 16, 17, 20}), room));
  return shape;
}

DType ProgramSource::dtype(const std::vector<DType>& accepted) {
  const bool takes_f32 = std::ranges::find(accepted, DType::kF32) != accepted.end();
  return takes_f32 && !one_in(6) ? DType::kF32 : pick(rng_, accepted);
}

Value* ProgramSource::operand(const TensorType& type, const Domain& domain) {
  Value* value = find(type, domain.exact);
  if (value == nullptr || one_in(4))
    if (Value* adapted = adapt(type, domain.exact)) value = adapted;
  if (value != nullptr) return confined_ && domain.required && is_float(type.dtype) ? confine(value, domain) : value;
  domains_.push_back(domain);
  const bool has_examples = type.rank() > 0 && type.dim(0) == batch_;
  learn(function_.add_parameter(fmt::format("p{}", function_.parameters().size()), type,
                                has_examples ? Role::kInput : Role::kWeight));
  return known_.back();
}

// Later values are likelier, so that programs are deep.
Value* ProgramSource::find(const TensorType& type, bool exact) {
  for (auto it = known_.rbegin(); it != known_.rend(); ++it)
    if ((*it)->type == type && (!exact || is_exact(*it)) && !one_in(3)) return *it;
  return nullptr;
}

Value* ProgramSource::adapt(const TensorType& type, bool exact) {
  for (int attempt = 0; attempt < 4 && !known_.empty(); ++attempt) {
    Value* value = pick(rng_, known_);
    if (exact && !is_exact(value)) continue;
    if (value->type.dtype != type.dtype && (!is_exact(value) || !one_in(3))) continue;
    Value* fitting = fit(value, type.shape);
    if (fitting == nullptr) continue;
    Value* result = fitting->type.dtype == type.dtype ? fitting : builder_.convert(fitting, type.dtype);
    mark_rounded();
    return result;
  }
  return nullptr;
}

// Where `from` lies in `to` as a broadcast; nullopt if it does not.
std::optional<std::vector<int64_t>> broadcast_dims(const Shape& from, const Shape& to) {
  std::vector<int64_t> dims;
  for (size_t i = 0; i < to.size() && dims.size() < from.size(); ++i)
    if (to[i] == from[dims.size()]) dims.push_back(static_cast<int64_t>(i));
  if (dims.size() < from.size()) return std::nullopt;
  return dims;
}

Value* ProgramSource::fit(Value* value, const Shape& shape) {
  const Shape& from = value->type.shape;
  if (from == shape) return value;
  if (auto dims = broadcast_dims(from, shape)) return builder_.broadcast(value, *dims, shape);
  if (value->type.elements() == element_count(shape)) return builder_.reshape(value, shape);
  return from.size() == shape.size() ? crop_or_pad(value, shape) : nullptr;
}

Value* ProgramSource::crop_or_pad(Value* value, const Shape& shape) {
  SliceAttributes slice;
  PadAttributes pad;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t extent = value->type.shape[i];
    slice.start.push_back(0);
    slice.limit.push_back(std::min(extent, shape[i]));
    slice.stride.push_back(1);
    pad.low.push_back(draw(rng_, 0, std::max<int64_t>(0, shape[i] - extent)));
    pad.high.push_back(std::max<int64_t>(0, shape[i] - extent) - pad.low.back());
    pad.interior.push_back(0);
  }
  pad.value = static_cast<double>(draw(rng_, 0, 1));
  return builder_.create(OpKind::kPad, {builder_.create(OpKind::kSlice, {value}, slice)}, pad);
}

Value* ProgramSource::confine(Value* value, const Domain& domain) {
  if (value->is_parameter()) {
    const Domain& own = domains_[static_cast<size_t>(value->index)];
    if (own.low >= domain.low && own.high <= domain.high) return value;
  }
  // In numbers that any type has: a constant is rounded when it is folded, and else when it is used.
  const auto limit = [&](double bound) { return builder_.like(value, static_cast<float>(bound)); };
  Value* bounded = builder_.min(builder_.max(value, limit(domain.low)), limit(domain.high));
  mark_rounded();
  return bounded;
}

void ProgramSource::mark_rounded() {
  for (const auto& op : function_.ops()) {
    const bool is_rounded = !has_trait(op->kind, kExact | kLeaf | kIndexMap) && op->kind != OpKind::kConvert;
    const bool reads_rounded =
        std::ranges::any_of(op->operands, [&](const Value* operand) { return !is_exact(operand); });
    for (const auto& result : op->results)
      if (is_float(result->type.dtype) && (is_rounded || reads_rounded)) rounded_.insert(result.get());
  }
}

// (x - mean) / sqrt(variance + epsilon) over the last dimension
Value* normalize(Builder& b, Value* x) {
  const std::vector<int64_t> last = {x->type.rank() - 1};
  Value* centred = b.sub(x, broadcast_rows(b, b.reduce_mean(x, last), x->type.shape));
  Value* variance = b.reduce_mean(b.mul(centred, centred), last);
  return b.div(centred, broadcast_rows(b, b.sqrt(b.add(variance, 1e-5)), x->type.shape));
}

// Of a value, or of a product, which one of its readers might round and another not.
Value* draw_composite(Builder& b, ProgramSource& source, Rng& rng) {
  const TensorType type{DType::kF32, source.shape(static_cast<size_t>(draw(rng, 1, 3)))};
  Value* x = source.operand(type, {});
  if (draw(rng, 0, 3) > 0) x = b.mul(x, source.operand(type, {}));
  switch (draw(rng, 0, 3)) {
    case 0: return softmax(b, x, spec::Softmax::MAX_SHIFTED);
    case 1: return log_softmax(b, x);
    case 2: return normalize(b, x);
    default: return b.sub(x, b.max(x, b.like(x, 0)));
  }
}

// Loops are ever so many programs, and drawn more often than other ops.
OpKind draw_kind(Rng& rng) {
  if (draw(rng, 1, 8) == 1) return OpKind::kLoop;
  for (;;) {
    const auto kind = static_cast<OpKind>(draw(rng, 0, static_cast<int64_t>(kOpCount) - 1));
    if (kind != OpKind::kFused) return kind;
  }
}

}  // namespace

RandomProgram draw_program(uint32_t seed, bool confined) {
  Rng rng(seed);
  RandomProgram program{std::make_unique<Function>("f"), {}, {}};
  Function& function = *program.function;
  Builder builder(function);
  builder.set_location({"layer", Phase::kForward});
  ProgramSource source(function, builder, rng, confined);
  for (int64_t left = draw(rng, 1, 5); left > 0; --left) {
    const bool is_composite = !confined && draw(rng, 0, 3) == 0;
    Value* drawn = is_composite ? draw_composite(builder, source, rng) : draw_op(draw_kind(rng), builder, source, rng);
    if (drawn->op == nullptr) source.learn(drawn);
    else
      for (const auto& result : drawn->op->results) source.learn(result.get());
    source.mark_rounded();
  }
  const UseMap uses(function);
  for (const auto& op : function.ops())
    for (const auto& result : op->results) {
      if (uses.count(result.get()) > 0 && draw(rng, 1, 8) > 1) continue;
      function.add_result(fmt::format("r{}", function.results().size()), result.get());
      program.is_exact.push_back(source.is_exact(result.get()));
    }
  program.domains = source.domains();
  return program;
}

}  // namespace minnow::proof
