// Which elements lie in boxes of a grid, held against counting them one by one.
#include "codegen/machine/unit_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace minnow {
namespace {

// The box of an element: its digits, the first the most significant.
int64_t box_of(const UnitGrid& grid, int64_t element) {
  std::vector<int64_t> at(grid.shape.size());
  for (size_t d = grid.shape.size(); d-- > 0; element /= grid.shape[d]) at[d] = element % grid.shape[d];
  int64_t box = 0;
  for (const auto& [dim, chunk] : grid.digits) {
    const auto d = static_cast<size_t>(dim);
    box = box * ((grid.shape[d] + chunk - 1) / chunk) + at[d] / chunk;
  }
  return box;
}

ByteRanges counted(const UnitGrid& grid, int64_t begin, int64_t end) {
  std::vector<ByteRange> ranges;
  for (int64_t element = 0; element < grid.elements(); ++element)
    if (const int64_t box = box_of(grid, element); box >= begin && box < end) ranges.push_back({element, element + 1});
  return joined(std::move(ranges));
}

TEST(UnitGrid, HasEveryElementInItsBox) {
  std::mt19937 random(1);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  for (int round = 0; round < 500; ++round) {
    UnitGrid grid;
    const int64_t dims = draw(1, 4);
    std::vector<int64_t> order;
    for (int64_t d = 0; d < dims; ++d) {
      grid.shape.push_back(draw(1, 6));
      order.push_back(d);
    }
    std::shuffle(order.begin(), order.end(), random);
    for (const int64_t dim : order)
      if (draw(0, 3) > 0) grid.digits.push_back({dim, draw(1, 4)});
    ASSERT_TRUE(grid.is_sound());
    const int64_t begin = draw(0, static_cast<int>(grid.boxes())),
                  end = draw(static_cast<int>(begin), static_cast<int>(grid.boxes()));
    EXPECT_EQ(elements_of_boxes(grid, begin, end, grid.shape.size()), counted(grid, begin, end));
  }
}

TEST(UnitGrid, GivesEachUnitItsPieces) {
  // Two panels of five tiles, in two splits each; three units for the four pieces.
  const UnitGrid grid{{5, 2}, {{1, 1}, {0, 1}}, 5, 2};
  EXPECT_EQ(grid.boxes(), 10);
  EXPECT_EQ(grid.first_box(0, 3), 0);
  EXPECT_EQ(grid.first_box(1, 3), 2);  // piece 1 begins at tile 5 / 2
  EXPECT_EQ(grid.first_box(2, 3), 5);  // piece 2 is the second panel's first
  EXPECT_EQ(grid.first_box(3, 3), 10);
}

TEST(UnitGrid, OfRowsHasOneRangeForUnitsThatFollowEachOther) {
  const UnitGrid grid = grid_of_rows(10, 4, 3);
  EXPECT_EQ(grid.boxes(), 3);
  EXPECT_EQ(elements_of_boxes(grid, 1, 3, 2), (ByteRanges{{12, 30}}));
  EXPECT_EQ(elements_of_boxes(grid, 1, 3, 1), (ByteRanges{{4, 10}}));  // of a tensor with one element a row
  EXPECT_TRUE(elements_of_boxes(grid, 2, 2, 2).empty());
}

TEST(UnitGrid, TellsNumbersThatMakeNoSense) {
  const UnitGrid sound{{4, 6}, {{1, 2}}, 3, 2};
  EXPECT_TRUE(sound.is_sound());
  EXPECT_TRUE(UnitGrid{}.is_sound());
  const auto with = [&](auto change) {
    UnitGrid grid = sound;
    change(grid);
    return grid.is_sound();
  };
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.digits[0].dim = 2; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.digits[0].dim = -1; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.digits[0].chunk = 0; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.digits.push_back({1, 1}); }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.shape[0] = 0; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.shape = {int64_t{1} << 39, 4}; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.boxes_together = 2; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.splits = 0; }));
  EXPECT_FALSE(with([](UnitGrid& grid) { grid.shape = {}; }));
}

TEST(ByteRanges, AreJoinedWhereTheyTouch) {
  EXPECT_EQ(joined({{4, 6}, {0, 2}, {2, 3}, {5, 9}, {3, 3}}), (ByteRanges{{0, 3}, {4, 9}}));
}

}  // namespace
}  // namespace minnow
