#include "runtime/data/glyphs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "runtime/data/glyph_font.h"

namespace minnow {
namespace {

TEST(Glyphs, EveryDigitHasThreeVariants) {
  for (int digit = 0; digit < 10; ++digit) EXPECT_GE(glyph_variants(digit).size(), 3U);
}

TEST(Glyphs, SameAtAnyThreadCountAndForAnyCount) {
  ThreadPool one(1);
  ThreadPool three(3);
  const Dataset a = make_glyphs({1000, 7, 0}, one);
  const Dataset b = make_glyphs({1500, 7, 0}, three);
  EXPECT_EQ(a.examples.bytes(), b.examples.bytes().substr(0, a.examples.bytes().size()));
}

TEST(Glyphs, SeedsAndSplitsDiffer) {
  ThreadPool pool(1);
  const Dataset train = make_glyphs({10, 7, 0}, pool);
  EXPECT_NE(train.examples.bytes(), make_glyphs({10, 8, 0}, pool).examples.bytes());
  EXPECT_NE(train.examples.bytes(), make_glyphs({10, 7, 1}, pool).examples.bytes());
}

TEST(Glyphs, ClassesAreBalancedAndInkIsInside) {
  ThreadPool pool(2);
  const Dataset glyphs = make_glyphs({500, 1, 0}, pool);
  EXPECT_EQ(glyphs.classes(), 10);
  EXPECT_EQ(std::ranges::count(glyphs.labels.as<int32_t>(), 3), 50);
  for (int64_t i = 0; i < glyphs.size(); ++i) {
    const auto pixels = glyphs.examples.as<uint8_t>().subspan(static_cast<size_t>(i) * 784, 784);
    const double mean = std::accumulate(pixels.begin(), pixels.end(), 0.0) / 784;
    EXPECT_GT(mean, 5) << i;
    EXPECT_LT(mean, 110) << i;
    EXPECT_GT(*std::ranges::max_element(pixels), 140) << i;
  }
}

}  // namespace
}  // namespace minnow
