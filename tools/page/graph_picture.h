// A function as boxes and lines between them, laid out: what `compile --emit=svg` and `--html` draw.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/function.h"
#include "tools/page/layered_layout.h"

namespace minnow {

struct GraphBox {
  std::vector<std::string> lines;  // what stands in it; the first is its head
  std::string hint;                // what pointing at it tells
  std::string layer = {};
  std::optional<Phase> phase = {};  // none: a parameter or a result of the function
  bool is_in_loop = false;          // done for every block of examples, or in every iteration
  // The values that it stands for, named like by value_names: its own first, then those that are only other names for
  // it, such as a parameter of a body.
  std::vector<std::string> values = {};
};

struct GraphPicture {
  std::vector<LayoutNode> nodes;  // places of the boxes
  std::vector<GraphBox> boxes;
  std::vector<LayoutEdge> edges;
  Layout2d size;
};

// A box for every op and result, and for a parameter a box above every op that reads it: weights are read all over a
// training step. Constants that are one number stand in the ops that read them; the ops within a loop over blocks have
// boxes of their own, those within a fused op stand in its box.
GraphPicture draw_graph(const Function& function);

// Lengths of the boxes are meant for this font.
inline constexpr double kGraphFontSize = 11;
inline constexpr double kGraphLineHeight = 14;

}  // namespace minnow
