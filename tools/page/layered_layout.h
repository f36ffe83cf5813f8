// Where to draw the nodes of a directed acyclic graph: in layers from top to bottom, edges downwards, few crossings
// (Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace minnow {

struct Point {
  double x = 0, y = 0;
};

struct LayoutNode {
  double width = 0, height = 0;
  Point corner = {};  // top left; the layout's to set
};

struct LayoutEdge {
  size_t from = 0, to = 0;  // indices of nodes; `from` is the upper one
  // From the bottom of one to the top of the other, with a point at the top and bottom of every layer between; set by
  // the layout.
  std::vector<Point> route = {};
};

struct Layout2d {
  double width = 0, height = 0;
};

// Sets the nodes' corners and the edges' routes; nodes do not overlap. Every edge leads to a node of higher index,
// which is how a list in order of definition comes.
Layout2d lay_out(std::vector<LayoutNode>& nodes, std::vector<LayoutEdge>& edges);

}  // namespace minnow
