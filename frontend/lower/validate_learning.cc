#include "frontend/lower/validate_learning.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "frontend/load/complain.h"
#include "frontend/lower/layer_scope.h"

namespace minnow {
namespace {

// The shape of an example behind each layer, by name.
std::unordered_map<std::string_view, const Shape*> shapes_by_layer(const LoweredModel& lowered) {
  std::unordered_map<std::string_view, const Shape*> shapes;
  for (const LayerRow& row : lowered.layers) shapes.emplace(row.name, &row.output);
  return shapes;
}

const spec::Layer& output_of(const Model& model) {
  return *std::ranges::find_if(model.layers(), [&](const auto& layer) { return layer.name() == model.output(); });
}

bool ends_in_probabilities(const spec::Layer& layer) {
  const spec::Activation::Function last = layer.has_dense()    ? layer.dense().activation()
                                          : layer.has_conv2d() ? layer.conv2d().activation()
                                                               : layer.activation().function();
  return last == spec::Activation::SIGMOID || layer.has_softmax();
}

Status check_loss(const LoadedModel& loaded, const LoweredModel& lowered) {
  const Model& model = loaded.model;
  if (lowered.classes == 1)
    return complain_with_hint(
        loaded, "loss", "two classes need two units, or one with binary_cross_entropy_with_logits",
        "softmax_cross_entropy of a single class is always 0, but the output \"{}\" is [1]", model.output());
  return {};
}

bool normalizes_single_values(const spec::Layer& layer, const Shape& example) {
  return layer.has_batch_norm() && element_count(example) == example[0];
}

// Over a single value softmax is 1, and what is normalised 0, whatever the value.
Status check_layer(const LoadedModel& loaded, int index, const Shape& example) {
  const spec::Layer& layer = loaded.model.layers(index);
  const std::string path = fmt::format("layers.{}", index);
  const bool has_one = example.back() == 1;
  if (has_one && (layer.has_softmax() || layer.has_log_softmax()))
    return complain_with_hint(loaded, path, "two classes need two units, or one unit with a sigmoid",
                              "{} over a single value is always {}, so nothing before it can learn", layer_kind(layer),
                              layer.has_softmax() ? 1 : 0);
  if (has_one && layer.has_layer_norm())
    return complain(loaded, path, "layer_norm over a single value is always 0, so nothing before it can learn");
  if (normalizes_single_values(layer, example) && loaded.model.training().batch_size() == 1)
    return complain_with_hint(loaded, path, "take a batch_size of at least 2",
                              "batch_norm over a batch of one value is always 0, so nothing before it can learn");
  return {};
}

}  // namespace

Status validate_learning(const LoadedModel& loaded, const LoweredModel& lowered) {
  const auto shapes = shapes_by_layer(lowered);
  for (int i = 0; i < loaded.model.layers_size(); ++i)
    MINNOW_TRY(check_layer(loaded, i, *shapes.at(loaded.model.layers(i).name())));
  return check_loss(loaded, lowered);
}

bool loss_takes_probabilities_for_logits(const LoadedModel& loaded, const LoweredModel& lowered) {
  return lowered.classifies && ends_in_probabilities(output_of(loaded.model));
}

bool has_single_value_batch_norm(const LoadedModel& loaded, const LoweredModel& lowered) {
  const auto shapes = shapes_by_layer(lowered);
  return std::ranges::any_of(loaded.model.layers(), [&](const spec::Layer& layer) {
    return normalizes_single_values(layer, *shapes.at(layer.name()));
  });
}

}  // namespace minnow
