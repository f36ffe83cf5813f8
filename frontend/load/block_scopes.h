// The first half of expanding blocks: which copies of which blocks a model holds, and what is set in each. Private to
// frontend/load/.
#pragma once

#include "frontend/load/load_model.h"

namespace minnow {

// Layers that know each other by name: the model's own, or one copy of a block's.
struct BlockScope {
  LoadedModel source;                                // the layers as written, with what the use has set
  std::string prefix = {};                           // of their names in the model
  const spec::Block* block = nullptr;                // null for the model itself
  std::vector<std::vector<BlockScope>> copies = {};  // of each layer, if it is a use
};

std::string place_of_layer(int index);  // "layers.3"
// -1 if there is none of this name.
int layer_named(const Model& model, std::string_view name);
std::vector<std::string> input_names(const spec::Block& block);
// The layer whose result is the scope's.
int output_layer(const BlockScope& scope);

// The model's own scope, with those of all blocks inside. `loaded` must outlive it.
Result<BlockScope> make_scopes(const LoadedModel& loaded);

}  // namespace minnow
