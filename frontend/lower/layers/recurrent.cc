// rnn, gru and lstm: a cell for one position, around which a loop op goes along the sequence. What no state goes into,
// the products of the inputs, is computed for all positions at once, in front of the loop.
#include <array>

#include "frontend/lower/composites.h"
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/drop.h"

namespace minnow {
namespace {

// One position, in the body of the loop: x [N,gates*U] and h [N,gates*U] are products with their biases.
struct CellStep {
  Builder& b;
  const spec::Recurrent& spec;
  Value *x, *h;
  std::vector<Value*> state;  // [N,U]: h, of an lstm c as well

  Value* gate(Value* all, int64_t i) const { return b.slice(all, 1, i * spec.units(), (i + 1) * spec.units()); }
  Value* sum(int64_t i) const { return b.add(gate(x, i), gate(h, i)); }
  Value* sigmoid(Value* v) const { return b.unary(OpKind::kSigmoid, v); }
  Value* tanh(Value* v) const { return b.unary(OpKind::kTanh, v); }
};

std::vector<Value*> step_rnn(const CellStep& step) {
  return {activate(step.b, step.b.add(step.x, step.h), step.spec.activation())};
}

std::vector<Value*> step_lstm(const CellStep& step) {
  Builder& b = step.b;
  Value* input = step.sigmoid(step.sum(0));
  Value* forget = step.sigmoid(step.sum(1));
  Value* memory = b.add(b.mul(forget, step.state[1]), b.mul(input, step.tanh(step.sum(2))));
  return {b.mul(step.sigmoid(step.sum(3)), step.tanh(memory)), memory};
}

std::vector<Value*> step_gru(const CellStep& step) {
  Builder& b = step.b;
  const bool is_keras = step.spec.convention() == spec::Recurrent::KERAS;
  Value* reset = step.sigmoid(step.sum(is_keras ? 1 : 0));
  Value* update = step.sigmoid(step.sum(is_keras ? 0 : 1));
  Value* proposed = step.tanh(b.add(step.gate(step.x, 2), b.mul(reset, step.gate(step.h, 2))));
  return {b.add(proposed, b.mul(update, b.sub(step.state[0], proposed)))};
}

struct Cell {
  int64_t gates, states;
  std::vector<Value*> (*step)(const CellStep& step);
};

const Cell& cell_of(const spec::Layer& layer) {
  static constexpr Cell kRnn{1, 1, step_rnn}, kGru{3, 1, step_gru}, kLstm{4, 2, step_lstm};
  return layer.has_rnn() ? kRnn : layer.has_gru() ? kGru : kLstm;
}

const spec::Recurrent& spec_of(const spec::Layer& layer) {
  return layer.has_rnn() ? layer.rnn() : layer.has_gru() ? layer.gru() : layer.lstm();
}

// Sequences as they go through: [T,N,...].
class Recurrence {
 public:
  explicit Recurrence(LayerScope& scope)
      : scope_(scope), b_(scope.builder()), spec_(spec_of(scope.layer())), cell_(cell_of(scope.layer())),
        examples_(scope.input()->type.dim(0)), length_(scope.input()->type.dim(1)) {
    if (scope.inputs().size() > 1) is_inside_ = positions_inside();
  }

  Result<Value*> run() {
    Value* x = b_.transpose(scope_.input(), {1, 0, 2});
    std::vector<Value*> last;
    for (int64_t layer = 0; layer < spec_.layers(); ++layer) {
      if (layer > 0) x = drop(scope_, x, spec_.dropout(), name(layer, false));
      last.clear();
      std::vector<Value*> sequences;
      for (const bool reverse : {false, true}) {
        if (reverse && !spec_.bidirectional()) continue;
        MINNOW_ASSIGN(const Passed passed, pass(x, name(layer, reverse), reverse));
        last.push_back(passed.last);
        sequences.push_back(b_.reshape(passed.sequence, {length_, examples_, spec_.units()}));
      }
      x = together(sequences, 2);
    }
    return spec_.output() == spec::Recurrent::LAST ? together(last, 1) : b_.transpose(x, {1, 0, 2});
  }

 private:
  // "", "reverse.", "layer1.", "layer1.reverse."
  static std::string name(int64_t layer, bool reverse) {
    return (layer == 0 ? "" : fmt::format("layer{}.", layer)) + (reverse ? "reverse." : "");
  }
  Value* together(const std::vector<Value*>& parts, int64_t dim) {
    return parts.size() == 1 ? parts[0] : b_.concat(parts, dim);
  }

  // One cell's way along the sequence.
  struct Passed {
    Value* last;      // h behind it [N,U]
    Value* sequence;  // h of every position [T*N,U]
  };
  Result<Passed> pass(Value* x, const std::string& prefix, bool reverse) {
    return scope_.mode() == Mode::kGeneration ? go_on(x, prefix) : add_loop(x, prefix, reverse);
  }

  Value* positions_inside();
  Result<Value*> weight(const std::string& name, Shape shape, const spec::Initializer& initializer) {
    return scope_.weight(name, shape, {initializer, spec_.units(), spec_.units()});
  }
  Result<Value*> input_products(Value* x, const std::string& prefix);
  Result<Passed> add_loop(Value* x, const std::string& prefix, bool reverse);
  Result<Passed> go_on(Value* x, const std::string& prefix);
  // Of the products with the state: a GRU multiplies those by a gate, with their bias; in the others both biases only
  // add up, and Keras has one.
  bool has_state_bias() const { return spec_.bias() && scope_.layer().has_gru(); }
  bool has_second_bias() const {
    return spec_.bias() && !scope_.layer().has_gru() && spec_.convention() == spec::Recurrent::PYTORCH;
  }
  struct StateWeights {
    Value *w, *bias;  // bias is nullptr where there is none
  };
  Result<StateWeights> state_weights(const std::string& prefix);

  LayerScope& scope_;
  Builder& b_;
  const spec::Recurrent& spec_;
  const Cell& cell_;
  const int64_t examples_, length_;
  Value* is_inside_ = nullptr;  // pred [T*N]: position t of example n lies within its length
};

Value* Recurrence::positions_inside() {
  Value* lengths = b_.reshape(scope_.input(1), {examples_});
  const DType dtype = lengths->type.dtype;
  Value* positions = b_.iota({dtype, {length_, examples_}}, 0);
  Value* inside = b_.compare(OpKind::kLess, positions, b_.broadcast(lengths, {1}, {length_, examples_}));
  return b_.reshape(inside, {length_ * examples_});
}

// x [T,N,I] → [T*N,gates*U], with the biases that no gate multiplies.
Result<Value*> Recurrence::input_products(Value* x, const std::string& prefix) {
  const int64_t inputs = x->type.dim(2), width = cell_.gates * spec_.units();
  MINNOW_ASSIGN(Value * w, weight(prefix + "input.weight", {inputs, width}, spec_.weight_init()));
  Value* products = b_.dot(b_.reshape(x, {length_ * examples_, inputs}), w);
  if (!spec_.bias()) return products;
  MINNOW_ASSIGN(Value * bias, weight(prefix + "input.bias", {width}, spec_.bias_init()));
  if (has_second_bias()) {
    MINNOW_ASSIGN(Value * second, weight(prefix + "recurrent.bias", {width}, spec_.bias_init()));
    bias = b_.add(bias, second);
  }
  return b_.add(products, b_.broadcast(bias, {1}, products->type.shape));
}

Result<Recurrence::StateWeights> Recurrence::state_weights(const std::string& prefix) {
  const int64_t units = spec_.units(), width = cell_.gates * units;
  MINNOW_ASSIGN(Value * w, weight(prefix + "recurrent.weight", {units, width}, spec_.recurrent_init()));
  if (!has_state_bias()) return StateWeights{w, nullptr};
  MINNOW_ASSIGN(Value * bias, weight(prefix + "recurrent.bias", {width}, spec_.bias_init()));
  return StateWeights{w, bias};
}

// h [N,U] → [N,gates*U]
Value* state_products(Builder& b, Value* h, Value* w, Value* bias) {
  Value* products = b.dot(h, w);
  return bias == nullptr ? products : b.add(products, b.broadcast(bias, {1}, products->type.shape));
}

Result<Recurrence::Passed> Recurrence::add_loop(Value* x, const std::string& prefix, bool reverse) {
  const int64_t units = spec_.units(), width = cell_.gates * units;
  MINNOW_ASSIGN(Value * products, input_products(x, prefix));
  MINNOW_ASSIGN(const StateWeights weights, state_weights(prefix));
  scope_.add_flops(2.0 * static_cast<double>((x->type.dim(2) + units) * width * length_));

  auto body = std::make_unique<Function>("body");
  Builder inside(*body);
  inside.set_location(b_.location());
  LoopAttributes loop;
  loop.count = length_;
  loop.reverse = reverse;
  loop.recompute = spec_.recompute();
  std::vector<Value*> operands;
  const auto operand = [&](Value* value, TensorType seen) {
    operands.push_back(value);
    return body->add_parameter("", std::move(seen));
  };
  const TensorType state{DType::kF32, {examples_, units}};
  CellStep step{inside, spec_, nullptr, nullptr, {}};
  loop.split.push_back(0);
  step.x = operand(products, {DType::kF32, {examples_, width}});
  for (int64_t i = 0; i < cell_.states; ++i) {
    loop.carry.push_back(std::ssize(operands));
    step.state.push_back(operand(b_.constant(state, 0), state));
  }
  Value* w = operand(weights.w, weights.w->type);
  Value* bias = weights.bias == nullptr ? nullptr : operand(weights.bias, weights.bias->type);
  step.h = state_products(inside, step.state[0], w, bias);
  std::vector<Value*> next = cell_.step(step);
  Value* shown = next[0];
  if (is_inside_ != nullptr) {
    loop.split.push_back(std::ssize(operands));
    Value* is_here = operand(is_inside_, {DType::kPred, {examples_}});
    is_here = inside.broadcast(is_here, {0}, state.shape);
    for (size_t i = 0; i < next.size(); ++i) next[i] = inside.select(is_here, next[i], step.state[i]);
    shown = inside.select(is_here, next[0], inside.like(next[0], 0));
  }
  for (Value* value : next) body->add_result("", value);
  body->add_result("", shown);
  const Op* op = b_.loop(std::move(operands), std::move(loop), std::move(body));
  return Passed{op->result(0), op->results.back().get()};
}

// One position behind those that made the states, without a loop.
Result<Recurrence::Passed> Recurrence::go_on(Value* x, const std::string& prefix) {
  CellStep step{b_, spec_, nullptr, nullptr, {}};
  MINNOW_ASSIGN(step.x, input_products(x, prefix));
  MINNOW_ASSIGN(const StateWeights weights, state_weights(prefix));
  constexpr std::array kStates = {"h", "c"};
  for (int64_t i = 0; i < cell_.states; ++i) {
    MINNOW_ASSIGN(Value * state, scope_.memory(prefix + kStates[static_cast<size_t>(i)], {examples_, spec_.units()}));
    step.state.push_back(state);
  }
  step.h = state_products(b_, step.state[0], weights.w, weights.bias);
  const std::vector<Value*> next = cell_.step(step);
  for (size_t i = 0; i < next.size(); ++i) scope_.remember(prefix + kStates[i], next[i]);
  return Passed{next[0], next[0]};
}

Result<Value*> lower_recurrent(LayerScope& scope) {
  const spec::Recurrent& spec = spec_of(scope.layer());
  const TensorType& x = scope.input()->type;
  if (x.rank() != 3)
    return scope.complain("", "needs a sequence of vectors, [length,features], not {}{}", scope.example_shape(),
                          scope.from());
  if (scope.inputs().size() > 1 && scope.input(1)->type.elements() != x.dim(0))
    return scope.complain("", "its second input{} is the length of each example, one number, not {}", scope.from(1),
                          scope.example_shape(1));
  const int64_t features = spec.units() * (spec.bidirectional() ? 2 : 1);
  const bool is_last = spec.output() == spec::Recurrent::LAST;
  MINNOW_TRY(scope.admit_output({x.dim(0), x.dim(1), spec.units() * cell_of(scope.layer()).gates}, "its gates"));
  MINNOW_TRY(scope.admit_output(is_last ? Shape{x.dim(0), features} : Shape{x.dim(0), x.dim(1), features}));
  return Recurrence(scope).run();
}

Status check_recurrent(const LayerFields& fields) {
  const spec::Recurrent& spec = spec_of(fields.layer());
  const bool is_known = spec.activation() == spec::Activation::TANH || spec.activation() == spec::Activation::RELU;
  if (fields.layer().has_rnn() && !is_known)
    return fields.complain("activation", "a recurrent layer has TANH or RELU, not {}",
                           spec::Activation::Function_Name(spec.activation()));
  if (!fields.layer().has_rnn() && spec.activation() != spec::Activation::TANH)
    return fields.complain("activation", "only an rnn has a choice of activation");
  if (spec.dropout() > 0 && spec.layers() == 1)
    return fields.complain("dropout", "lies between layers, of which there is one; a dropout layer drops the output");
  return {};
}

Status check_recurrent_generation(const LayerScope& scope) {
  const spec::Recurrent& spec = spec_of(scope.layer());
  if (spec.bidirectional()) return scope.mixes_positions("bidirectional", "its second cell comes from the end");
  if (spec.output() == spec::Recurrent::LAST)
    return scope.mixes_positions("output", "it gives its last state alone, none for each position");
  if (scope.inputs().size() > 1) return scope.mixes_positions("", "it takes lengths");
  return {};
}

}  // namespace

const LayerRule kRnnRule = {.lower = lower_recurrent,
                            .check = check_recurrent,
                            .takes_lengths = [](const spec::Layer&, size_t i) { return i == 1; },
                            .check_generation = check_recurrent_generation};
const LayerRule kGruRule = kRnnRule;
const LayerRule kLstmRule = kRnnRule;

}  // namespace minnow
