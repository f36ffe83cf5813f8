// A function as a picture: a box per op, in layers from inputs to results.
#pragma once

#include <string>

#include "ir/function.h"

namespace minnow {

// A whole SVG document. Constants that are one number stand in the ops that read them; pointing at a box tells the value
// and its phase.
std::string svg_graph(const Function& function);

}  // namespace minnow
