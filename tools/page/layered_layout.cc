#include "tools/page/layered_layout.h"

#include <algorithm>
#include <cmath>

namespace minnow {
namespace {

constexpr double kColumnGap = 18;
constexpr double kLayerGap = 34;
constexpr double kDummyWidth = 6;  // of an edge that passes through a layer
constexpr int kOrderSweeps = 12;
constexpr double kEdgeWeight = 6;       // of a place that keeps a long edge straight, beside that of a neighbour
constexpr double kPassageWeight = 0.3;  // of a passage as the neighbour of a node, and the other way
constexpr size_t kPlaceSweeps = 60;
constexpr size_t kTwoSidedSweeps = 40;  // the last ones, which look both up and down

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
    for (size_t sweep = 0; sweep < kPlaceSweeps; ++sweep) pull_together(sweep);
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
        chain_of_.push_back(chains_.size() - 1);
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
        for (const size_t other : neighbours)
          sum += boxes_[other].rank / static_cast<double>(layers_[boxes_[other].layer].size());
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
      if (layer.empty()) continue;
      const std::vector<double> packed = packed_places(layer);
      for (size_t k = 0; k < layer.size(); ++k) boxes_[layer[k]].x = packed[k] - packed.back() / 2;
    }
  }

  // Towards the middle of what a box is joined to, as far as the others in the layer let it: of all places that keep
  // the order and the gaps, those with the least squares of the distances from what is wanted. Boxes that want into
  // each other move as one (pool adjacent violators; Best and Chakravarti, "Active set algorithms for isotonic
  // regression", 1990).
  void pull_together(size_t sweep) {
    place_chains();
    for (size_t i = 0; i < layers_.size(); ++i) {
      const std::vector<size_t>& layer = layers_[sweep % 2 == 0 ? i : layers_.size() - 1 - i];
      const std::vector<double> packed = packed_places(layer);
      size_t k = 0;
      for (const Group& group : grouped(layer, packed, sweep))
        for (; k < group.end; ++k) boxes_[layer[k]].x = group.place() + packed[k];
    }
  }

  // Where the boxes stand if each is as close to the one before as it may be.
  std::vector<double> packed_places(const std::vector<size_t>& layer) const {
    std::vector<double> places(layer.size(), 0);
    for (size_t k = 1; k < layer.size(); ++k)
      places[k] = places[k - 1] + distance(boxes_[layer[k - 1]], boxes_[layer[k]]);
    return places;
  }

  // Boxes side by side that stand as close as they may.
  struct Group {
    double weight, sum;  // of what its boxes wish
    size_t end;          // behind its last box
    double place() const { return sum / weight; }
    void join(const Group& other) {
      weight += other.weight;
      sum += other.sum;
      end = other.end;
    }
  };

  struct Wish {
    double place, weight;
  };

  std::vector<Group> grouped(const std::vector<size_t>& layer, const std::vector<double>& packed, size_t sweep) const {
    std::vector<Group> groups;
    for (size_t k = 0; k < layer.size(); ++k) {
      const Wish wish = wish_of(layer[k], sweep);
      groups.push_back({wish.weight, wish.weight * (wish.place - packed[k]), k + 1});
      while (groups.size() > 1 && groups[groups.size() - 2].place() > groups.back().place()) {
        const Group last = groups.back();
        groups.pop_back();
        groups.back().join(last);
      }
    }
    return groups;
  }

  // Passages want to stand where their edge is on the whole, so that long edges are straight; boxes want to stand by
  // the boxes that they are joined to, more than by edges that pass.
  Wish wish_of(size_t index, size_t sweep) const {
    const Box& box = boxes_[index];
    double sum = 0, weights = 0;
    const auto add = [&](double place, double weight) {
      sum += weight * place;
      weights += weight;
    };
    const bool is_passage = index >= nodes_.size();
    if (is_passage) add(chain_places_[chain_of_[index - nodes_.size()]], kEdgeWeight);
    const auto add_all = [&](const std::vector<size_t>& neighbours) {
      for (const size_t other : neighbours)
        add(boxes_[other].x, is_passage == (other >= nodes_.size()) ? 1 : kPassageWeight);
    };
    if (sweep >= kPlaceSweeps - kTwoSidedSweeps || sweep % 2 == 0) add_all(box.above);
    if (sweep >= kPlaceSweeps - kTwoSidedSweeps || sweep % 2 == 1) add_all(box.below);
    constexpr double kIndifferent = 0.01;
    if (weights == 0) return {box.x, kIndifferent};
    return {sum / weights, weights};
  }

  // Long edges, on the whole.
  void place_chains() {
    chain_places_.clear();
    for (const std::vector<size_t>& chain : chains_) {
      double sum = 0;
      for (const size_t passage : chain) sum += boxes_[passage].x;
      chain_places_.push_back(sum / static_cast<double>(std::max<size_t>(1, chain.size())));
    }
  }

  // Points that a straight line down passes anyway, to half a pixel.
  static void drop_straight(std::vector<Point>& route) {
    size_t kept = 1;
    for (size_t i = 1; i + 1 < route.size(); ++i) {
      const double x = route[kept - 1].x;
      const bool is_straight = std::abs(route[i].x - x) < 0.5 && std::abs(route[i + 1].x - x) < 0.5;
      if (!is_straight) route[kept++] = route[i];
    }
    route[kept++] = route.back();
    route.resize(kept);
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
      drop_straight(edge.route);
    }
    return {right - left, bottom.back()};
  }

  std::vector<LayoutNode>& nodes_;
  std::vector<LayoutEdge>& edges_;
  std::vector<Box> boxes_;  // nodes first, by their index
  std::vector<std::vector<size_t>> layers_;
  std::vector<double> chain_places_;         // of each edge
  std::vector<size_t> chain_of_;             // the edge of each passage
  std::vector<std::vector<size_t>> chains_;  // of each edge: the boxes it passes
};

}  // namespace

Layout2d lay_out(std::vector<LayoutNode>& nodes, std::vector<LayoutEdge>& edges) {
  return Layering(nodes, edges).run();
}

}  // namespace minnow
