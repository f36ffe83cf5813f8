#include "tests/zoo/zoo_model.h"

#include <fmt/format.h>

#include <filesystem>
#include <numeric>

#include "frontend/load/load_experiment.h"
#include "frontend/lower/lower_model.h"
#include "ir/error.h"

namespace minnow {
namespace {

constexpr char kFolder[] = MINNOW_SOURCE_DIR "/models/zoo";

std::string path_of(const std::string& name) { return fmt::format("{}/{}.textproto", kFolder, name); }

// What one example costs, forward, or why the network does not take it.
Result<double> flops_of(const LoadedModel& model) {
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(model, {2}));
  return std::accumulate(lowered.layers.begin(), lowered.layers.end(), 0.0,
                         [](double sum, const LayerRow& row) { return sum + row.flops; });
}

// Bytes as before, but of a data set whose images may have any size.
constexpr char kAnyImages[] =
    "data={idx: {train_images: \"i\" train_labels: \"l\" validation_images: \"i\" validation_labels: \"l\"}}";

}  // namespace

std::vector<std::string> zoo_models() { return shipped_names(kFolder); }

LoadedModel read_zoo_model(const std::string& name, const std::vector<std::string>& changes) {
  Result<LoadedModel> loaded = read_experiment(path_of(name), changes);
  MINNOW_CHECK(loaded, "{}", loaded.error().to_string());
  const Result<double> flops = flops_of(*loaded);
  MINNOW_CHECK(flops, "{}", flops.error().to_string());
  return *std::move(loaded);
}

LoadedModel read_with_small_images(const std::string& name, double flops, std::vector<std::string> changes) {
  LoadedModel smallest = read_zoo_model(name, changes);
  const auto& shape = smallest.model.inputs(0).shape();
  if (shape.size() != 3 || *flops_of(smallest) <= flops) return smallest;
  const int64_t channels = shape[0];
  if (smallest.model.has_data()) changes.emplace_back(kAnyImages);
  changes.emplace_back();
  for (int64_t side = shape[1] - 1; side > 0; --side) {
    changes.back() = fmt::format("inputs.{}.shape={},{},{}", smallest.model.inputs(0).name(), channels, side, side);
    Result<LoadedModel> smaller = read_experiment(path_of(name), changes);
    MINNOW_CHECK(smaller, "{}", smaller.error().to_string());
    const Result<double> cost = flops_of(*smaller);
    if (!cost) continue;
    smallest = *std::move(smaller);
    if (*cost <= flops) break;
  }
  return smallest;
}

}  // namespace minnow
