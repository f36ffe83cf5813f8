// Which module of a file is which layer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/weights/recipe.h"
#include "runtime/weights/tensor_index.h"

namespace minnow {

struct ModulePairs {
  std::map<std::string, std::string> modules;  // by layer
  bool by_order = false;
};

// The modules called as the layers, perhaps behind a prefix that all names share, if there is one such. Otherwise each
// layer, in the order of computation, gets the first module by number that fits it; among modules of different names
// that fit alike there is no order, and it gets none.
ModulePairs pair_modules(const std::vector<WantedWeight>& wanted, const TensorFile& file, const TensorIndex& index);

// The first recipe whose tensors are all there and, if `fits`, of their shapes; nullptr if there is none.
const Recipe* find_recipe(const WantedWeight& wanted, const std::string& module, const TensorFile& file,
                          const TensorIndex& index, bool fits);

}  // namespace minnow
