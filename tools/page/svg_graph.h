// A function as a picture: a box per op, in layers from inputs to results.
#pragma once

#include <string>

#include "ir/function.h"

namespace minnow {

// A whole SVG document of draw_graph (graph_picture.h); pointing at a box tells the value
// and its phase. Boxes that stand in stacks are done for every block of examples.
std::string svg_graph(const Function& function);

}  // namespace minnow
