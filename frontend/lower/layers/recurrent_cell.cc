#include "frontend/lower/layers/recurrent_cell.h"

#include "frontend/lower/composites.h"

namespace minnow {
namespace {

// The parts of a step's products that belong to its gates.
struct Gates : CellStep {
  Value* gate(Value* all, int64_t i) const { return b.slice(all, 1, i * spec.units(), (i + 1) * spec.units()); }
  Value* sum(int64_t i) const { return b.add(gate(x, i), gate(h, i)); }
  Value* sigmoid(Value* v) const { return b.unary(OpKind::kSigmoid, v); }
  Value* tanh(Value* v) const { return b.unary(OpKind::kTanh, v); }
};

StepResult step_rnn(const CellStep& step) {
  return {{activate(step.b, step.b.add(step.x, step.h), step.spec.activation())}, {}};
}

constexpr std::string_view kLstmGates[] = {"input_gate", "forget_gate", "output_gate"};
StepResult step_lstm(const CellStep& step) {
  const Gates gates{step};
  Builder& b = step.b;
  Value* input = gates.sigmoid(gates.sum(0));
  Value* forget = gates.sigmoid(gates.sum(1));
  Value* memory = b.add(b.mul(forget, step.state[1]), b.mul(input, gates.tanh(gates.sum(2))));
  Value* output = gates.sigmoid(gates.sum(3));
  return {{b.mul(output, gates.tanh(memory)), memory}, {input, forget, output}};
}

constexpr std::string_view kGruGates[] = {"reset_gate", "update_gate"};
StepResult step_gru(const CellStep& step) {
  const Gates gates{step};
  Builder& b = step.b;
  const bool is_keras = step.spec.convention() == spec::Recurrent::KERAS;
  Value* reset = gates.sigmoid(gates.sum(is_keras ? 1 : 0));
  Value* update = gates.sigmoid(gates.sum(is_keras ? 0 : 1));
  Value* proposed = gates.tanh(b.add(gates.gate(step.x, 2), b.mul(reset, gates.gate(step.h, 2))));
  return {{b.add(proposed, b.mul(update, b.sub(step.state[0], proposed)))}, {reset, update}};
}

}  // namespace

const Cell& cell_of(const spec::Layer& layer) {
  static constexpr Cell kRnn{1, 1, step_rnn}, kGru{3, 1, step_gru, kGruGates}, kLstm{4, 2, step_lstm, kLstmGates};
  return layer.has_rnn() ? kRnn : layer.has_gru() ? kGru : kLstm;
}

const spec::Recurrent& spec_of(const spec::Layer& layer) {
  return layer.has_rnn() ? layer.rnn() : layer.has_gru() ? layer.gru() : layer.lstm();
}

int64_t count_cells(const spec::Recurrent& spec) { return spec.layers() * (spec.bidirectional() ? 2 : 1); }

size_t state_inputs(const spec::Layer& layer) {
  return spec_of(layer).initial_state() ? static_cast<size_t>(cell_of(layer).states) : 0;
}

}  // namespace minnow
