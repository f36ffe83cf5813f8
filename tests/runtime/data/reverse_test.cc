#include "runtime/data/reverse.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace minnow {
namespace {

TEST(Reverse, AnswersFromBehindInOneSequence) {
  const Dataset data = make_reverse({.count = 50, .length = 6, .seed = 3});
  EXPECT_EQ(data.examples.type().to_string(), "i32[50,6]");
  EXPECT_EQ(data.classes(), 11);
  EXPECT_TRUE(data.others.empty());
  for (size_t i = 0; i < 50; ++i) {
    const auto x = data.examples.as<int32_t>().subspan(i * 6, 6), y = data.labels.as<int32_t>().subspan(i * 6, 6);
    for (size_t at = 0; at < 3; ++at) {
      EXPECT_TRUE(x[at] >= 1 && x[at] <= 10);
      EXPECT_EQ(y[at], -1);
      EXPECT_EQ(y[3 + at], x[2 - at]);
    }
    EXPECT_EQ(x[3], 0);
    EXPECT_EQ(x[4], y[3]);
    EXPECT_EQ(x[5], y[4]);
  }
}

TEST(Reverse, FeedsTheAnswerToASecondInput) {
  const Dataset data = make_reverse({.count = 50, .length = 4, .answer_input = "answer", .seed = 3});
  const auto x = data.examples.as<int32_t>(), y = data.labels.as<int32_t>();
  const auto fed = data.others.at("answer").as<int32_t>();
  for (size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(y[i], x[i / 4 * 4 + 3 - i % 4]);
    EXPECT_EQ(fed[i], i % 4 == 0 ? 0 : y[i - 1]);
  }
  EXPECT_EQ(std::ranges::min(x), 1);
  EXPECT_EQ(std::ranges::max(x), 10);
}

TEST(Reverse, DependsOnSeedAndSplitAndNotOnTheCount) {
  const auto bytes = [](int64_t count, uint32_t seed, uint32_t split) {
    const Dataset data = make_reverse({.count = count, .length = 4, .seed = seed, .split = split});
    return std::string(data.examples.bytes().substr(0, 160));
  };
  EXPECT_EQ(bytes(10, 1, 0), bytes(20, 1, 0));
  EXPECT_NE(bytes(10, 1, 0), bytes(10, 2, 0));
  EXPECT_NE(bytes(10, 1, 0), bytes(10, 1, 1));
}

// The shortest: one token and <go>.
TEST(Reverse, OfOneToken) {
  const Dataset data = make_reverse({.count = 3, .length = 2});
  EXPECT_EQ(data.examples.as<int32_t>()[1], 0);
  EXPECT_EQ(data.labels.as<int32_t>()[1], data.examples.as<int32_t>()[0]);
}

}  // namespace
}  // namespace minnow
