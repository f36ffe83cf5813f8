// What a kind of layer is beside its message in layers.proto: a rule, defined in a file of frontend/lower/layers/.
#pragma once

#include "frontend/lower/layer_scope.h"

namespace minnow {

struct LayerRule {
  // Checks the shapes, builds the ops, returns the value that the layer stands for.
  Result<Value*> (*lower)(LayerScope& scope);
  // Refuses fields that do not fit each other, before any shape is known. Each by itself has been checked by its
  // options.
  Status (*check)(const LayerFields& fields) = nullptr;
  // The result has gone through a softmax, which a loss of logits has itself.
  bool gives_probabilities = false;
  // Its inputs may be tokens, i32, rather than numbers.
  bool takes_tokens = false;
  // Whether input i is a length, which may be a whole number; nullptr: none is.
  bool (*takes_lengths)(const spec::Layer& layer, size_t i) = nullptr;
  // Whether the layer, in Mode::kGeneration, may be fed with one position of a sequence, dimension 1 of its inputs, and
  // gives its result at that position: by itself, or with what it remembers of those before. An error, as
  // mixes_positions makes it, says why not; a rule without a check never can. See layers/one_position.h.
  Status (*check_generation)(const LayerScope& scope) = nullptr;
};

// kDenseRule and so on.
#define MINNOW_LAYER(kind) extern const LayerRule k##kind##Rule;
#include "frontend/lower/layers/layers.def"

// The rule of the layer's kind, which is set.
const LayerRule& layer_rule(const spec::Layer& layer);

}  // namespace minnow
