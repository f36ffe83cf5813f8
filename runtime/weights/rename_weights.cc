#include "runtime/weights/rename_weights.h"

#include <algorithm>

#include "runtime/weights/detect_names.h"
#include "runtime/weights/recipe.h"

namespace minnow {
namespace {

// Whether the layer has all parts of the tensor, of one shape.
bool is_complete(const WeightSource& source, const std::string& layer, const std::vector<WantedWeight>& all) {
  int64_t parts = 0;
  for (const WantedWeight& other : all) {
    if (other.weight.layer != layer) continue;
    parts += std::ranges::count_if(other.recipes, [&](const Recipe& recipe) {
      const WeightSource& part = recipe.sources[0];
      return part.name == source.name && part.arrangement.theirs == source.arrangement.theirs;
    });
  }
  return parts == source.parts;
}

class Renaming {
 public:
  explicit Renaming(Naming names) : names_(names) {}

  void add(const Tensor& ours, const LayerWeight& weight, const Recipe& recipe) {
    for (const WeightSource& source : recipe.sources) {
      Tensor& theirs = tensor(name_of(weight, source), source);
      if (&source != recipe.sources.data()) continue;  // of a sum, the first is all
      const Tensor moved = to_theirs(ours, source.arrangement);
      const std::span<const float> from = moved.as<float>();
      float* to = theirs.as<float>().data() + source.part * std::ssize(from);
      for (size_t i = 0; i < from.size(); ++i) to[i] += from[i];
    }
  }

  std::vector<NamedTensor> take() && { return std::move(tensors_); }

 private:
  std::string name_of(const LayerWeight& weight, const WeightSource& source) const {
    std::string name = weight.layer;
    if (!source.name.empty()) name += "." + source.name;
    if (names_ == Naming::kKeras) std::ranges::replace(name, '.', '/');
    return name;
  }

  // In the file to be, zero at first.
  Tensor& tensor(const std::string& name, const WeightSource& source) {
    const auto known = std::ranges::find(tensors_, name, &NamedTensor::name);
    if (known != tensors_.end()) return known->tensor;
    Shape shape = source.arrangement.theirs;
    if (source.parts > 1 && shape.size() == 1 && names_ == Naming::kKeras) shape.insert(shape.begin(), source.parts);
    else if (source.parts > 1) shape[0] *= source.parts;
    tensors_.push_back({name, Tensor::zeros({DType::kF32, shape})});
    return tensors_.back().tensor;
  }

  Naming names_;
  std::vector<NamedTensor> tensors_;
};

}  // namespace

Result<std::vector<NamedTensor>> rename_weights(const std::map<std::string, Tensor>& tensors, const LoadedModel& loaded,
                                                const LoweredModel& lowered, Naming names) {
  const std::vector<WantedWeight> all = wanted_weights(layer_weights(loaded, lowered), names);
  Renaming renaming(names);
  for (const WantedWeight& wanted : all) {
    const auto recipe = std::ranges::find_if(wanted.recipes, [&](const Recipe& candidate) {
      const WeightSource& source = candidate.sources[0];
      return source.parts == 1 || is_complete(source, wanted.weight.layer, all);
    });
    if (recipe == wanted.recipes.end())
      return fail_with_hint(
          loaded.path, fmt::format("the weight \"{}\" has no name among {}", wanted.weight.name, names_title(names)),
          "--names minnow writes every weight");
    renaming.add(tensors.at(wanted.weight.name), wanted.weight, *recipe);
  }
  return std::move(renaming).take();
}

}  // namespace minnow
