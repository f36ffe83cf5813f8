#include "tools/svg_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "ir/map.h"
#include "ir/text.h"
#include "runtime/plot/markup.h"
#include "tools/layered_layout.h"

namespace minnow {
namespace {

constexpr double kCharWidth = 6.7;  // of the 11 px font
constexpr double kLineHeight = 14;
constexpr double kPadding = 8;
constexpr double kMargin = 20;
constexpr double kLegendHeight = 30;
constexpr size_t kWrap = 34;  // characters

struct Style {
  std::string_view name, fill;
};
constexpr std::array<Style, 4> kStyles = {
    {{"forward", "#cfe8fc"}, {"gradient", "#fde2c4"}, {"update", "#d5f0d8"}, {"parameter", "#eeeeee"}}};
constexpr size_t kParameterStyle = 3;

// "dot + broadcast + add", over several lines if it is long.
void add_ops(const Function& body, std::vector<std::string>& lines) {
  std::string line;
  for (const auto& op : body.ops()) {
    if (op->kind == OpKind::kConstant) continue;
    const std::string next = (line.empty() && lines.size() == 1 ? "" : "+ ") + std::string(mnemonic(op->kind));
    if (!line.empty() && line.size() + next.size() > kWrap) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + next;
  }
  lines.push_back(line);
}

std::string head_of(const Op& op) {
  if (op.kind == OpKind::kFused)
    return fmt::format("fused {}", fusion_kind_name(op.attr<FusedAttributes>().kind));
  if (op.kind == OpKind::kMap)
    return fmt::format("map, {} x {} examples", block_count(op), op.attr<MapAttributes>().block);
  std::string head(mnemonic(op.kind));
  for (const Value* operand : op.operands)
    if (operand->op && operand->op->kind == OpKind::kConstant && operand->op->attr<ConstantAttributes>().is_splat())
      head += fmt::format(" {:.6g}", operand->op->attr<ConstantAttributes>().values[0]);
  return head;
}

bool is_drawn(const Op& op, const UseMap& uses) {
  const bool is_splat = op.kind == OpKind::kConstant && op.attr<ConstantAttributes>().is_splat();
  return !is_splat || uses.is_result(op.result());
}

class Picture {
 public:
  explicit Picture(const Function& function) : function_(function), names_(value_names(function)) {
    for (const auto& parameter : function.parameters()) add_parameter(*parameter);
    const UseMap uses(function);
    for (const auto& op : function.ops())
      if (is_drawn(*op, uses)) add_op(*op);
    for (const FunctionResult& result : function.results()) add_result(result);
  }

  std::string draw() {
    const Layout2d size = lay_out(nodes_, edges_);
    const double width = std::max(size.width, 420.0) + 2 * kMargin;
    const double height = size.height + 2 * kMargin + kLegendHeight;
    std::string text = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "font-family=\"Menlo, Consolas, monospace\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" "
        "fill=\"white\"/>\n",
        width, height);
    text += legend();
    text += fmt::format("<g transform=\"translate({} {})\">\n", kMargin, kMargin + kLegendHeight);
    for (const LayoutEdge& edge : edges_) text += edge_text(edge);
    for (size_t i = 0; i < nodes_.size(); ++i) text += node_text(i);
    return text + "</g>\n</svg>\n";
  }

 private:
  struct Look {
    size_t style;
    std::vector<std::string> lines;
    std::string hint;
  };

  size_t add_node(Look look) {
    size_t longest = 0;
    for (const std::string& line : look.lines) longest = std::max(longest, line.size());
    nodes_.push_back({static_cast<double>(longest) * kCharWidth + 2 * kPadding,
                      static_cast<double>(look.lines.size()) * kLineHeight + kPadding});
    looks_.push_back(std::move(look));
    return nodes_.size() - 1;
  }

  void add_parameter(const Value& parameter) {
    const std::string type = parameter.type.to_string();
    node_of_[&parameter] = add_node({kParameterStyle, {parameter.name, type},
                                     fmt::format("{} {} {}", role_name(parameter.role), parameter.name, type)});
  }

  void add_op(const Op& op) {
    std::vector<std::string> lines = {head_of(op)};
    if (op.body) add_ops(*op.body, lines);
    for (const auto& result : op.results) lines.push_back(result->type.to_string());
    if (!op.location.layer.empty()) lines.push_back(op.location.layer);
    std::string hint;
    for (const auto& result : op.results) hint += (hint.empty() ? "" : ", ") + names_.at(result.get());
    hint += fmt::format(" = {}, {}", mnemonic(op.kind), phase_name(op.location.phase));
    const size_t node = add_node({static_cast<size_t>(op.location.phase), std::move(lines), std::move(hint)});
    for (const auto& result : op.results) node_of_[result.get()] = node;
    for (const Value* operand : op.operands) connect(operand, node);
  }

  void add_result(const FunctionResult& result) {
    const std::string name = result.name.empty() ? "result" : result.name;
    const size_t node = add_node({kParameterStyle, {name}, "result " + name});
    connect(result.value, node);
  }

  void connect(const Value* value, size_t node) {
    const auto from = node_of_.find(value);
    if (from == node_of_.end()) return;
    const auto is_same = [&](const LayoutEdge& edge) { return edge.from == from->second && edge.to == node; };
    if (std::ranges::none_of(edges_, is_same)) edges_.push_back({from->second, node});
  }

  static std::string edge_text(const LayoutEdge& edge) {
    std::string path = fmt::format("M{:.1f} {:.1f}", edge.route[0].x, edge.route[0].y);
    for (size_t i = 1; i < edge.route.size(); ++i) {
      const Point& a = edge.route[i - 1];
      const Point& b = edge.route[i];
      const double middle = (a.y + b.y) / 2;
      path += fmt::format(" C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x, middle, b.x, middle, b.x, b.y);
    }
    return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"#888\"/>\n", path);
  }

  std::string node_text(size_t i) const {
    const LayoutNode& node = nodes_[i];
    const Look& look = looks_[i];
    std::string text = fmt::format(
        "<g><title>{}</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"5\" fill=\"{}\" "
        "stroke=\"#666\"/>",
        markup_escaped(look.hint), node.corner.x, node.corner.y, node.width, node.height, kStyles[look.style].fill);
    for (size_t line = 0; line < look.lines.size(); ++line)
      text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\"{}>{}</text>",
                          node.corner.x + node.width / 2,
                          node.corner.y + kLineHeight * static_cast<double>(line + 1),
                          line == 0 ? " font-weight=\"bold\"" : "", markup_escaped(look.lines[line]));
    return text + "</g>\n";
  }

  std::string legend() const {
    std::string text = fmt::format("<text x=\"{}\" y=\"{}\" font-weight=\"bold\">@{}</text>\n", kMargin, kMargin,
                                   markup_escaped(function_.name()));
    double x = kMargin;
    for (const Style& style : kStyles) {
      text += fmt::format("<rect x=\"{0}\" y=\"{1}\" width=\"12\" height=\"12\" fill=\"{2}\" stroke=\"#666\"/><text "
                          "x=\"{3}\" y=\"{4}\">{5}</text>\n",
                          x, kMargin + 8, style.fill, x + 18, kMargin + 18, style.name);
      x += 30 + kCharWidth * static_cast<double>(style.name.size());
    }
    return text;
  }

  const Function& function_;
  const std::unordered_map<const Value*, std::string> names_;
  std::vector<LayoutNode> nodes_;
  std::vector<LayoutEdge> edges_;
  std::vector<Look> looks_;  // of each node
  std::unordered_map<const Value*, size_t> node_of_;
};

}  // namespace

std::string svg_graph(const Function& function) { return Picture(function).draw(); }

}  // namespace minnow
