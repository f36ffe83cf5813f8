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
