// What a graph needs of what: read before anything is imported.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "frontend/onnx/onnx_file.h"

namespace minnow {

// Of functions and graphs inside of each other.
inline constexpr int kMostGraphDepth = 64;

// The names that the outputs are made of, themselves among them. Nodes that define none of them need not be looked at.
std::set<std::string> names_behind(const onnx::GraphProto& graph, const std::vector<std::string>& outputs);

// The names whose elements must be known, since they decide about shapes or are worked out to what does; of those in a
// function's body, the ones that its node gives to it.
std::set<std::string> needed_names(const OnnxFile& file);

}  // namespace minnow
