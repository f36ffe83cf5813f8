#include "runtime/weights/layer_view.h"

#include <algorithm>
#include <map>

#include "frontend/lower/layer_fields.h"
#include "frontend/lower/layers/recurrent_cell.h"
#include "runtime/weights/words.h"

namespace minnow {
namespace {

class Network {
 public:
  Network(const LoadedModel& loaded, const LoweredModel& lowered) {
    for (const spec::Layer& layer : loaded.model.layers()) layers_[layer.name()] = &layer;
    for (const LayerRow& row : lowered.layers) shapes_[row.name] = row.output;
    for (const spec::Input& input : loaded.model.inputs())
      shapes_[input.name()] = Shape(input.shape().begin(), input.shape().end());
  }

  const spec::Layer* find(const std::string& name) const {
    const auto found = layers_.find(name);
    return found == layers_.end() ? nullptr : found->second;
  }

  // LayerWeight::flattened of a layer.
  Shape flattened(const spec::Layer& layer) const {
    const std::string& source = layer.inputs(0);
    const Shape shape = shape_of(source);
    if (shape.size() > 1)
      return layer.has_dense() && !layer.dense().per_position() && has_channels_first(source) ? shape : Shape{};
    const spec::Layer* before = find(source);
    if (before == nullptr) return {};
    const std::string& kind = layer_kind(*before);
    const bool flattens = is_word_of(kind, "flatten reshape");
    if (flattens) {
      const Shape image = shape_of(before->inputs(0));
      if (image.size() > 1) return has_channels_first(before->inputs(0)) ? image : Shape{};
    }
    return flattens || is_word_of(kind, "dropout activation prelu batch_norm layer_norm rms_norm add mul softmax")
               ? flattened(*before)
               : Shape{};
  }

 private:
  // Of an input or a layer's result; empty for what else a layer gives.
  Shape shape_of(const std::string& name) const {
    const auto found = shapes_.find(name);
    return found == shapes_.end() ? Shape{} : found->second;
  }

  // Whether dimension 0 of the value is the channels, which Keras has last; a sequence of vectors is the same in both.
  bool has_channels_first(const std::string& name) const {
    constexpr std::string_view kImages =
        "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d max_pool avg_pool batch_norm group_norm "
        "instance_norm prelu upsample";
    const spec::Layer* layer = find(name);
    if (layer == nullptr) return shape_of(name).size() > 2;
    const std::string& kind = layer_kind(*layer);
    if (is_word_of(kind, kImages)) return true;
    return is_word_of(kind, "add mul concat dropout activation glu slice") && has_channels_first(layer->inputs(0));
  }

  std::map<std::string, const spec::Layer*> layers_;
  std::map<std::string, Shape> shapes_;
};

}  // namespace

std::vector<LayerWeight> layer_weights(const LoadedModel& loaded, const LoweredModel& lowered) {
  const Network network(loaded, lowered);
  std::vector<LayerWeight> weights;
  const auto add = [&](const std::string& name, const std::string& layer, const Shape& shape) {
    const size_t dot = layer.size() + 1;
    LayerWeight weight{name, layer, name.size() > dot ? name.substr(dot) : "", shape, network.find(layer), {}};
    if (weight.spec != nullptr) weight.flattened = network.flattened(*weight.spec);
    const auto behind =
        std::find_if(weights.rbegin(), weights.rend(), [&](const LayerWeight& other) { return other.layer == layer; });
    weights.insert(behind == weights.rend() ? weights.end() : behind.base(), std::move(weight));
  };
  for (const WeightInfo& weight : lowered.weights) add(weight.name, weight.layer, weight.shape);
  for (const StateInfo& state : lowered.states)
    add(state.name, state.name.substr(0, state.name.rfind('.')), state.shape);
  return weights;
}

std::string kind_of(const LayerWeight& weight) {
  if (weight.spec == nullptr) return "";
  const spec::Layer& layer = *weight.spec;
  const bool is_keras =
      is_word_of(layer_kind(layer), "rnn gru lstm") && spec_of(layer).convention() == spec::Recurrent::KERAS;
  return layer_kind(layer) + (is_keras ? "-keras" : "");
}

}  // namespace minnow
