#include "frontend/lower/validate_learning.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/load/complain.h"
#include "frontend/lower/layer_rule.h"

namespace minnow {
namespace {

std::unordered_map<std::string_view, const LayerRow*> rows_by_name(const LoweredModel& lowered) {
  std::unordered_map<std::string_view, const LayerRow*> rows;
  for (const LayerRow& row : lowered.layers) rows.emplace(row.name, &row);
  return rows;
}

const spec::Layer& output_of(const Model& model) {
  return *std::ranges::find_if(model.layers(), [&](const auto& layer) { return layer.name() == model.output(); });
}

// Whatever the layer and its field are called.
bool has_sigmoid(const spec::Layer& layer) {
  const google::protobuf::Message& kind = kind_message(layer);
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  kind.GetReflection()->ListFields(kind, &fields);
  return std::ranges::any_of(fields, [&](const auto* field) {
    return field->enum_type() == spec::Activation::Function_descriptor() &&
           kind.GetReflection()->GetEnumValue(kind, field) == spec::Activation::SIGMOID;
  });
}

Status check_loss(const LoadedModel& loaded, const LoweredModel& lowered) {
  const Model& model = loaded.model;
  if (lowered.classes == 1)
    return complain_with_hint(
        loaded, "loss", "two classes need two units, or one with binary_cross_entropy_with_logits",
        "softmax_cross_entropy of a single class is always 0, but the output \"{}\" is [1]", model.output());
  return {};
}

// What is normalised over a single value is the same whatever the value.
Status check_layer(const LoadedModel& loaded, int index, const LayerRow& row) {
  if (!row.normalized || row.normalized->values != 1) return {};
  const std::string path = fmt::format("layers.{}", index);
  const auto& [values, over_batch, of_one, remedy] = *row.normalized;
  if (!over_batch)
    return complain_with_hint(loaded, path, std::string(remedy),
                              "{} over a single value is always {}, so nothing before it can learn", row.kind, of_one);
  if (loaded.model.training().batch_size() > 1) return {};
  return complain_with_hint(loaded, path, std::string(remedy),
                            "{} over a batch of one value is always {}, so nothing before it can learn", row.kind,
                            of_one);
}

}  // namespace

Status validate_learning(const LoadedModel& loaded, const LoweredModel& lowered) {
  const auto rows = rows_by_name(lowered);
  for (int i = 0; i < loaded.model.layers_size(); ++i)
    MINNOW_TRY(check_layer(loaded, i, *rows.at(loaded.model.layers(i).name())));
  return check_loss(loaded, lowered);
}

bool loss_takes_probabilities_for_logits(const LoadedModel& loaded, const LoweredModel& lowered) {
  if (loaded.program || loaded.graph) return false;  // whose output is its own affair
  const spec::Layer& output = output_of(loaded.model);
  return lowered.classifies && (layer_rule(output).gives_probabilities || has_sigmoid(output));
}

bool normalizes_single_values_over_batch(const LoweredModel& lowered) {
  return std::ranges::any_of(lowered.layers, [](const LayerRow& row) {
    return row.normalized && row.normalized->over_batch && row.normalized->values == 1;
  });
}

}  // namespace minnow
