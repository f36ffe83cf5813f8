// A layer as its file has it: the message, and complaints that point at a field.
#pragma once

#include <string>

#include "frontend/load/complain.h"
#include "frontend/load/field_options.h"

namespace minnow {

// The name of the layer's kind in the model file, "conv2d".
inline const std::string& layer_kind(const spec::Layer& layer) { return kind_field(layer)->name(); }

class LayerFields {
 public:
  LayerFields(const LoadedModel& loaded, int index)
      : loaded_(loaded), layer_(loaded.model.layers(index)),
        path_(fmt::format("layers.{}.{}", index, layer_kind(layer_))) {}

  const spec::Layer& layer() const { return layer_; }
  const std::string& path() const { return path_; }  // "layers.2.conv2d"

  // `field` is one of the kind's message, or empty for the message itself.
  template <typename... Args>
  tl::unexpected<Error> complain(std::string_view field, fmt::format_string<Args...> message, Args&&... args) const {
    const std::string text = fmt::format(message, std::forward<Args>(args)...);
    return minnow::complain(loaded_, field.empty() ? path_ : fmt::format("{}.{}", path_, field), "{}", text);
  }

 private:
  const LoadedModel& loaded_;
  const spec::Layer& layer_;
  const std::string path_;
};

}  // namespace minnow
