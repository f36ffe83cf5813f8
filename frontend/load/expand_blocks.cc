#include "frontend/load/expand_blocks.h"

#include <algorithm>

#include "frontend/load/block_scopes.h"
#include "frontend/load/complain.h"
#include "frontend/load/field_options.h"
#include "frontend/load/name_hint.h"

namespace minnow {
namespace {

// A layer as the model will have it; of a use, the one whose result is its own.
spec::Layer result_layer(const BlockScope& scope, int index) {
  const auto& copies = scope.copies[static_cast<size_t>(index)];
  if (!copies.empty()) return result_layer(copies.back(), output_layer(copies.back()));
  spec::Layer layer = scope.source.model.layers(index);
  layer.set_name(scope.prefix + layer.name());
  return layer;
}

std::string result_name(const BlockScope& scope, int layer) { return result_layer(scope, layer).name(); }

// Writes the layers of all scopes into one model.
class Expansion {
 public:
  explicit Expansion(LoadedModel& loaded) : loaded_(loaded) {}

  Status write(const BlockScope& root) {
    MINNOW_TRY(write_layers(root, {}, ""));
    loaded_.model.mutable_layers()->Swap(&layers_);
    loaded_.model.clear_blocks();
    for (const std::string kind : {"layers.", "blocks."})
      std::erase_if(loaded_.places, [&](const auto& place) { return place.first.starts_with(kind); });
    loaded_.places.merge(places_);
    const int output = layer_named(root.source.model, loaded_.model.output());
    if (output >= 0 || loaded_.model.output().empty())
      loaded_.model.set_output(result_name(root, output < 0 ? root.source.model.layers_size() - 1 : output));
    return {};
  }

 private:
  using Names = std::map<std::string, std::string, std::less<>>;  // in a scope → in the model

  // `inputs` are the scope's; `shared` is the prefix of the layers whose weights these have, if any.
  Status write_layers(const BlockScope& scope, const std::vector<std::string>& inputs, const std::string& shared) {
    const Model& model = scope.source.model;
    Names names;
    for (size_t i = 0; i < inputs.size(); ++i) names.emplace(input_names(*scope.block)[i], inputs[i]);
    for (int i = 0; i < model.layers_size(); ++i) {
      const spec::Layer result = result_layer(scope, i);
      names.emplace(model.layers(i).name(), result.name());
      for (const std::string& other : other_results(result))
        names.emplace(model.layers(i).name() + other.substr(result.name().size()), other);
    }
    for (int i = 0; i < model.layers_size(); ++i) {
      MINNOW_ASSIGN(const std::vector<std::string> fed_by, inputs_of(scope, i, names, inputs));
      if (model.layers(i).has_use()) MINNOW_TRY(write_copies(scope, i, fed_by, shared));
      else write_layer(scope, i, fed_by, shared);
    }
    return {};
  }

  Result<std::vector<std::string>> inputs_of(const BlockScope& scope, int index, const Names& names,
                                             const std::vector<std::string>& inputs) const {
    const spec::Layer& layer = scope.source.model.layers(index);
    std::vector<std::string> result;
    for (int i = 0; i < layer.inputs_size(); ++i) {
      const auto known = names.find(layer.inputs(i));
      if (known == names.end() && scope.block != nullptr) {
        std::vector<std::string> all;
        for (const auto& [name, full] : names) all.push_back(name);
        return complain_with_hint(scope.source, fmt::format("{}.inputs.{}", place_of_layer(index), i),
                                  name_hint(layer.inputs(i), all), "the block \"{}\" has no layer or input \"{}\"",
                                  scope.block->name(), layer.inputs(i));
      }
      result.push_back(known == names.end() ? layer.inputs(i) : known->second);
    }
    if (!result.empty()) return result;
    if (index > 0) return std::vector{result_name(scope, index - 1)};
    if (scope.block != nullptr) return std::vector{inputs[0]};
    if (scope.source.model.inputs_size() > 0) return std::vector{scope.source.model.inputs(0).name()};
    return result;
  }

  void write_layer(const BlockScope& scope, int index, const std::vector<std::string>& inputs,
                   const std::string& shared) {
    const std::string from = place_of_layer(index), to = place_of_layer(layers_.size());
    spec::Layer& layer = *layers_.Add();
    layer = scope.source.model.layers(index);
    if (!layer.share().empty()) layer.set_share(scope.prefix + layer.share());
    else if (!shared.empty()) layer.set_share(shared + layer.name());
    layer.set_name(scope.prefix + layer.name());
    layer.mutable_inputs()->Assign(inputs.begin(), inputs.end());
    for (auto place = scope.source.places.lower_bound(from);
         place != scope.source.places.end() && place->first.starts_with(from); ++place)
      if (place->first.size() == from.size() || place->first[from.size()] == '.')
        places_.emplace(to + place->first.substr(from.size()), place->second);
  }

  // Each copy is fed by the one before.
  Status write_copies(const BlockScope& scope, int index, std::vector<std::string> inputs, const std::string& shared) {
    const std::vector<BlockScope>& copies = scope.copies[static_cast<size_t>(index)];
    const spec::Layer& layer = scope.source.model.layers(index);
    const spec::Block& block = *copies[0].block;
    if (inputs.size() != input_names(block).size())
      return complain(scope.source, place_of_layer(index), "the block \"{}\" takes {} ({}), but is given {}",
                      block.name(),
                      input_names(block).size() == 1 ? "one input" : fmt::format("{} inputs", block.inputs_size()),
                      fmt::format("{}", fmt::join(input_names(block), ", ")), inputs.size());
    MINNOW_ASSIGN(const std::string owner, owner_of(scope, index, shared));
    for (size_t i = 0; i < copies.size(); ++i) {
      const std::string number = layer.use().has_repeat() ? fmt::format("{}.", i) : "";
      MINNOW_TRY(write_layers(copies[i], inputs, owner.empty() ? "" : owner + number));
      inputs[0] = result_name(copies[i], output_layer(copies[i]));
    }
    return {};
  }

  // The prefix of the layers whose weights a use shares: of the use that it names, or what lies around both.
  Result<std::string> owner_of(const BlockScope& scope, int index, const std::string& shared) const {
    const spec::Layer& layer = scope.source.model.layers(index);
    if (layer.share().empty()) return shared.empty() ? "" : shared + layer.name() + ".";
    const int owner = layer_named(scope.source.model, layer.share());
    const bool is_use = owner >= 0 && owner != index && scope.source.model.layers(owner).has_use();
    if (is_use && scope.source.model.layers(owner).use().block() == layer.use().block())
      return scope.prefix + layer.share() + ".";
    return complain(scope.source, place_of_layer(index) + ".share",
                    "uses the block \"{}\", so it cannot have the weights of \"{}\", which does not",
                    layer.use().block(), layer.share());
  }

  LoadedModel& loaded_;
  google::protobuf::RepeatedPtrField<spec::Layer> layers_;
  std::map<std::string, std::string> places_;
};

}  // namespace

Status expand_blocks(LoadedModel& loaded) {
  const auto is_use = [](const spec::Layer& layer) { return layer.has_use(); };
  if (loaded.model.blocks().empty() && std::ranges::none_of(loaded.model.layers(), is_use)) return {};
  MINNOW_ASSIGN(const BlockScope root, make_scopes(loaded));
  return Expansion(loaded).write(root);
}

}  // namespace minnow
