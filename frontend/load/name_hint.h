// What a name that is not known here was meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minnow {

// `did you mean "units"?`: the known name in other capitals, what PyTorch or Keras call it, or the nearest by spelling.
// Else `known: ` and all of them, or nothing where none is known.
std::string name_hint(std::string_view name, const std::vector<std::string>& known);

}  // namespace minnow
