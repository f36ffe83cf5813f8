// What the schedule makes of a processor's caches and units.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codegen/schedule/choose_contraction.h"
#include "codegen/schedule/picking_schedule.h"
#include "codegen/schedule/pooling_schedule.h"
#include "ir/builder.h"

namespace minnow {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::Gt;
using testing::HasSubstr;
using testing::Not;
using testing::ResultOf;

std::string schedule_of(OpKind kind, const Shape& left, const Shape& right, const Attributes& attributes,
                        const std::string& cpu, bool is_in_block) {
  Function function("f");
  Value* a = function.add_parameter("a", {DType::kF32, left});
  Value* b = function.add_parameter("b", {DType::kF32, right});
  const Value* result = Builder(function).create(kind, {a, b}, attributes);
  const auto target = named_target("x86_64-linux-gnu", cpu);
  EXPECT_TRUE(target);
  return text_of(choose_contraction(*result->op, *target, is_in_block));
}

std::string product(int64_t rows, int64_t depth, int64_t columns) {
  return schedule_of(OpKind::kDot, {rows, depth}, {depth, columns}, DotAttributes{{1, 0}}, "znver5", false);
}

// Rows of 4 KiB begin in 16 of the second level's 1024 sets, which have 64 KiB for a panel of 256.
TEST(Schedule, PacksWhatTheCacheCannotHoldWhereItLies) {
  EXPECT_THAT(product(64, 1024, 1024), HasSubstr("panels of depth"));
  EXPECT_THAT(product(64, 1024, 1040), HasSubstr("read as it lies"));
  EXPECT_THAT(product(64, 256, 1024), HasSubstr("read as it lies"));
  EXPECT_THAT(product(8, 1024, 1024), HasSubstr("read as it lies"));  // few tiles, whatever they cost
}

// A row of 16 vectors is read nearly whole by panels side by side; of a deep operand in blocks, whose sums are kept.
TEST(Schedule, ReadsCloseRowsWhereTheyLieHoweverMany) {
  EXPECT_THAT(product(5000, 65, 256), HasSubstr("read as it lies"));
  EXPECT_THAT(product(5000, 65, 272), HasSubstr("panels of depth 65"));
  EXPECT_THAT(product(5000, 9000, 64), HasSubstr("read as it lies, sums of"));
  EXPECT_THAT(product(12, 9000, 64), Not(HasSubstr("kept")));  // one tile, which nobody follows
}

// Columns of a whose places lie 4 KiB apart have 256 lines in the second level: 1024 of them are four blocks.
TEST(Schedule, SumsTransposedRowsInBlocksThatTheCacheHolds) {
  const auto transposed = [](int64_t rows) {
    return schedule_of(OpKind::kDot, {1024, rows}, {1024, 32}, DotAttributes{{0, 0}}, "znver5", false);
  };
  EXPECT_THAT(transposed(1024), HasSubstr("sums of"));
  EXPECT_THAT(transposed(1040), Not(HasSubstr("sums of")));
}

// Of one row, and of what is too large for the second level of the caches but has tiles that fit into the first.
TEST(Schedule, AsksForTheNextTileOfWhatIsFar) {
  const auto asks = [](int64_t rows, int64_t depth, int64_t columns) {
    Function function("f");
    Value* a = function.add_parameter("a", {DType::kF32, {rows, depth}});
    Value* b = function.add_parameter("b", {DType::kF32, {columns, depth}});
    const Value* y = Builder(function).dot(a, b, {1, 1});
    const auto target = named_target("x86_64-linux-gnu", "znver5");
    const ContractionSchedule schedule = choose_contraction(*y->op, *target, false);
    return std::get<DepthLanesSchedule>(schedule).asks_ahead(target->processor);
  };
  EXPECT_TRUE(asks(1, 1024, 1024));
  EXPECT_FALSE(asks(2, 1024, 1024));
  EXPECT_FALSE(asks(1, 1024, 128));
  EXPECT_FALSE(asks(1, 4096, 1024));
  EXPECT_FALSE(asks(1, 400, 4096));  // read by columns of which each has sums of its own
}

// One column lies along the depth as it is; several are turned around for it, which many rows pay for.
TEST(Schedule, OneColumnIsSummedAlongTheDepth) {
  for (const int64_t rows : {2, 100}) EXPECT_THAT(product(rows, 32, 1), HasSubstr("vectors along the depth"));
  EXPECT_THAT(product(100, 32, 1), Not(HasSubstr("packed")));
  EXPECT_THAT(product(100, 64, 2), AllOf(HasSubstr("vectors along the depth"), HasSubstr("packed")));
  EXPECT_THAT(product(2, 64, 2), Not(HasSubstr("vectors along the depth")));
  EXPECT_THAT(product(100, 15, 1), Not(HasSubstr("vectors along the depth")));
}

// Of one image bands are units, for threads to share; of many images each is one.
TEST(Schedule, DividesOneImageAmongThreads) {
  const auto convolution = [](int64_t images, int64_t size) {
    return schedule_of(OpKind::kConv, {images, 32, size + 2, size + 2}, {32, 32, 3, 3},
                       ConvAttributes{.dilation = {2, 2}}, "znver5", false);
  };
  EXPECT_THAT(convolution(1, 30), HasSubstr("4 units of work"));
  EXPECT_THAT(convolution(4, 30), Not(HasSubstr("16 units of work")));
  EXPECT_THAT(convolution(1, 34), AllOf(HasSubstr("vectors of pixels"), HasSubstr("4 units of work")));
  EXPECT_THAT(convolution(4, 34), AllOf(HasSubstr("vectors of pixels"), HasSubstr("4 units of work")));
}

// Three vectors of channels, where panels of two would have an empty one.
TEST(Schedule, PanelsOfWindowsAreFilled) {
  const auto convolution = [](int64_t channels) {
    return schedule_of(OpKind::kConv, {1, 32, 16, 16}, {channels, 32, 2, 3}, ConvAttributes{}, "znver5", false);
  };
  EXPECT_THAT(convolution(48), HasSubstr("x 3 vectors"));
  EXPECT_THAT(convolution(64), HasSubstr("x 2 vectors"));
  EXPECT_THAT(convolution(80), HasSubstr("x 2 vectors"));  // six of five in any case
  EXPECT_THAT(convolution(144), HasSubstr("x 3 vectors"));
}

// Of 19 rows and 13 channels, which have no divisors, the last tile has fewer.
TEST(Schedule, TilesOfPixelsNeedNotDivideAnImage) {
  const auto convolution = [](int64_t channels, int64_t size) {
    ConvAttributes conv{.stride = {2, 2}, .pad = {1, 1, 1, 1}, .shape = {1, channels, 2 * size, 2 * size}};
    return schedule_of(OpKind::kConvInput, {1, 40, size, size}, {40, channels, 4, 4}, conv, "znver5", false);
  };
  EXPECT_THAT(convolution(5, 19), HasSubstr("tile 5 columns x 4 vectors"));
  EXPECT_THAT(convolution(13, 32), HasSubstr("tile 7 columns"));
  EXPECT_THAT(convolution(5, 20), HasSubstr("tile 5 columns x 4 vectors"));
}

// A tile is a part of a line of pixels, or whole lines, where that leaves it sums enough.
TEST(Schedule, TilesFollowLinesOfPixels) {
  const auto convolution = [](int64_t size, const std::string& cpu) {
    return schedule_of(OpKind::kConv, {8, 64, size + 1, size + 2}, {64, 64, 2, 3}, ConvAttributes{}, cpu, false);
  };
  EXPECT_THAT(convolution(28, "znver5"), HasSubstr("tile 14 rows x 2 vectors"));
  EXPECT_THAT(convolution(24, "znver5"), HasSubstr("tile 12 rows x 2 vectors"));
  EXPECT_THAT(convolution(6, "znver5"), HasSubstr("tile 12 rows x 2 vectors"));
  EXPECT_THAT(convolution(23, "znver5"), HasSubstr("tile 12 rows x 2 vectors"));  // a prime number
  EXPECT_THAT(convolution(28, "haswell"), HasSubstr("tile 6 rows x 2 vectors"));  // 4 would wait for each other
}

// Pixels go on in the next line where lines leave lanes empty, or a stride takes pixels apart, unless an image is so
// large that its code would be long, or vectors are not read under masks.
TEST(Schedule, PixelsGoOnInTheNextLine) {
  const auto depthwise = [](int64_t size, int64_t stride, const std::string& cpu) {
    ConvAttributes conv{.stride = {stride, stride}, .pad = {1, 1, 1, 1}, .groups = 32};
    return schedule_of(OpKind::kConv, {1, 32, size, size}, {32, 1, 3, 3}, conv, cpu, false);
  };
  for (const char* cpu : {"znver5", "haswell"}) {
    EXPECT_THAT(depthwise(5, 1, cpu), HasSubstr("from line to line"));
    EXPECT_THAT(depthwise(28, 2, cpu), HasSubstr("from line to line"));
    EXPECT_THAT(depthwise(120, 1, cpu), Not(HasSubstr("from line to line")));
  }
  EXPECT_THAT(depthwise(5, 1, "x86-64"), Not(HasSubstr("from line to line")));
  const auto convolution = [](int64_t channels, int64_t size) {
    return schedule_of(OpKind::kConv, {1, 64, size, size}, {channels, 64, 2, 3}, ConvAttributes{.pad = {1, 0, 1, 1}},
                       "znver5", false);
  };
  EXPECT_THAT(convolution(40, 7), HasSubstr("from line to line"));      // channels leave a sixth of their vectors empty
  EXPECT_THAT(convolution(64, 9), HasSubstr("vectors along columns"));  // pixels more
}

std::optional<PoolingSchedule> pooling(OpKind kind, const Shape& x, const WindowAttributes& window,
                                       const std::string& cpu = "znver5") {
  Function function("f");
  Value* input = function.add_parameter("x", {DType::kF32, x});
  const auto target = named_target("x86_64-linux-gnu", cpu);
  EXPECT_TRUE(target);
  return choose_pooling(*Builder(function).window(kind, input, window)->op, *target);
}

// A maximum has that of the columns in between, in lines so long that vectors begin with them; a sum has one step.
// Pictures that leave lanes empty are taken several at once.
TEST(Schedule, PoolingsOfFewImagesGoAlongPixels) {
  const WindowAttributes halving = {.window = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1}};
  for (const char* cpu : {"znver5", "haswell"}) EXPECT_TRUE(pooling(OpKind::kWindowMax, {1, 64, 14, 14}, halving, cpu));
  EXPECT_FALSE(pooling(OpKind::kWindowMax, {1, 64, 14, 14}, halving, "x86-64"));  // whose vectors have four lanes
  EXPECT_FALSE(pooling(OpKind::kWindowMax, {1, 64, 300, 300}, halving));          // too much code
  const auto max = pooling(OpKind::kWindowMax, {1, 64, 14, 14}, halving);
  ASSERT_EQ(max->steps.size(), 2);
  EXPECT_EQ(max->steps[0].pitch, 16);
  EXPECT_EQ(max->planes(), 1);
  EXPECT_EQ(pooling(OpKind::kWindowSum, {1, 64, 14, 14}, halving)->steps.size(), 1);
  EXPECT_THAT(pooling(OpKind::kWindowMax, {1, 64, 4, 4}, halving)->planes(), Gt(1));
  EXPECT_EQ(pooling(OpKind::kWindowMax, {1, 3, 4, 4}, halving)->planes(), 1);
  // Sums along lines whose elements lie next to each other do nothing but read them.
  EXPECT_FALSE(pooling(OpKind::kWindowSum, {1, 64, 17, 17}, {.window = {2, 2}, .stride = {1, 1}}));
}

// On padding another element of the window is read again, the middle one. Lanes without a pixel may hold anything.
TEST(Schedule, MaximaReadNothingElseOnPadding) {
  const WindowAttributes window = {.window = {3, 3}, .stride = {1, 1}, .pad = {1, 1, 1, 1}};
  const auto max = pooling(OpKind::kWindowMax, {1, 1, 2, 2}, window, "haswell");
  ASSERT_TRUE(max);
  const auto lanes = [](Places places) {
    places.resize(8, kAnything);
    return places;
  };
  EXPECT_THAT(max->elements_of(0, 0), ElementsAre(lanes({0, 1, 2, 3}), lanes({0, 1, 0, 1}), lanes({2, 3, 2, 3})));
  EXPECT_THAT(max->elements_of(1, 0), ElementsAre(lanes({0, 1, 2, 3}), lanes({0, 0, 2, 2}), lanes({1, 1, 3, 3})));
  const auto sum = pooling(OpKind::kWindowSum, {1, 1, 2, 2}, window, "haswell");
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->elements_of(0, 0)[0], lanes({kNothing, kNothing, kNothing, 0}));
}

// In order, so that the first of equal ones is found: at the border the first that there is stands for all on padding.
TEST(Schedule, WindowsPickAmongTheirElementsInOrder) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, {1, 1, 2, 2}});
  Value* y = function.add_parameter("y", {DType::kF32, {1, 1, 2, 2}});
  const WindowAttributes window = {.window = {2, 2}, .stride = {1, 1}, .pad = {1, 0, 1, 0}};
  const auto target = named_target("x86_64-linux-gnu", "haswell");
  const auto picking = choose_picking(*b.create(OpKind::kWindowPick, {x, y}, window)->op, *target);
  ASSERT_TRUE(picking);
  const auto starts_with = [](std::vector<int64_t> expected) {
    return ResultOf([](const std::vector<int64_t>& lanes) { return std::vector(lanes.begin(), lanes.begin() + 4); },
                    ElementsAreArray(expected));
  };
  const auto elements = picking->elements_of(0);
  ASSERT_EQ(elements.size(), 4);
  EXPECT_THAT(elements[0].places, starts_with({0, 0, 0, 0}));
  EXPECT_THAT(elements[0].numbers, starts_with({3, 2, 1, 0}));
  EXPECT_THAT(elements[3].places, starts_with({0, 1, 2, 3}));
  EXPECT_THAT(elements[3].numbers, starts_with({3, 3, 3, 3}));
  const auto windows = picking->windows_of(0);
  ASSERT_EQ(windows.size(), 4);
  EXPECT_THAT(windows[0].places, starts_with({0, 1, 2, 3}));
  EXPECT_THAT(windows[0].numbers, starts_with({3, 3, 3, 3}));
  EXPECT_THAT(windows[3].places, starts_with({3, kAnything, kAnything, kAnything}));
  EXPECT_THAT(windows[3].numbers, starts_with({0, -2, -2, -2}));
}

// A vector that reads a run where its lanes are, at the cost of a mask, and one that has to be shuffled; none ends
// behind what there is.
TEST(Schedule, PiecesOfPixelsLieInTheirLanesWhereTheyCan) {
  const Places lines = {0, 1, 2, 3, 14, 15, 16, 17};
  EXPECT_EQ(run_of(lines), std::nullopt);
  EXPECT_THAT(pieces_of(lines, 28), ElementsAre(0, 10));
  EXPECT_THAT(pieces_of(lines, 18), ElementsAre(0, 10));
  EXPECT_THAT(pieces_of({0, 2, 4, 6, 14, 16, 18, 20}, 28), ElementsAre(0, 14));
  EXPECT_THAT(pieces_of({0, 2, 4, 6, 14, 16, 18, 20}, 21), ElementsAre(0, 13));
  EXPECT_THAT(whole_pieces_of({7, 8, 9, kNothing, 30, 31, 32, 33}), ElementsAre(0, 8, 24, 32));
  EXPECT_EQ(run_of({kNothing, kNothing, 0, 1, 2, 3, kAnything, kAnything}), -2);
}

std::string filter_gradient(int64_t channels, int64_t size, int64_t filter, const std::string& cpu) {
  const Shape x = {16, channels, size + filter - 1, size + filter - 1}, y = {16, 16, size, size};
  ConvAttributes gradient;
  gradient.shape = {16, channels, filter, filter};
  return schedule_of(OpKind::kConvFilter, x, y, gradient, cpu, true);
}

// Of two units of multiply-adds the second level of the caches cannot feed both.
TEST(Schedule, HasBandsOfImagesWhereUnitsAreFasterThanTheCache) {
  EXPECT_THAT(filter_gradient(12, 32, 3, "znver5"), HasSubstr("bands of 2 rows"));
  EXPECT_THAT(filter_gradient(12, 32, 3, "znver4"), Not(HasSubstr("bands")));
  EXPECT_THAT(filter_gradient(12, 8, 3, "znver5"), Not(HasSubstr("bands")));  // all of them stay in the first level
  EXPECT_THAT(filter_gradient(1, 32, 3, "znver5"), Not(HasSubstr("bands")));  // nobody reads a band again
}

// Of a row whose length has no divisor that would do, the last tile has fewer places.
TEST(Schedule, TilesOfLongFiltersHaveSeveralPlaces) {
  EXPECT_THAT(filter_gradient(1, 8, 9, "znver5"), HasSubstr("tile 3 rows"));
  EXPECT_THAT(filter_gradient(1, 8, 11, "znver5"), HasSubstr("tile 6 rows"));
  EXPECT_THAT(filter_gradient(1, 8, 13, "znver5"), HasSubstr("tile 7 rows"));
}

}  // namespace
}  // namespace minnow
