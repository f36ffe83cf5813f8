// RNN, GRU and LSTM: https://onnx.ai/onnx/operators/onnx__LSTM.html has the equations. What depends on the input alone
// is one product for all steps; the rest is a body of the IR's loop, compiled once however long the sequence is.
#include "frontend/onnx/ops/elements.h"

namespace minnow::onnx_ops {
namespace {

struct Activation {
  std::string name;
  double alpha;
  double beta;
};

Value* activated(GraphBuilder& b, Value* x, const Activation& f) {
  if (f.name == "Sigmoid") return b.sigmoid(x);
  if (f.name == "Tanh") return b.tanh(x);
  if (f.name == "Relu") return relu(b, x);
  if (f.name == "Affine") return b.add(b.mul(x, f.alpha), f.beta);
  if (f.name == "LeakyRelu") return b.select(b.binary(OpKind::kLess, x, 0.0), b.mul(x, f.alpha), x);
  if (f.name == "ThresholdedRelu") return b.select(b.binary(OpKind::kGreater, x, f.alpha), x, 0.0);
  if (f.name == "ScaledTanh") return b.mul(b.tanh(b.mul(x, f.beta)), f.alpha);
  if (f.name == "HardSigmoid") return hard_sigmoid_of(b, x, f.alpha, f.beta);
  if (f.name == "Elu") return elu_of(b, x, f.alpha);
  if (f.name == "Softsign") return b.div(x, b.add(b.abs(x), 1.0));
  if (f.name == "Softplus") return softplus_of(b, x);
  refuse("the activation \"{}\" is not known", f.name);
}

// What the operators leave unsaid.
std::pair<double, double> default_constants(const std::string& name) {
  if (name == "HardSigmoid") return {0.2, 0.5};
  if (name == "LeakyRelu") return {0.01, 0};
  return {1, name == "ScaledTanh" ? 1 : 0};
}

// The activations of one direction, in the order of the equations. Constants are told for those that have any, in the
// same order.
std::vector<Activation> activations_of(const NodeScope& n, size_t direction, const std::vector<std::string>& defaults) {
  std::vector<std::string> names = n.texts("activations");
  const std::vector<double> alphas = n.reals("activation_alpha"), betas = n.reals("activation_beta");
  if (names.empty()) names = defaults;
  const size_t first = names.size() > defaults.size() ? direction * defaults.size() : 0;
  require(names.size() >= first + defaults.size(), "it has {} activations", names.size());
  std::vector<Activation> found;
  size_t alpha = 0, beta = 0;
  for (size_t i = 0; i < first + defaults.size(); ++i) {
    auto [a, c] = default_constants(names[i]);
    const bool has_alpha = names[i] == "Affine" || names[i] == "LeakyRelu" || names[i] == "ThresholdedRelu" ||
                           names[i] == "ScaledTanh" || names[i] == "HardSigmoid" || names[i] == "Elu";
    const bool has_beta = names[i] == "Affine" || names[i] == "ScaledTanh" || names[i] == "HardSigmoid";
    if (has_alpha && alpha < alphas.size()) a = alphas[alpha++];
    if (has_beta && beta < betas.size()) c = betas[beta++];
    if (i >= first) found.push_back({names[i], a, c});
  }
  return found;
}

// A recurrent cell of one direction.
struct Cell {
  int64_t gates;                        // whose weights lie one behind the other
  std::vector<Activation> activations;  // one for each kind of gate
  double clip;                          // 0: none
  bool couples_gates;                   // LSTM: the forget gate is 1 less the input gate
  bool resets_after;                    // GRU: linear_before_reset
};

// The weights of one direction as a step sees them.
struct StepWeights {
  Value* recurrent;  // [G H, H]
  Value* bias;       // of the recurrent part [G H], where that is apart
  Value* peepholes;  // [3 H]
};

struct State {
  Value* hidden;  // [B,H]
  Value* cell;    // LSTM only
};

Value* clipped(GraphBuilder& b, Value* x, const Cell& cell) {
  return cell.clip > 0 ? clamped(b, x, -cell.clip, cell.clip) : x;
}

// Gate i of [B, G H].
Value* gate(GraphBuilder& b, Value* all, int64_t i, int64_t hidden) {
  return b.slice(all, 1, i * hidden, (i + 1) * hidden);
}

State rnn_step(GraphBuilder& b, const Cell& cell, Value* x, const State& state, const StepWeights& w) {
  Value* sum = b.add(x, b.dot(state.hidden, w.recurrent, {1, 1}));
  return {activated(b, clipped(b, sum, cell), cell.activations[0]), nullptr};
}

// Gates z, r, h.
State gru_step(GraphBuilder& b, const Cell& cell, Value* x, const State& state, const StepWeights& w) {
  const int64_t size = state.hidden->type.dim(1);
  const auto rows = [&](Value* all, int64_t from, int64_t to) { return b.slice(all, 0, from * size, to * size); };
  Value* first = b.add(b.slice(x, 1, 0, 2 * size), b.dot(state.hidden, rows(w.recurrent, 0, 2), {1, 1}));
  Value* gates = activated(b, clipped(b, first, cell), cell.activations[0]);
  Value* z = gate(b, gates, 0, size);
  Value* r = gate(b, gates, 1, size);
  Value* weights = rows(w.recurrent, 2, 3);
  Value* bias = rows(w.bias, 2, 3);
  Value* inner = cell.resets_after ? b.mul(r, b.add(b.dot(state.hidden, weights, {1, 1}), bias))
                                   : b.add(b.dot(b.mul(r, state.hidden), weights, {1, 1}), bias);
  Value* h = activated(b, clipped(b, b.add(gate(b, x, 2, size), inner), cell), cell.activations[1]);
  return {b.add(b.mul(b.sub(b.like(z, 1), z), h), b.mul(z, state.hidden)), nullptr};
}

// Gates i, o, f, c; peepholes of i, o, f.
State lstm_step(GraphBuilder& b, const Cell& cell, Value* x, const State& state, const StepWeights& w) {
  const int64_t size = state.hidden->type.dim(1);
  Value* sums = b.add(x, b.dot(state.hidden, w.recurrent, {1, 1}));
  const auto peeped = [&](int64_t of_gate, int64_t peephole, Value* seen) {
    Value* sum = gate(b, sums, of_gate, size);
    if (w.peepholes != nullptr)
      sum = b.add(sum, b.mul(seen, b.slice(w.peepholes, 0, peephole * size, (peephole + 1) * size)));
    return clipped(b, sum, cell);
  };
  Value* i = activated(b, peeped(0, 0, state.cell), cell.activations[0]);
  Value* f = cell.couples_gates ? b.sub(b.like(i, 1), i) : activated(b, peeped(2, 2, state.cell), cell.activations[0]);
  Value* c = activated(b, clipped(b, gate(b, sums, 3, size), cell), cell.activations[1]);
  Value* next = b.add(b.mul(f, state.cell), b.mul(i, c));
  Value* o = activated(b, peeped(1, 1, next), cell.activations[0]);
  return {b.mul(o, activated(b, next, cell.activations[2])), next};
}

using Step = State(GraphBuilder& b, const Cell& cell, Value* x, const State& state, const StepWeights& w);

struct Kind {
  int64_t gates;
  std::vector<std::string> activations;
  Step* step;
};

Kind kind_of(const std::string& op) {
  if (op == "LSTM") return {4, {"Sigmoid", "Tanh", "Tanh"}, lstm_step};
  if (op == "GRU") return {3, {"Sigmoid", "Tanh"}, gru_step};
  return {1, {"Tanh"}, rnn_step};
}

// Operands of the node, time first.
struct Sequence {
  int64_t steps, batch, inputs, hidden;
  Value* x;        // [T,B,I]
  Value* running;  // pred [T,B], whether a sequence is not over yet; null where all are as long
};

// [D,...] of one direction.
Value* of_direction(NodeScope& n, size_t input, int64_t direction) {
  GraphBuilder& b = n.b;
  Value* all = n.value(input);
  Shape shape(all->type.shape.begin() + 1, all->type.shape.end());
  return b.reshape(b.slice(all, 0, direction, direction + 1), shape);
}

State initial_state(NodeScope& n, const Sequence& s, int64_t direction, bool by_batch) {
  GraphBuilder& b = n.b;
  const auto of = [&](size_t input) -> Value* {
    if (!n.has(input)) return b.constant({DType::kF32, {s.batch, s.hidden}}, 0);
    require(n.rank(input) == 3, "the initial state is {}", shape_to_string(n.shape(input)));
    Value* all = by_batch ? b.transpose(n.floats(input), {1, 0, 2}) : n.floats(input);
    return b.reshape(b.slice(all, 0, direction, direction + 1), {s.batch, s.hidden});
  };
  return {of(5), n.op() == "LSTM" ? of(6) : nullptr};
}

struct DirectionResult {
  Value* all;  // [T,B,H]
  State last;
};

// One direction: x W + b for all steps, then a loop.
DirectionResult run_direction(NodeScope& n, const Kind& kind, const Cell& cell, const Sequence& s, int64_t direction,
                              bool is_reverse, bool by_batch) {
  GraphBuilder& b = n.b;
  const int64_t width = kind.gates * s.hidden;
  Value* bias = n.has(3) ? of_direction(n, 3, direction) : b.constant({DType::kF32, {2 * width}}, 0);
  Value* input_bias = b.slice(bias, 0, 0, width);
  Value* recurrent_bias = b.slice(bias, 0, width, 2 * width);
  Value* from_x = b.dot(s.x, of_direction(n, 1, direction), {2, 1});
  from_x = b.add(from_x, input_bias);
  // All but the last gate of a GRU add their recurrent bias at once.
  const bool is_gru = n.op() == "GRU";
  Value* early = recurrent_bias;
  if (is_gru) early = b.pad(b.slice(recurrent_bias, 0, 0, 2 * s.hidden), {0}, {s.hidden});
  from_x = b.add(from_x, early);

  LoopAttributes loop;
  loop.count = s.steps;
  loop.reverse = is_reverse;
  std::vector<Value*> operands;
  auto body = std::make_unique<Function>("body");
  const auto operand = [&](Value* value, std::vector<int64_t>* list) {
    const auto at = static_cast<int64_t>(operands.size());
    if (list != nullptr) list->push_back(at);
    operands.push_back(value);
    TensorType type = value->type;
    if (list == &loop.split) type.shape[0] = 1;
    return body->add_parameter(fmt::format("a{}", at), type);
  };
  const State initial = initial_state(n, s, direction, by_batch);
  Value* x = operand(from_x, &loop.split);
  Value* running = s.running != nullptr ? operand(s.running, &loop.split) : nullptr;
  State state{operand(initial.hidden, &loop.carry), nullptr};
  if (initial.cell != nullptr) state.cell = operand(initial.cell, &loop.carry);
  StepWeights w{operand(of_direction(n, 2, direction), nullptr), nullptr, nullptr};
  if (is_gru) w.bias = operand(recurrent_bias, nullptr);
  if (n.op() == "LSTM" && n.has(7)) w.peepholes = operand(of_direction(n, 7, direction), nullptr);

  GraphBuilder inner(*body, b.max_bytes());
  inner.builder().set_location(b.builder().location());
  State next = kind.step(inner, cell, inner.reshape(x, {s.batch, width}), state, w);
  Value* shown = next.hidden;
  if (running != nullptr) {
    Value* runs = inner.broadcast(inner.reshape(running, {s.batch}), {0}, next.hidden->type.shape);
    shown = inner.select(runs, next.hidden, 0.0);
    next.hidden = inner.select(runs, next.hidden, state.hidden);
    if (next.cell != nullptr) next.cell = inner.select(runs, next.cell, state.cell);
  }
  body->add_result("", next.hidden);
  if (next.cell != nullptr) body->add_result("", next.cell);
  body->add_result("", inner.reshape(shown, {1, s.batch, s.hidden}));
  Op* op = b.loop(std::move(operands), std::move(loop), std::move(body));
  const bool has_cell = initial.cell != nullptr;
  return {op->result(has_cell ? 2 : 1), {op->result(0), has_cell ? op->result(1) : nullptr}};
}

Sequence sequence_of(NodeScope& n, const Kind& kind, int64_t directions, bool by_batch) {
  GraphBuilder& b = n.b;
  require(n.rank() == 3 && n.rank(1) == 3 && n.rank(2) == 3, "its operands are {}, {} and {}",
          shape_to_string(n.shape()), shape_to_string(n.shape(1)), shape_to_string(n.shape(2)));
  Value* x = by_batch ? b.transpose(n.floats(), {1, 0, 2}) : n.floats();
  Sequence s{x->type.dim(0), x->type.dim(1), x->type.dim(2), n.dim(2, 2), x, nullptr};
  const int64_t width = kind.gates * s.hidden;
  require(n.shape(1) == Shape({directions, width, s.inputs}) && n.shape(2) == Shape({directions, width, s.hidden}),
          "the weights {} and {} do not fit {} inputs in {} directions", shape_to_string(n.shape(1)),
          shape_to_string(n.shape(2)), s.inputs, directions);
  if (n.has(3)) require(n.shape(3) == Shape({directions, 2 * width}), "the bias is {}", shape_to_string(n.shape(3)));
  if (n.has(7))
    require(n.shape(7) == Shape({directions, 3 * s.hidden}), "the peepholes are {}", shape_to_string(n.shape(7)));
  require(n.whole("hidden_size", s.hidden) == s.hidden, "hidden_size is {}, but the weights are of {}",
          n.whole("hidden_size"), s.hidden);
  require(s.steps > 0 && s.batch > 0 && s.hidden > 0, "the sequence {} is empty", shape_to_string(n.shape()));
  if (n.has(4)) {
    require(n.shape(4) == Shape{s.batch}, "the lengths are {}", shape_to_string(n.shape(4)));
    Value* step = b.iota({DType::kI32, {s.steps, s.batch}}, 0);
    s.running = b.binary(OpKind::kLess, step, n.value(4));
  }
  return s;
}

}  // namespace

void recurrent(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Kind kind = kind_of(n.op());
  const std::string direction = n.text("direction", "forward");
  require(direction == "forward" || direction == "reverse" || direction == "bidirectional",
          "the direction \"{}\" is not known", direction);
  const int64_t directions = direction == "bidirectional" ? 2 : 1;
  const bool by_batch = n.whole("layout") != 0;
  const Sequence s = sequence_of(n, kind, directions, by_batch);
  std::vector<Value*> all, hidden, cells;
  for (int64_t d = 0; d < directions; ++d) {
    const Cell cell{kind.gates, activations_of(n, static_cast<size_t>(d), kind.activations), n.real("clip"),
                    n.whole("input_forget") != 0, n.whole("linear_before_reset") != 0};
    const DirectionResult result = run_direction(n, kind, cell, s, d, direction == "reverse" || d == 1, by_batch);
    all.push_back(b.reshape(result.all, {s.steps, 1, s.batch, s.hidden}));
    hidden.push_back(b.reshape(result.last.hidden, {1, s.batch, s.hidden}));
    if (result.last.cell != nullptr) cells.push_back(b.reshape(result.last.cell, {1, s.batch, s.hidden}));
  }
  const auto last = [&](std::vector<Value*> parts) {
    Value* joined = b.concat(std::move(parts), 0);
    return by_batch ? b.transpose(joined, {1, 0, 2}) : joined;
  };
  Value* y = b.concat(std::move(all), 1);  // [T,D,B,H]
  n.give(by_batch ? b.transpose(y, {2, 0, 1, 3}) : y);
  n.give(1, last(std::move(hidden)), n.type());
  if (!cells.empty()) n.give(2, last(std::move(cells)), n.type());
}

}  // namespace minnow::onnx_ops
