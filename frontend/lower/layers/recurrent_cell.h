// The cells of rnn, gru and lstm: what they do at one position, and what their layers read and give.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "frontend/schema/layers.pb.h"
#include "ir/builder.h"

namespace minnow {

// One position: x [N,gates*U] and h [N,gates*U] are products with their biases.
struct CellStep {
  Builder& b;
  const spec::Recurrent& spec;
  Value *x, *h;
  std::vector<Value*> state;  // [N,U]: h, of an lstm c as well
};

struct StepResult {
  std::vector<Value*> state;  // the next one
  std::vector<Value*> open;   // of each gate that the cell names: how far it is open [N,U]
};

struct Cell {
  int64_t gates, states;
  StepResult (*step)(const CellStep& step);
  std::span<const std::string_view> gate_names = {};  // as results of the layer
};

const Cell& cell_of(const spec::Layer& layer);
const spec::Recurrent& spec_of(const spec::Layer& layer);

// The states by the names of what generation remembers, and as results of the layer.
inline constexpr std::array kCellStates = {"h", "c"};
inline constexpr std::array kCellResults = {"state", "cell"};

// Cells of the layer that have a state of their own.
int64_t count_cells(const spec::Recurrent& spec);
// Inputs behind the sequence that are states to begin with; the next, if there is one, is the lengths.
size_t state_inputs(const spec::Layer& layer);
inline size_t lengths_input(const spec::Layer& layer) { return 1 + state_inputs(layer); }

}  // namespace minnow
