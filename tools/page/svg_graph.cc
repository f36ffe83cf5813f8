#include "tools/page/svg_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/plot/markup.h"
#include "tools/page/graph_picture.h"

namespace minnow {
namespace {

constexpr double kMargin = 20;
constexpr double kLegendHeight = 30;
constexpr double kLegendCharWidth = 6.7;
constexpr double kStackStep = 3;  // what stands behind a box that is done for every block

struct Style {
  std::string_view name, fill;
};
constexpr std::array<Style, 4> kStyles = {
    {{"forward", "#cfe8fc"}, {"gradient", "#fde2c4"}, {"update", "#d5f0d8"}, {"parameter", "#eeeeee"}}};

const Style& style_of(const GraphBox& box) {
  return box.phase ? kStyles[static_cast<size_t>(*box.phase)] : kStyles.back();
}

std::string edge_text(const LayoutEdge& edge) {
  std::string path = fmt::format("M{:.1f} {:.1f}", edge.route[0].x, edge.route[0].y);
  for (size_t i = 1; i < edge.route.size(); ++i) {
    const Point& a = edge.route[i - 1];
    const Point& b = edge.route[i];
    const double middle = (a.y + b.y) / 2;
    path += fmt::format(" C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", a.x, middle, b.x, middle, b.x, b.y);
  }
  return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"#888\"/>\n", path);
}

std::string rect_text(const LayoutNode& node, double shift, std::string_view fill) {
  return fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"5\" fill=\"{}\" stroke=\"#666\"/>",
      node.corner.x + shift, node.corner.y + shift, node.width, node.height, fill);
}

std::string box_text(const LayoutNode& node, const GraphBox& box) {
  const std::string_view fill = style_of(box).fill;
  std::string text = fmt::format("<g><title>{}</title>", markup_escaped(box.hint));
  if (box.is_in_loop) text += rect_text(node, kStackStep, fill);
  text += rect_text(node, 0, fill);
  for (size_t line = 0; line < box.lines.size(); ++line)
    text +=
        fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\"{}>{}</text>",
                    node.corner.x + node.width / 2, node.corner.y + kGraphLineHeight * static_cast<double>(line + 1),
                    line == 0 ? " font-weight=\"bold\"" : "", markup_escaped(box.lines[line]));
  return text + "</g>\n";
}

std::string legend(const Function& function) {
  std::string text = fmt::format("<text x=\"{}\" y=\"{}\" font-weight=\"bold\">@{}</text>\n", kMargin, kMargin,
                                 markup_escaped(function.name()));
  double x = kMargin;
  for (const Style& style : kStyles) {
    text += fmt::format(
        "<rect x=\"{0}\" y=\"{1}\" width=\"12\" height=\"12\" fill=\"{2}\" stroke=\"#666\"/><text "
        "x=\"{3}\" y=\"{4}\">{5}</text>\n",
        x, kMargin + 8, style.fill, x + 18, kMargin + 18, style.name);
    x += 30 + kLegendCharWidth * static_cast<double>(style.name.size());
  }
  return text;
}

}  // namespace

std::string svg_graph(const Function& function) {
  const GraphPicture picture = draw_graph(function);
  const double width = std::max(picture.size.width, 420.0) + 2 * kMargin;
  const double height = picture.size.height + 2 * kMargin + kLegendHeight;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"Menlo, Consolas, monospace\" font-size=\"{2}\">\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"white\"/>\n",
      width, height, kGraphFontSize);
  text += legend(function);
  text += fmt::format("<g transform=\"translate({} {})\">\n", kMargin, kMargin + kLegendHeight);
  for (const LayoutEdge& edge : picture.edges) text += edge_text(edge);
  for (size_t i = 0; i < picture.nodes.size(); ++i) text += box_text(picture.nodes[i], picture.boxes[i]);
  return text + "</g>\n</svg>\n";
}

}  // namespace minnow
