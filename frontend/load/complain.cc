#include "frontend/load/complain.h"

#include <charconv>

namespace minnow {

std::string layer_prefix(const Model& model, std::string_view field_path) {
  constexpr std::string_view kLayers = "layers.";
  if (!field_path.starts_with(kLayers)) return {};
  int index = -1;
  std::from_chars(field_path.data() + kLayers.size(), field_path.data() + field_path.size(), index);
  if (index < 0 || index >= model.layers_size() || model.layers(index).name().empty()) return {};
  return fmt::format("layer \"{}\": ", model.layers(index).name());
}

}  // namespace minnow
