#include "frontend/lower/trained_weights.h"

#include <algorithm>

#include "frontend/load/complain.h"
#include "frontend/load/glob.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

bool names_weight(std::string_view pattern, std::string_view weight, std::string_view layer) {
  return matches_glob(pattern, weight) || matches_glob(pattern, layer);
}

std::vector<std::string> layers_of(const std::vector<WeightInfo>& weights) {
  std::vector<std::string> layers;
  for (const WeightInfo& weight : weights)
    if (std::ranges::find(layers, weight.layer) == layers.end()) layers.push_back(weight.layer);
  return layers;
}

Status check_pattern(const LoadedModel& loaded, const std::string& path, const std::string& pattern,
                     const std::vector<WeightInfo>& weights) {
  if (pattern.empty())
    return complain_with_hint(loaded, path, "the name of a weight or a layer, or a pattern: \"conv*\"",
                              "names no weight");
  const bool is_known = std::ranges::any_of(
      weights, [&](const WeightInfo& weight) { return names_weight(pattern, weight.name, weight.layer); });
  if (is_known) return {};
  return complain_with_hint(loaded, path, name_hint(pattern, layers_of(weights)),
                            "\"{}\" matches no weight and no layer that has weights", printable_name(pattern));
}

}  // namespace

bool is_frozen_weight(const spec::Training& training, std::string_view weight, std::string_view layer) {
  return std::ranges::any_of(training.freeze(),
                             [&](const std::string& pattern) { return names_weight(pattern, weight, layer); });
}

Status choose_trained_weights(const LoadedModel& loaded, std::vector<WeightInfo>& weights) {
  const spec::Training& training = loaded.model.training();
  for (int i = 0; i < training.freeze_size(); ++i)
    MINNOW_TRY(check_pattern(loaded, fmt::format("training.freeze.{}", i), training.freeze(i), weights));
  const auto& factors = training.learning_rate_factors();
  for (int i = 0; i < factors.size(); ++i) {
    const std::string path = fmt::format("training.learning_rate_factors.{}.weights", i);
    MINNOW_TRY(check_pattern(loaded, path, factors[i].weights(), weights));
  }
  for (WeightInfo& weight : weights) {
    weight.is_frozen = is_frozen_weight(training, weight.name, weight.layer);
    const auto found = std::ranges::find_if(
        factors, [&](const auto& factor) { return names_weight(factor.weights(), weight.name, weight.layer); });
    if (found != factors.end()) weight.learning_rate_factor = found->factor();
  }
  return {};
}

}  // namespace minnow
