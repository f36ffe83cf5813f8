#include "runtime/plot/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtime/plot/chart_axis.h"

namespace minnow {
namespace {

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> result;
  for (const Tick& tick : ticks) result.push_back(tick.label);
  return result;
}

TEST(ChartAxis, TicksAreRound) {
  EXPECT_EQ(labels(ChartAxis(0.03, 0.97, 5).ticks()), (std::vector<std::string>{"0.2", "0.4", "0.6", "0.8"}));
  EXPECT_EQ(labels(ChartAxis(0.5, 1, 5).ticks(true)),
            (std::vector<std::string>{"50%", "60%", "70%", "80%", "90%", "100%"}));
  EXPECT_EQ(labels(ChartAxis(0.01, 10, 5, true).ticks()), (std::vector<std::string>{"0.01", "0.1", "1", "10"}));
}

TEST(ChartAxis, WholeStepsHaveNothingInBetween) {
  ChartAxis axis(1, 3, 9);
  axis.use_whole_steps();
  EXPECT_EQ(labels(axis.ticks()), (std::vector<std::string>{"1", "2", "3"}));
}

TEST(ChartAxis, DegenerateRangesStayDrawable) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const bool is_log : {false, true}) {
    for (const auto& [low, high] : {std::pair(infinity, -infinity), std::pair(2.0, 2.0), std::pair(0.0, 0.0),
                                    std::pair(-1e300, 1e300), std::pair(1e-300, 1e-299)}) {
      ChartAxis axis(low, high, 5, is_log);
      axis.round_out();
      EXPECT_LT(axis.ticks().size(), 100U);
      EXPECT_TRUE(std::isfinite(axis.position(2.0)));
    }
  }
}

TEST(Chart, EscapesTextAndBreaksLinesAtNan) {
  Chart chart{"a < b & \"c\"", "epoch", true, {{"loss", {{"<run>", {{1, 3}, {2, std::nan("")}, {3, 1}, {4, 2}}}}}}};
  const std::string svg = to_svg(draw_chart(chart));
  EXPECT_NE(svg.find("a &lt; b &amp; &quot;c&quot;"), std::string::npos);
  EXPECT_NE(svg.find("&lt;run&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  const size_t path = svg.find("<path d=\"M");
  ASSERT_NE(path, std::string::npos);
  EXPECT_NE(svg.find('M', path + 10), std::string::npos);
}

TEST(Chart, DrawsNothingGracefully) {
  EXPECT_NE(to_svg(draw_chart({})).find("</svg>"), std::string::npos);
  EXPECT_NE(to_svg(draw_chart({"t", "x", false, {{"y", {{"empty", {}}}}}})).find("</svg>"), std::string::npos);
}

TEST(Chart, AsTextEachSeriesHasALetter) {
  const Chart chart{"runs", "epoch", true, {{"loss", {{"a\x1b", {{1, 4}, {2, 2}, {5, 0}}}, {"b", {{1, 0}, {5, 4}}}}}}};
  const std::string text = chart_text(chart, 60);
  EXPECT_NE(text.find("  o a\\x1b\n  x b\n"), std::string::npos) << text;
  EXPECT_NE(text.find("epoch\n"), std::string::npos);
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    EXPECT_LE(end - begin, 60U);
  EXPECT_FALSE(chart_text({"t", "x", false, {{"y", {{"empty", {}}}}}}, 5).empty());
}

}  // namespace
}  // namespace minnow
