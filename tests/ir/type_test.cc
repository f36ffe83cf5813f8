#include "ir/type.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

TEST(ElementCount, IsThatOfAValidShape) {
  EXPECT_EQ(checked_element_count({}), 1);
  EXPECT_EQ(checked_element_count({3, 0, 5}), 0);
  EXPECT_EQ(checked_element_count({65536, 32768}), kMaxElements);
  EXPECT_EQ(checked_element_count({65536, 32769}), std::nullopt);
  EXPECT_EQ(checked_element_count({2, -1}), std::nullopt);
  EXPECT_EQ(checked_element_count({INT64_MAX, INT64_MAX}), std::nullopt);
}

// Whoever makes a shape of some of its dimensions need not ask again.
TEST(ElementCount, HoldsOfPartsWithoutTheEmptyDimension) {
  EXPECT_EQ(checked_element_count({0, 65536, 65536}), std::nullopt);
  EXPECT_EQ(checked_element_count({65536, 65536, 0}), std::nullopt);
  EXPECT_EQ(checked_element_count({0, 65536, 32768}), 0);
}

}  // namespace
}  // namespace minnow
