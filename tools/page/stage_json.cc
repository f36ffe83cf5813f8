#include "tools/page/stage_json.h"

#include <cmath>
#include <string>
#include <unordered_map>

#include "ir/lexer.h"
#include "ir/printable.h"
#include "passes/pipeline.h"

namespace minnow {
namespace {

using Json = nlohmann::ordered_json;

// Distinct texts, by number.
class Table {
 public:
  size_t number(const std::string& text) {
    const auto [known, is_new] = numbers_.try_emplace(text, texts_.size());
    if (is_new) texts_.push_back(text);
    return known->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::unordered_map<std::string, size_t> numbers_;
  std::vector<std::string> texts_;
};

// What all stages share.
struct Tables {
  Table lines, layers;
};

Json all_printable(const std::vector<std::string>& texts) {
  Json shown = Json::array();
  for (const std::string& text : texts) shown.push_back(printable(text));
  return shown;
}

int pixels(double length) { return static_cast<int>(std::lround(length)); }

Json box_json(const LayoutNode& node, const GraphBox& box, Tables& tables) {
  Json lines = Json::array();
  for (const std::string& line : box.lines) lines.push_back(tables.lines.number(line));
  return {{"x", pixels(node.corner.x)},
          {"y", pixels(node.corner.y)},
          {"w", pixels(node.width)},
          {"h", pixels(node.height)},
          {"lines", std::move(lines)},
          {"hint", tables.lines.number(box.hint)},
          {"layer", box.layer.empty() ? -1 : static_cast<int>(tables.layers.number(box.layer))},
          {"phase", box.phase ? phase_name(*box.phase) : ""},
          {"blocks", box.is_in_loop},
          {"values", all_printable(box.values)}};
}

Json edge_json(const LayoutEdge& edge) {
  Json json = {edge.from, edge.to};
  for (const Point& point : edge.route) {
    json.push_back(pixels(point.x));
    json.push_back(pixels(point.y));
  }
  return json;
}

Json stage_json(const Stage& stage, Tables& tables) {
  const Pass* pass = find_pass(stage.pass);
  Json lines = Json::array();
  for (const ChangedLine& line : stage.lines)
    lines.push_back(3 * tables.lines.number(line.text) + static_cast<size_t>(line.kind));
  Json boxes = Json::array();
  for (size_t i = 0; i < stage.graph.boxes.size(); ++i)
    boxes.push_back(box_json(stage.graph.nodes[i], stage.graph.boxes[i], tables));
  Json edges = Json::array();
  for (const LayoutEdge& edge : stage.graph.edges) edges.push_back(edge_json(edge));
  return {{"number", stage.number},
          {"pass", stage.pass},
          {"summary", pass == nullptr ? "as it comes from the model or the file" : pass->summary},
          {"lines", std::move(lines)},
          {"width", pixels(stage.graph.size.width)},
          {"height", pixels(stage.graph.size.height)},
          {"boxes", std::move(boxes)},
          {"edges", std::move(edges)}};
}

}  // namespace

Json stages_json(const std::vector<Stage>& stages) {
  static_assert(static_cast<int>(ChangedLine::Kind::kRemoved) == 1 && static_cast<int>(ChangedLine::Kind::kAdded) == 2);
  Tables tables;
  Json all = Json::array();
  for (const Stage& stage : stages) all.push_back(stage_json(stage, tables));
  std::vector<std::string> spellings;
  for (const std::string& layer : tables.layers.texts()) spellings.push_back(spell_string(layer));
  return {{"layers", all_printable(tables.layers.texts())},
          {"layer_spellings", all_printable(spellings)},
          {"lines", all_printable(tables.lines.texts())},
          {"stages", std::move(all)}};
}

}  // namespace minnow
