// The networks of models/zoo, as they are and with images small enough for the interpreter.
#pragma once

#include <string>
#include <vector>

#include "frontend/load/load_model.h"

namespace minnow {

// Names of the files in models/zoo, without extension.
std::vector<std::string> zoo_models();

// The model with these changes, as for --set. A model that cannot be read or lowered stops the test.
LoadedModel read_zoo_model(const std::string& name, const std::vector<std::string>& changes = {});

// The same on the largest square images of which one costs at most `flops`, forward; or on the smallest that the
// network takes, where all cost more. A network that is fed no images stays as it is.
LoadedModel read_with_small_images(const std::string& name, double flops, std::vector<std::string> changes = {});

}  // namespace minnow
