// rnn, gru and lstm: a cell for one position, around which a loop op goes along the sequence. What no state goes into,
// the products of the inputs, is computed for all positions at once, in front of the loop.
#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/drop.h"
#include "frontend/lower/layers/recurrent_cell.h"

namespace minnow {
namespace {

// Sequences as they go through: [T,N,...].
class Recurrence {
 public:
  explicit Recurrence(LayerScope& scope)
      : scope_(scope), b_(scope.builder()), spec_(spec_of(scope.layer())), cell_(cell_of(scope.layer())),
        examples_(scope.input()->type.dim(0)), length_(scope.input()->type.dim(1)) {
    if (scope.inputs().size() > lengths_input(scope.layer())) is_inside_ = positions_inside();
    for (size_t i = 0; i < state_inputs(scope.layer()); ++i)
      starts_.push_back(b_.reshape(scope.input(1 + i), {examples_, count_cells(spec_) * spec_.units()}));
  }

  Result<Value*> run() {
    Value* x = b_.transpose(scope_.input(), {1, 0, 2});
    for (int64_t layer = 0; layer < spec_.layers(); ++layer) {
      if (layer > 0) x = drop(scope_, x, spec_.dropout(), name(layer, false));
      std::vector<Value*> sequences;
      for (const bool reverse : {false, true}) {
        if (reverse && !spec_.bidirectional()) continue;
        MINNOW_ASSIGN(Passed passed, pass(x, name(layer, reverse), reverse));
        last_.push_back(std::move(passed.last));
        gates_.push_back(std::move(passed.gates));
        sequences.push_back(b_.reshape(passed.sequence, {length_, examples_, spec_.units()}));
      }
      x = together(sequences, 2);
    }
    if (scope_.mode() != Mode::kGeneration) give_states(), give_gates();
    return spec_.output() == spec::Recurrent::LAST ? last_of_top() : b_.transpose(x, {1, 0, 2});
  }

 private:
  // "", "reverse.", "layer1.", "layer1.reverse."
  static std::string name(int64_t layer, bool reverse) {
    return (layer == 0 ? "" : fmt::format("layer{}.", layer)) + (reverse ? "reverse." : "");
  }
  Value* together(const std::vector<Value*>& parts, int64_t dim) {
    return parts.size() == 1 ? parts[0] : b_.concat(parts, dim);
  }

  using States = std::vector<Value*>;  // of one cell, each [N,U]: h, of an lstm c as well

  // One cell's way along the sequence.
  struct Passed {
    States last;                // behind it
    Value* sequence;            // h of every position [T*N,U]
    std::vector<Value*> gates;  // those that are read, at every position [T*N,U]
  };
  Result<Passed> pass(Value* x, const std::string& prefix, bool reverse) {
    return scope_.mode() == Mode::kGeneration ? go_on(x, prefix) : add_loop(x, prefix, reverse);
  }

  Value* positions_inside();
  Value* last_of_top();
  void give_states();
  void give_gates();
  // State i of the next cell in front of its sequence.
  Value* start(size_t i);
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
  std::vector<Value*> starts_;  // of all cells [N,cells*U]: h, of an lstm c as well; empty: all are 0
  std::vector<States> last_;    // of the cells so far
  std::vector<std::vector<Value*>> gates_;
};

// [N,U], with both directions [N,2*U]
Value* Recurrence::last_of_top() {
  std::vector<Value*> parts;
  for (size_t i = last_.size() - (spec_.bidirectional() ? 2 : 1); i < last_.size(); ++i) parts.push_back(last_[i][0]);
  return together(parts, 1);
}

void Recurrence::give_states() {
  for (size_t i = 0; i < static_cast<size_t>(cell_.states); ++i) {
    if (!scope_.is_read(kCellResults.at(i))) continue;
    std::vector<Value*> parts;
    for (const States& cell : last_) parts.push_back(cell[i]);
    Value* all = together(parts, 1);
    if (last_.size() > 1) all = b_.reshape(all, {examples_, count_cells(spec_), spec_.units()});
    scope_.give(kCellResults.at(i), all);
  }
}

// [T*N,U] of each cell → [N,T,cells*U]
void Recurrence::give_gates() {
  size_t read = 0;
  for (const std::string_view gate : cell_.gate_names) {
    if (!scope_.is_read(gate)) continue;
    std::vector<Value*> parts;
    for (const auto& cell : gates_) parts.push_back(b_.reshape(cell[read], {length_, examples_, spec_.units()}));
    scope_.give(gate, b_.transpose(together(parts, 2), {1, 0, 2}));
    ++read;
  }
}

Value* Recurrence::start(size_t i) {
  if (starts_.empty()) return b_.constant({DType::kF32, {examples_, spec_.units()}}, 0);
  const auto cell = static_cast<int64_t>(last_.size());
  if (count_cells(spec_) == 1) return starts_[i];
  return b_.slice(starts_[i], 1, cell * spec_.units(), (cell + 1) * spec_.units());
}

Value* Recurrence::positions_inside() {
  Value* lengths = b_.reshape(scope_.input(lengths_input(scope_.layer())), {examples_});
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
    step.state.push_back(operand(start(static_cast<size_t>(i)), state));
  }
  Value* w = operand(weights.w, weights.w->type);
  Value* bias = weights.bias == nullptr ? nullptr : operand(weights.bias, weights.bias->type);
  step.h = state_products(inside, step.state[0], w, bias);
  auto [next, open] = cell_.step(step);
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
  for (size_t i = 0; i < open.size(); ++i)
    if (scope_.is_read(cell_.gate_names[i])) body->add_result("", open[i]);
  const Op* op = b_.loop(std::move(operands), std::move(loop), std::move(body));
  const auto states = static_cast<size_t>(cell_.states);
  Passed passed{{}, op->result(states), {}};
  for (size_t i = 0; i < states; ++i) passed.last.push_back(op->result(i));
  for (size_t i = states + 1; i < op->results.size(); ++i) passed.gates.push_back(op->result(i));
  return passed;
}

// One position behind those that made the states, without a loop.
Result<Recurrence::Passed> Recurrence::go_on(Value* x, const std::string& prefix) {
  CellStep step{b_, spec_, nullptr, nullptr, {}};
  MINNOW_ASSIGN(step.x, input_products(x, prefix));
  MINNOW_ASSIGN(const StateWeights weights, state_weights(prefix));
  for (size_t i = 0; i < static_cast<size_t>(cell_.states); ++i) {
    MINNOW_ASSIGN(Value * state, scope_.memory(prefix + kCellStates.at(i), {examples_, spec_.units()}));
    step.state.push_back(state);
  }
  step.h = state_products(b_, step.state[0], weights.w, weights.bias);
  const States next = cell_.step(step).state;
  for (size_t i = 0; i < next.size(); ++i) scope_.remember(prefix + kCellStates.at(i), next[i]);
  return Passed{next, next[0], {}};
}

tl::unexpected<Error> with_hint_on_states(tl::unexpected<Error> error) {
  error.value().hint = "initial_state: true makes the inputs behind the sequence the states that it begins with";
  return error;
}

// "3 of each of 2 cells, layers and directions"
std::string state_text(const spec::Recurrent& spec) {
  if (count_cells(spec) == 1) return fmt::format("{}", spec.units());
  return fmt::format("{} of each of {} layers and directions", spec.units(), count_cells(spec));
}

Status check_recurrent_inputs(const LayerScope& scope) {
  const spec::Recurrent& spec = spec_of(scope.layer());
  const TensorType& x = scope.input()->type;
  if (x.rank() != 3)
    return scope.complain("", "needs a sequence of vectors, [length,features], not {}{}", scope.example_shape(),
                          scope.from());
  for (size_t i = 1; i < lengths_input(scope.layer()); ++i)
    if (scope.input(i)->type.elements() != x.dim(0) * count_cells(spec) * spec.units())
      return scope.complain("initial_state", "the state {} begins with the numbers {}, not {}{}", kCellStates.at(i - 1),
                            state_text(spec), scope.example_shape(i), scope.from(static_cast<int>(i)));
  const size_t lengths = lengths_input(scope.layer());
  if (scope.inputs().size() == lengths || scope.input(lengths)->type.elements() == x.dim(0)) return {};
  tl::unexpected<Error> error = scope.complain("", "its last input{} is the length of each example, one number, not {}",
                                               scope.from(static_cast<int>(lengths)), scope.example_shape(lengths));
  return spec.initial_state() ? error : with_hint_on_states(std::move(error));
}

Result<Value*> lower_recurrent(LayerScope& scope) {
  const spec::Recurrent& spec = spec_of(scope.layer());
  const TensorType& x = scope.input()->type;
  MINNOW_TRY(check_recurrent_inputs(scope));
  const int64_t features = spec.units() * (spec.bidirectional() ? 2 : 1);
  const bool is_last = spec.output() == spec::Recurrent::LAST;
  MINNOW_TRY(scope.admit_output({x.dim(0), x.dim(1), spec.units() * cell_of(scope.layer()).gates}, "its gates"));
  MINNOW_TRY(scope.admit_output(is_last ? Shape{x.dim(0), features} : Shape{x.dim(0), x.dim(1), features}));
  return Recurrence(scope).run();
}

Status check_input_count(const LayerFields& fields) {
  const spec::Layer& layer = fields.layer();
  const size_t count = static_cast<size_t>(layer.inputs_size()), lengths = lengths_input(layer);
  if (count == lengths || count == lengths + 1) return {};
  if (!spec_of(layer).initial_state())
    return with_hint_on_states(
        fields.complain("", "takes a sequence, then the lengths if there are any, but has {} inputs", count));
  return fields.complain("initial_state", "takes a sequence, {}, then the lengths if there are any, but has {} inputs",
                         layer.has_lstm() ? "the states h and c" : "the state h", count);
}

Status check_recurrent(const LayerFields& fields) {
  const spec::Recurrent& spec = spec_of(fields.layer());
  const bool is_known = spec.activation() == spec::Activation::TANH || spec.activation() == spec::Activation::RELU;
  if (fields.layer().has_rnn() && !is_known)
    return fields.complain("activation", "a recurrent layer has TANH or RELU, not {}",
                           spec::Activation::Function_Name(spec.activation()));
  if (!fields.layer().has_rnn() && spec.activation() != spec::Activation::TANH)
    return fields.complain("activation", "only an rnn has a choice of activation");
  MINNOW_TRY(check_input_count(fields));
  if (spec.dropout() > 0 && spec.layers() == 1)
    return fields.complain("dropout", "lies between layers, of which there is one; a dropout layer drops the output");
  return {};
}

Status check_recurrent_generation(const LayerScope& scope) {
  const spec::Recurrent& spec = spec_of(scope.layer());
  if (spec.bidirectional()) return scope.mixes_positions("bidirectional", "its second cell comes from the end");
  if (spec.output() == spec::Recurrent::LAST)
    return scope.mixes_positions("output", "it gives its last state alone, none for each position");
  if (spec.initial_state())
    return scope.mixes_positions("initial_state", "its state begins with that of another layer");
  if (scope.inputs().size() > 1) return scope.mixes_positions("", "it takes lengths");
  return {};
}

}  // namespace

const LayerRule kRnnRule = {
    .lower = lower_recurrent,
    .check = check_recurrent,
    .takes_lengths = [](const spec::Layer& layer, size_t i) { return i == lengths_input(layer); },
    .check_generation = check_recurrent_generation};
const LayerRule kGruRule = kRnnRule;
const LayerRule kLstmRule = kRnnRule;

}  // namespace minnow
