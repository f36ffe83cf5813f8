#include "runtime/weights/pair_modules.h"

#include <algorithm>
#include <set>

namespace minnow {
namespace {

using Layers = std::vector<std::pair<std::string, std::vector<const WantedWeight*>>>;

Layers layers_of(const std::vector<WantedWeight>& wanted) {
  Layers layers;
  for (const WantedWeight& one : wanted) {
    if (layers.empty() || layers.back().first != one.weight.layer) layers.push_back({one.weight.layer, {}});
    layers.back().second.push_back(&one);
  }
  return layers;
}

class Pairing {
 public:
  Pairing(const std::vector<WantedWeight>& wanted, const TensorFile& file, const TensorIndex& index)
      : layers_(layers_of(wanted)), file_(file), index_(index) {}

  ModulePairs by_name() const {
    for (const std::string& prefix : index_.common_prefixes()) {
      ModulePairs pairs;
      for (const auto& [layer, weights] : layers_)
        if (has_any(weights, prefix + layer)) pairs.modules[layer] = prefix + layer;
      if (!pairs.modules.empty()) return pairs;
    }
    return {};
  }

  ModulePairs by_order() const {
    ModulePairs pairs;
    std::set<std::string> used;
    for (const auto& [layer, weights] : layers_) {
      std::vector<std::string> fitting;
      for (const std::string& module : index_.modules())
        if (!used.contains(module) && fits_all(weights, module)) fitting.push_back(module);
      if (fitting.empty() || !is_one_sequence(fitting)) continue;
      pairs.modules[layer] = fitting[0];
      used.insert(fitting[0]);
    }
    pairs.by_order = !pairs.modules.empty();
    return pairs;
  }

 private:
  bool has_any(const std::vector<const WantedWeight*>& weights, const std::string& module) const {
    return std::ranges::any_of(
        weights, [&](const WantedWeight* one) { return find_recipe(*one, module, file_, index_, false) != nullptr; });
  }
  bool fits_all(const std::vector<const WantedWeight*>& weights, const std::string& module) const {
    return std::ranges::all_of(
        weights, [&](const WantedWeight* one) { return find_recipe(*one, module, file_, index_, true) != nullptr; });
  }
  static bool is_one_sequence(const std::vector<std::string>& modules) {
    return std::ranges::all_of(
        modules, [&](const std::string& module) { return without_number(module) == without_number(modules[0]); });
  }

  Layers layers_;
  const TensorFile& file_;
  const TensorIndex& index_;
};

}  // namespace

const Recipe* find_recipe(const WantedWeight& wanted, const std::string& module, const TensorFile& file,
                          const TensorIndex& index, bool fits) {
  const auto is_there = [&](const WeightSource& source) {
    const int at = index.find(module, source.name);
    return at >= 0 && (!fits || source.fits(file.tensors[static_cast<size_t>(at)].tensor.type().shape));
  };
  const auto found = std::ranges::find_if(
      wanted.recipes, [&](const Recipe& recipe) { return std::ranges::all_of(recipe.sources, is_there); });
  return found == wanted.recipes.end() ? nullptr : &*found;
}

ModulePairs pair_modules(const std::vector<WantedWeight>& wanted, const TensorFile& file, const TensorIndex& index) {
  const Pairing pairing(wanted, file, index);
  ModulePairs pairs = pairing.by_name();
  return pairs.modules.empty() ? pairing.by_order() : pairs;
}

}  // namespace minnow
