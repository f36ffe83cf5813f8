#include "tools/layered_layout.h"

#include <algorithm>

namespace minnow {
namespace {

constexpr double kColumnGap = 18;
constexpr double kLayerGap = 34;
constexpr double kDummyWidth = 6;  // of an edge that passes through a layer
constexpr int kOrderSweeps = 12;
constexpr int kPlaceSweeps = 16;

// A node, or where an edge passes through a layer.
struct Box {
  double width = 0, height = 0;
  size_t layer = 0;
  std::vector<size_t> above = {}, below = {};  // boxes of the neighbouring layers
  double x = 0;                                // of the middle
  double rank = 0;                             // in its layer, while the order is sought
};

class Layering {
 public:
  Layering(std::vector<LayoutNode>& nodes, std::vector<LayoutEdge>& edges) : nodes_(nodes), edges_(edges) {}

  Layout2d run() {
    make_boxes();
    thread_edges();
    for (int sweep = 0; sweep < kOrderSweeps; ++sweep) order_layers(sweep % 2 == 0);
    place_first();
    for (int sweep = 0; sweep < kPlaceSweeps; ++sweep) pull_together(sweep % 2 == 0);
    return write_back();
  }

 private:
  // A node stands below all that lead to it, and as far down as that makes its edges no longer: a parameter right above
  // what reads it first.
  void make_boxes() {
    for (const LayoutNode& node : nodes_) boxes_.push_back({node.width, node.height});
    std::vector<size_t> in_degree(nodes_.size(), 0);
    std::vector<std::vector<size_t>> readers(nodes_.size());
    for (const LayoutEdge& edge : edges_) {
      ++in_degree[edge.to];
      readers[edge.from].push_back(edge.to);
    }
    for (size_t i = 0; i < nodes_.size(); ++i)
      for (const size_t reader : readers[i]) boxes_[reader].layer = std::max(boxes_[reader].layer, boxes_[i].layer + 1);
    for (size_t i = nodes_.size(); i-- > 0;) {
      if (readers[i].empty() || in_degree[i] > readers[i].size()) continue;
      size_t first = boxes_[readers[i][0]].layer;
      for (const size_t reader : readers[i]) first = std::min(first, boxes_[reader].layer);
      boxes_[i].layer = first - 1;
    }
    for (size_t i = 0; i < boxes_.size(); ++i) {
      if (boxes_[i].layer >= layers_.size()) layers_.resize(boxes_[i].layer + 1);
      layers_[boxes_[i].layer].push_back(i);
    }
  }

  // An edge over several layers becomes a chain of narrow boxes.
  void thread_edges() {
    for (const LayoutEdge& edge : edges_) {
      std::vector<size_t>& chain = chains_.emplace_back();
      size_t previous = edge.from;
      for (size_t layer = boxes_[edge.from].layer + 1; layer < boxes_[edge.to].layer; ++layer) {
        const size_t passage = boxes_.size();
        boxes_.push_back({kDummyWidth, 0, layer});
        layers_[layer].push_back(passage);
        connect(previous, passage);
        chain.push_back(passage);
        previous = passage;
      }
      connect(previous, edge.to);
    }
    for (auto& layer : layers_) number(layer);
  }

  void connect(size_t above, size_t below) {
    boxes_[above].below.push_back(below);
    boxes_[below].above.push_back(above);
  }

  void number(const std::vector<size_t>& layer) {
    for (size_t i = 0; i < layer.size(); ++i) boxes_[layer[i]].rank = static_cast<double>(i);
  }

  // Every box goes to the mean place of its neighbours in the layer before.
  void order_layers(bool downwards) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      std::vector<size_t>& layer = layers_[downwards ? i : layers_.size() - 1 - i];
      std::vector<std::pair<double, size_t>> wanted;
      for (const size_t index : layer) {
        const Box& box = boxes_[index];
        const auto& neighbours = downwards ? box.above : box.below;
        double sum = 0;
        for (const size_t other : neighbours) sum += boxes_[other].rank / static_cast<double>(layers_[boxes_[other].layer].size());
        wanted.emplace_back(neighbours.empty() ? box.rank / static_cast<double>(layer.size())
                                               : sum / static_cast<double>(neighbours.size()),
                            index);
      }
      std::ranges::stable_sort(wanted, {}, &std::pair<double, size_t>::first);
      for (size_t k = 0; k < layer.size(); ++k) layer[k] = wanted[k].second;
      number(layer);
    }
  }

  static double distance(const Box& left, const Box& right) { return (left.width + right.width) / 2 + kColumnGap; }

  void place_first() {
    for (const auto& layer : layers_) {
      double x = 0;
      for (size_t k = 0; k < layer.size(); ++k) {
        if (k > 0) x += distance(boxes_[layer[k - 1]], boxes_[layer[k]]);
        boxes_[layer[k]].x = x;
      }
      for (const size_t index : layer) boxes_[index].x -= x / 2;
    }
  }

  // Towards the middle of what a box is joined to, as far as its neighbours in the layer let it: the places that are
  // wanted, pushed apart from the left and from the right, and the mean of the two.
  void pull_together(bool downwards) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::vector<size_t>& layer = layers_[downwards ? i : layers_.size() - 1 - i];
      std::vector<double> left(layer.size()), right(layer.size());
      for (size_t k = 0; k < layer.size(); ++k) left[k] = right[k] = wanted_place(boxes_[layer[k]], downwards);
      for (size_t k = 1; k < layer.size(); ++k)
        left[k] = std::max(left[k], left[k - 1] + distance(boxes_[layer[k - 1]], boxes_[layer[k]]));
      for (size_t k = layer.size(); k-- > 1;)
        right[k - 1] = std::min(right[k - 1], right[k] - distance(boxes_[layer[k - 1]], boxes_[layer[k]]));
      for (size_t k = 0; k < layer.size(); ++k) boxes_[layer[k]].x = (left[k] + right[k]) / 2;
    }
  }

  double wanted_place(const Box& box, bool downwards) const {
    const auto& neighbours = downwards ? box.above : box.below;
    if (neighbours.empty()) return box.x;
    double sum = 0;
    for (const size_t other : neighbours) sum += boxes_[other].x;
    return sum / static_cast<double>(neighbours.size());
  }

  Layout2d write_back() {
    if (nodes_.empty()) return {};
    double left = boxes_[0].x, right = left;
    for (const Box& box : boxes_) {
      left = std::min(left, box.x - box.width / 2);
      right = std::max(right, box.x + box.width / 2);
    }
    std::vector<double> top(layers_.size()), bottom(layers_.size());
    double y = 0;
    for (size_t i = 0; i < layers_.size(); ++i) {
      top[i] = y;
      for (const size_t index : layers_[i]) y = std::max(y, top[i] + boxes_[index].height);
      bottom[i] = y;
      y += kLayerGap;
    }
    const auto middle = [&](const Box& box) { return (top[box.layer] + bottom[box.layer]) / 2; };
    for (size_t i = 0; i < nodes_.size(); ++i)
      nodes_[i].corner = {boxes_[i].x - boxes_[i].width / 2 - left, middle(boxes_[i]) - boxes_[i].height / 2};
    for (size_t i = 0; i < edges_.size(); ++i) {
      LayoutEdge& edge = edges_[i];
      const LayoutNode& from = nodes_[edge.from];
      const LayoutNode& to = nodes_[edge.to];
      edge.route = {{from.corner.x + from.width / 2, from.corner.y + from.height}};
      for (const size_t passage : chains_[i]) {
        const Box& box = boxes_[passage];
        edge.route.push_back({box.x - left, top[box.layer]});
        edge.route.push_back({box.x - left, bottom[box.layer]});
      }
      edge.route.push_back({to.corner.x + to.width / 2, to.corner.y});
    }
    return {right - left, bottom.back()};
  }

  std::vector<LayoutNode>& nodes_;
  std::vector<LayoutEdge>& edges_;
  std::vector<Box> boxes_;  // nodes first, by their index
  std::vector<std::vector<size_t>> layers_;
  std::vector<std::vector<size_t>> chains_;  // of each edge: the boxes it passes
};

}  // namespace

Layout2d lay_out(std::vector<LayoutNode>& nodes, std::vector<LayoutEdge>& edges) { return Layering(nodes, edges).run(); }

}  // namespace minnow
