// Where a weight comes from in a file of another framework's names: the rows of its table, filled in.
#pragma once

#include <string>
#include <vector>

#include "runtime/weights/name_table.h"

namespace minnow {

// A tensor of the file, or a part of it.
struct WeightSource {
  std::string name;  // behind the name of its module; a star stands for any characters, empty for the module itself
  Arrangement arrangement;
  int64_t part = 0, parts = 1;

  // The file's tensor may have this shape; dimensions of 1 are no difference.
  bool fits(const Shape& shape) const;
};

// A weight is the sum of its sources.
struct Recipe {
  std::vector<WeightSource> sources;
  bool only_written = false;  // the weight is zero; written, it is added to what others make of the tensor
};

// A weight with all that the table has for it, best first. One that no table knows is called as it is.
struct WantedWeight {
  LayerWeight weight;
  std::vector<Recipe> recipes;
};

std::vector<WantedWeight> wanted_weights(std::vector<LayerWeight> weights, Naming names);

}  // namespace minnow
