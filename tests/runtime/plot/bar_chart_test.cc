#include "runtime/plot/bar_chart.h"

#include <gmock/gmock.h>

namespace minnow {
namespace {

std::vector<double> widths(const Drawing& drawing) {
  std::vector<double> found;
  for (const Mark& mark : drawing.marks)
    if (const auto* block = std::get_if<Block>(&mark)) found.push_back(block->width);
  return found;
}

TEST(BarChart, BarsAreAsLongAsTheirShareOfTheLongest) {
  const Drawing drawing = draw_bars({"t", {}, {{"a", 2, "2 ms"}, {"b", 1, "1 ms"}}});
  const std::vector<double> found = widths(drawing);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_DOUBLE_EQ(found[0], 2 * found[1]);
  EXPECT_GT(drawing.height, 2 * 24);
}

// In a font such as DejaVu Sans, in which operators are wide.
TEST(BarChart, NamesHaveRoomBeforeTheirBars) {
  const std::string name = "hidden1: dot+mul+mul+add+mul+mul+add+max+mul";
  const Drawing drawing = draw_bars({"t", {}, {{name, 1, "1 ms"}}});
  const auto* caption = std::get_if<Caption>(&drawing.marks[1]);
  ASSERT_NE(caption, nullptr);
  EXPECT_EQ(caption->text, name);
  EXPECT_EQ(caption->anchor, Anchor::kEnd);
  EXPECT_GT(caption->at.x, 0.68 * 12 * static_cast<double>(name.size()));
}

TEST(BarChart, NothingAndZeroCanBeDrawn) {
  EXPECT_TRUE(widths(draw_bars({"t", {}, {}})).empty());
  EXPECT_EQ(widths(draw_bars({"t", {}, {{"a", 0, "0"}}})), std::vector<double>{1});
}

TEST(BarChart, NamesAreText) {
  const std::string svg = to_svg(draw_bars({"<t>", {{"<l>", kInk}}, {{"<script>\x1b", 1, "<1>", kInk, "<n>"}}}));
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr("<script>")));
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr("\x1b")));
  EXPECT_THAT(svg, testing::HasSubstr("&lt;script&gt;\\x1b"));
  EXPECT_THAT(svg, testing::HasSubstr("<title>&lt;n&gt;</title>"));
}

}  // namespace
}  // namespace minnow
