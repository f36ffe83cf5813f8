// What a weight's place in a file depends on besides its own shape: the layer that has it.
#pragma once

#include <string>
#include <vector>

#include "frontend/lower/lower_model.h"

namespace minnow {

// A weight or a state, with its layer.
struct LayerWeight {
  std::string name;    // "conv1.weight"
  std::string layer;   // "conv1"
  std::string suffix;  // "weight"
  Shape shape;
  const spec::Layer* spec = nullptr;  // null in a program, which has no layers
  // The image [C,H,W], or whatever has its channels first, of which the layer's input is the elements in a row. Empty
  // if there is none.
  Shape flattened;
};

// All weights and states, in the order of computation, those of a layer behind each other.
std::vector<LayerWeight> layer_weights(const LoadedModel& loaded, const LoweredModel& lowered);

// The layer's kind for a table of names: that of the model file, "-keras" behind recurrent ones of that convention.
std::string kind_of(const LayerWeight& weight);

}  // namespace minnow
