// How validation and lowering phrase an error about a model: the place of the field, then the layer, then
// what is wrong.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "frontend/load/load_model.h"

namespace minnow {

// "layer \"conv2\": " if the path lies inside a layer with a name, else "".
std::string layer_prefix(const Model& model, std::string_view field_path);

// complain(loaded, "layers.2.conv2d.stride", "stride is {}", 0)
template <typename... Args>
tl::unexpected<Error> complain(const LoadedModel& loaded, std::string_view field_path,
                               fmt::format_string<Args...> message, Args&&... args) {
  const std::string text = fmt::format(message, std::forward<Args>(args)...);
  return fail(loaded.where(field_path), "{}{}", layer_prefix(loaded.model, field_path), text);
}

template <typename... Args>
tl::unexpected<Error> complain_with_hint(const LoadedModel& loaded, std::string_view field_path, std::string hint,
                                         fmt::format_string<Args...> message, Args&&... args) {
  tl::unexpected<Error> error = complain(loaded, field_path, message, std::forward<Args>(args)...);
  error.value().hint = std::move(hint);
  return error;
}

}  // namespace minnow
