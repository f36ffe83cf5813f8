// A function as a Graphviz graph: a node per op, coloured by phase, clustered by layer.
#pragma once

#include <string>

#include "ir/function.h"

namespace minnow {

std::string dot_graph(const Function& function);

}  // namespace minnow
