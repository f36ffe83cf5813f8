// The gradient of a loop is a loop that goes through the same parts the other way round. Its body is the gradient of
// the body: what is carried forward has a cotangent that is carried backward, of what is split the cotangents are put
// together, of what is whole they are added up. What it needs of the forward iterations, the residuals, the forward
// loop gives as further results, put together along dimension 0 (Griewank & Walther, "Evaluating Derivatives", 2008,
// chapter 12); with `recompute`, only what is carried is kept, and the rest is computed again.
#include <algorithm>

#include "ir/loop.h"
#include "passes/gradient/nest_loop.h"
#include "passes/gradient/vjp.h"
#include "passes/simplify/eliminate_dead_code.h"

namespace minnow {
namespace {

class LoopGradient {
 public:
  LoopGradient(Op& loop, std::span<Value* const> cotangents, Builder& b)
      : loop_(loop), cotangents_(cotangents), b_(b), operand_count_(loop.operands.size()),
        forward_count_(loop.body->ops().size()) {}

  Result<Cotangents> run() {
    seed_results();
    for (size_t i = 0; i < operand_count_; ++i)
      if (Value* parameter = body().parameters()[i].get(); is_float(parameter->type.dtype)) wrt_.push_back(parameter);
    MINNOW_ASSIGN(gradients_, backpropagate(body(), seeds_, wrt_));
    take_apart();
    find_residuals();
    return add_backward_loop();
  }

 private:
  const LoopAttributes& attributes() const { return loop_.attr<LoopAttributes>(); }
  Function& body() { return *loop_.body; }

  void seed_results();
  void take_apart();
  void map_values(const Function& from);
  void find_residuals();
  bool is_computed_again(const Op& op) const;
  void keep(Value* value);
  Value* stored(Value* value);
  Cotangents add_backward_loop();
  std::vector<Value*> backward_operands(LoopAttributes& backward);
  void return_gradients(LoopAttributes& backward);

  Op& loop_;
  std::span<Value* const> cotangents_;
  Builder& b_;
  const size_t operand_count_, forward_count_;
  std::vector<Seed> seeds_;        // parameters behind those of the loop
  std::vector<size_t> of_result_;  // which result's cotangent each is
  std::vector<Value*> wrt_, gradients_;
  std::unique_ptr<Function> backward_;
  std::unordered_map<const Value*, Value*> copies_;     // in the backward body, of the forward body's values
  std::unordered_map<const Value*, Value*> originals_;  // the other way round
  std::vector<Value*> residuals_;                       // results of the loop, in the order of their parameters
  std::vector<size_t> gradient_of_;                     // operand whose cotangent each result of the backward loop is
};

void LoopGradient::seed_results() {
  for (size_t i = 0; i < loop_.results.size(); ++i) {
    Value* value = body().results()[i].value;
    if (!is_float(value->type.dtype) || (!is_last(attributes(), i) && cotangents_[i] == nullptr)) continue;
    seeds_.push_back({value, body().add_parameter("", value->type)});
    of_result_.push_back(i);
  }
}

// The body holds its gradient now, which moves to a body of its own with a copy of all that it may need.
void LoopGradient::take_apart() {
  backward_ = body().clone();
  map_values(body());
  for (Value*& gradient : gradients_)
    if (gradient != nullptr) gradient = copies_.at(gradient);
  backward_->results().clear();
  while (body().ops().size() > forward_count_) body().ops().pop_back();
  while (body().parameters().size() > operand_count_) body().remove_parameter(body().parameters().size() - 1);
}

void LoopGradient::map_values(const Function& from) {
  const auto pair = [&](const auto& values, const auto& copies) {
    for (size_t i = 0; i < values.size(); ++i) {
      copies_[values[i].get()] = copies[i].get();
      originals_[copies[i].get()] = values[i].get();
    }
  };
  pair(from.parameters(), backward_->parameters());
  auto copy = backward_->ops().begin();
  for (const auto& op : from.ops()) pair(op->results, (*copy++)->results);
}

// What costs nothing to compute again, or all there is.
bool LoopGradient::is_computed_again(const Op& op) const {
  if (attributes().recompute) return true;
  const bool is_constant = has_trait(op.kind, kLeaf) && op.kind != OpKind::kRandom;
  return is_constant || (has_trait(op.kind, kIndexMap) && op.operands.size() == 1);
}

// Values of the forward iteration that the gradient reads.
void LoopGradient::find_residuals() {
  std::unordered_set<const Op*> forward;
  std::vector<Value*> needed;
  for (const auto& op : backward_->ops()) {
    if (forward.size() < forward_count_) forward.insert(op.get());
    else needed.insert(needed.end(), op->operands.begin(), op->operands.end());
  }
  for (Value* gradient : gradients_)
    if (gradient != nullptr) needed.push_back(gradient);
  std::unordered_set<const Value*> seen;
  std::vector<Value*> kept;
  while (!needed.empty()) {
    Value* value = needed.back();
    needed.pop_back();
    if (!seen.insert(value).second) continue;
    if (value->op == nullptr) {
      const auto i = static_cast<size_t>(value->index);
      if (i < operand_count_ && is_carried(attributes(), i)) kept.push_back(value);
    } else if (forward.contains(value->op)) {
      if (!is_computed_again(*value->op)) kept.push_back(value);
      else needed.insert(needed.end(), value->op->operands.begin(), value->op->operands.end());
    }
  }
  std::ranges::for_each(kept, [this](Value* value) { keep(value); });
}

// The forward loop gives the value of every iteration, and the backward one reads it.
void LoopGradient::keep(Value* value) {
  Builder front(*backward_, backward_->ops().begin());
  front.set_location(b_.location());
  Value* inside = nullptr;
  if (value->type.elements() == 0) {
    inside = front.like(value, 0);
  } else {
    Value* kept = stored(originals_.at(value));
    residuals_.push_back(stacked_result(loop_, kept));
    inside = backward_->add_parameter("", kept->type);
    if (kept->type != value->type) inside = front.reshape(inside, value->type.shape);
  }
  backward_->replace_uses(value, inside);
  for (Value*& gradient : gradients_)
    if (gradient == value) gradient = inside;
}

// With a dimension along which it can be put together.
Value* LoopGradient::stored(Value* value) {
  if (value->type.rank() > 0) return value;
  Builder end(body());
  end.set_location(b_.location());
  return end.reshape(value, {1});
}

Cotangents LoopGradient::add_backward_loop() {
  LoopAttributes backward;
  backward.count = attributes().count;
  backward.reverse = !attributes().reverse;
  backward.recompute = attributes().recompute;  // it keeps no more either
  return_gradients(backward);
  eliminate_dead_code(*backward_);
  std::vector<Value*> operands = backward_operands(backward);
  Cotangents cotangents(operand_count_, nullptr);
  if (backward_->results().empty()) return cotangents;
  const Op* loop = b_.loop(std::move(operands), std::move(backward), std::move(backward_));
  for (size_t i = 0; i < gradient_of_.size(); ++i) cotangents[gradient_of_[i]] = loop->result(i);
  return cotangents;
}

// First those of carried operands, in the order in which their cotangents are carried.
void LoopGradient::return_gradients(LoopAttributes& backward) {
  const auto add = [&](size_t operand, Value* gradient) {
    gradient_of_.push_back(operand);
    backward_->add_result("", gradient);
  };
  const auto gradient_of = [&](size_t operand) {
    for (size_t i = 0; i < wrt_.size(); ++i)
      if (wrt_[i] == body().parameters()[operand].get()) return gradients_[i];
    return static_cast<Value*>(nullptr);
  };
  for (const size_t result : of_result_) {
    if (!is_last(attributes(), result)) continue;
    const size_t operand = carried_operand(attributes(), result);
    Value* gradient = gradient_of(operand);
    Builder end(*backward_);
    end.set_location(b_.location());
    add(operand, gradient != nullptr ? gradient : end.constant(loop_.operands[operand]->type, 0));
  }
  for (size_t i = 0; i < operand_count_; ++i) {
    Value* gradient = is_carried(attributes(), i) ? nullptr : gradient_of(i);
    if (gradient == nullptr) continue;
    if (is_whole(attributes(), i)) backward.sum.push_back(std::ssize(gradient_of_));
    add(i, gradient);
  }
}

// One for each parameter of the backward body that is used or carries.
std::vector<Value*> LoopGradient::backward_operands(LoopAttributes& backward) {
  std::vector<Value*> operands(loop_.operands.begin(), loop_.operands.end());
  std::vector<bool> is_cut(operand_count_), is_carry(operand_count_, false);
  for (size_t i = 0; i < operand_count_; ++i) is_cut[i] = is_split(attributes(), i);
  for (const size_t result : of_result_) {
    const bool last = is_last(attributes(), result);
    Value* known = cotangents_[result];
    operands.push_back(known != nullptr ? known : b_.like(loop_.result(result), 0));
    is_cut.push_back(is_stacked(attributes(), result));
    is_carry.push_back(last);
  }
  for (Value* residual : residuals_) {
    operands.push_back(residual);
    is_cut.push_back(true);
    is_carry.push_back(false);
  }
  const UseMap uses(*backward_);
  for (size_t i = operands.size(); i-- > 0;) {
    if (is_carry[i] || uses.count(backward_->parameters()[i].get()) > 0) continue;
    backward_->remove_parameter(i);
    const auto at = static_cast<std::ptrdiff_t>(i);
    operands.erase(operands.begin() + at);
    is_cut.erase(is_cut.begin() + at);
    is_carry.erase(is_carry.begin() + at);
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    if (is_cut[i]) backward.split.push_back(static_cast<int64_t>(i));
    if (is_carry[i]) backward.carry.push_back(static_cast<int64_t>(i));
  }
  return operands;
}

}  // namespace

Result<Cotangents> VjpRule<OpKind::kLoop>::apply(Op& op, std::span<Value* const> cotangents, Builder& b) {
  if (is_block_loop(op)) return cannot_differentiate(op);
  if (op.attr<LoopAttributes>().recompute) nest_loop(op);
  return LoopGradient(op, cotangents, b).run();
}

}  // namespace minnow
