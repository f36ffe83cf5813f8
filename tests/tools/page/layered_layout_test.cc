// Pictures can be read: boxes do not overlap, edges go down and do not cut through boxes of a layer they pass.
#include "tools/page/layered_layout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace minnow {
namespace {

struct Graph {
  std::vector<LayoutNode> nodes;
  std::vector<LayoutEdge> edges;
};

Graph random_graph(unsigned seed) {
  std::mt19937 random(seed);
  Graph graph;
  const size_t count = 1 + random() % 40;
  for (size_t i = 0; i < count; ++i) {
    graph.nodes.push_back({20.0 + random() % 150, 15.0 + random() % 60});
    for (size_t k = 0; i > 0 && k < random() % 4; ++k) graph.edges.push_back({random() % i, i});
  }
  return graph;
}

bool overlap(const LayoutNode& a, const LayoutNode& b) {
  return a.corner.x < b.corner.x + b.width && b.corner.x < a.corner.x + a.width && a.corner.y < b.corner.y + b.height &&
         b.corner.y < a.corner.y + a.height;
}

bool is_straight(const Point& a, const Point& b) { return std::abs(a.x - b.x) < 0.5; }

// They pass no box, and have no points but their ends.
void check_straight_lines(const Graph& graph, const std::vector<Point>& route) {
  for (size_t i = 1; i < route.size(); ++i) {
    const Point& a = route[i - 1];
    const Point& b = route[i];
    if (!is_straight(a, b)) continue;
    EXPECT_FALSE(i + 1 < route.size() && is_straight(a, route[i + 1]));
    for (const LayoutNode& node : graph.nodes)
      EXPECT_FALSE(a.x > node.corner.x && a.x < node.corner.x + node.width && b.y > node.corner.y &&
                   a.y < node.corner.y + node.height);
  }
}

void check(const Graph& graph, const Layout2d& size) {
  constexpr double kSlack = 1e-6;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const LayoutNode& node = graph.nodes[i];
    EXPECT_GE(node.corner.x, -kSlack);
    EXPECT_GE(node.corner.y, -kSlack);
    EXPECT_LE(node.corner.x + node.width, size.width + kSlack);
    EXPECT_LE(node.corner.y + node.height, size.height + kSlack);
    for (size_t k = 0; k < i; ++k) EXPECT_FALSE(overlap(node, graph.nodes[k])) << i << " and " << k;
  }
  for (const LayoutEdge& edge : graph.edges) {
    const LayoutNode& from = graph.nodes[edge.from];
    EXPECT_DOUBLE_EQ(edge.route.front().y, from.corner.y + from.height);
    EXPECT_DOUBLE_EQ(edge.route.back().y, graph.nodes[edge.to].corner.y);
    for (size_t i = 1; i < edge.route.size(); ++i) EXPECT_GE(edge.route[i].y, edge.route[i - 1].y);
    for (const Point& point : edge.route)
      for (const LayoutNode& node : graph.nodes)
        EXPECT_FALSE(point.x > node.corner.x && point.x < node.corner.x + node.width && point.y > node.corner.y &&
                     point.y < node.corner.y + node.height);
    check_straight_lines(graph, edge.route);
  }
}

TEST(LayeredLayout, RandomGraphsCanBeRead) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Graph graph = random_graph(seed);
    const Layout2d size = lay_out(graph.nodes, graph.edges);
    check(graph, size);
  }
}

TEST(LayeredLayout, NothingTakesNoPlace) {
  Graph graph;
  EXPECT_EQ(lay_out(graph.nodes, graph.edges).width, 0);
}

TEST(LayeredLayout, AChainIsAColumnAndAParameterStandsAboveItsReader) {
  Graph graph{{{50, 20}, {50, 20}, {50, 20}, {50, 20}}, {{0, 1}, {1, 2}, {3, 2}}};
  graph.edges = {{0, 2}, {2, 3}, {1, 3}};
  lay_out(graph.nodes, graph.edges);
  EXPECT_LT(graph.nodes[0].corner.y, graph.nodes[2].corner.y);
  EXPECT_EQ(graph.nodes[1].corner.y, graph.nodes[2].corner.y);
}

}  // namespace
}  // namespace minnow
