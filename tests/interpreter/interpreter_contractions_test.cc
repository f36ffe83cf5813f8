// The interpreter on sums of products and on windows.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/interpreter/interpreted_program.h"

namespace minnow {
namespace {

TEST(InterpreterTest, DotSumsOverTheDimensionsAsked) {
  Program program;
  Value* a = program.input({2, 3}, {1, 2, 3, 4, 5, 6});
  Value* b = program.input({3, 2}, {7, 8, 9, 10, 11, 12});
  Value* a_transposed = program.build.transpose(a, {1, 0});
  Value* b_transposed = program.build.transpose(b, {1, 0});
  const Numbers expected{58, 64, 139, 154};
  EXPECT_EQ(program.run(program.build.dot(a, b)), expected);
  EXPECT_EQ(program.run(program.build.dot(a_transposed, b, {0, 0})), expected);
  EXPECT_EQ(program.run(program.build.dot(a, b_transposed, {1, 1})), expected);
  EXPECT_EQ(program.run(program.build.dot(a_transposed, b_transposed, {0, 1})), expected);
}

TEST(InterpreterTest, DotKeepsTheBatchApartAndAllElseInOrder) {
  Program program;
  Value* a = program.input({2, 1, 2}, {1, 2, 3, 4});
  Value* b = program.input({2, 2, 2}, {1, 0, 2, 1, 1, 1, 0, 2});
  EXPECT_EQ(program.run(program.build.dot(a, b, {2, 1}, 1)), (Numbers{5, 2, 3, 11}));
  EXPECT_EQ(program.run(program.build.dot(a, b, {2, 2}, 1)), (Numbers{1, 4, 7, 8}));
  Value* one_each = program.build.dot(a, b, {2, 2});  // [2,1] and [2,2]
  EXPECT_EQ(one_each->type.shape, (Shape{2, 1, 2, 2}));
  EXPECT_EQ(program.run(one_each), (Numbers{1, 4, 3, 4, 3, 10, 7, 8}));
  Value* row = program.input({2}, {1, 10});
  EXPECT_EQ(program.run(program.build.dot(row, row, {0, 0})), (Numbers{101}));
  EXPECT_EQ(program.run(program.build.dot(b, row, {1, 0})), (Numbers{21, 10, 1, 21}));
}

Numbers run_conv(Shape x_shape, const Numbers& x, Shape w_shape, const Numbers& w, ConvAttributes attributes) {
  Program program;
  Value* picture = program.input(std::move(x_shape), x);
  Value* filter = program.input(std::move(w_shape), w);
  return program.run(program.build.conv(picture, filter, std::move(attributes)));
}

TEST(InterpreterTest, Convolves) {
  const Numbers x{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Numbers w{1, 2, 3, 4};
  const Shape x_shape{1, 1, 3, 3};
  const Shape w_shape{1, 1, 2, 2};
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {}), (Numbers{37, 47, 67, 77}));
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {.stride = {2, 1}, .pad = {1, 0, 0, 1}, .shape = {}}),
            (Numbers{11, 18, 9, 67, 77, 33}));
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {.dilation = {2, 2}, .shape = {}}), (Numbers{64}));
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {.pad = {0, 0, 1, 0}, .dilation = {1, 2}, .shape = {}}),
            (Numbers{2 * 2 + 4 * 5, 1 * 1 + 2 * 3 + 3 * 4 + 4 * 6, 2 * 5 + 4 * 8, 1 * 4 + 2 * 6 + 3 * 7 + 4 * 9}));
}

TEST(InterpreterTest, ConvolvesSequencesAndVolumes) {
  EXPECT_EQ(run_conv({1, 1, 4}, {1, 2, 3, 4}, {1, 1, 2}, {1, 10}, {}), (Numbers{21, 32, 43}));
  EXPECT_EQ(run_conv({1, 1, 4}, {1, 2, 3, 4}, {1, 1, 2}, {1, 10}, {.stride = {2}, .pad = {2, 1}, .dilation = {2}}),
            (Numbers{10, 31, 3}));
  // Depth by 100, height by 10.
  const Numbers x{1, 2, 3, 4, 5, 6, 7, 8};
  const Numbers w{1, 10, 100, 1000};
  EXPECT_EQ(run_conv({1, 1, 2, 2, 2}, x, {1, 1, 2, 2, 1}, w, {}), (Numbers{7531, 8642}));
  EXPECT_EQ(run_conv({1, 1, 2, 2, 2}, x, {1, 1, 2, 2, 1}, w, {.pad = {1, 0, 0, 0, 0, 0}}),
            (Numbers{3100, 4200, 7531, 8642}));
}

TEST(InterpreterTest, ConvolvesChannelsInGroups) {
  EXPECT_EQ(run_conv({1, 2, 1, 1}, {2, 3}, {1, 2, 1, 1}, {5, 7}, {}), (Numbers{31}));
  EXPECT_EQ(run_conv({1, 2, 1, 1}, {2, 3}, {4, 1, 1, 1}, {1, 10, 100, 1000}, {.groups = 2, .shape = {}}),
            (Numbers{2, 20, 300, 3000}));
  EXPECT_EQ(run_conv({2, 1, 1, 1}, {2, 3}, {2, 1, 1, 1}, {1, 10}, {}), (Numbers{2, 20, 3, 30}));
}

TEST(InterpreterTest, ConvInputAndFilterAreAdjoints) {
  const std::pair<size_t, ConvAttributes> cases[] = {
      {2, {}},
      {2, {.stride = {2, 1}, .pad = {1, 0, 2, 1}, .shape = {}}},
      {2, {.stride = {1, 2}, .pad = {0, 2, 0, 0}, .dilation = {2, 1}, .shape = {}}},
      {2, {.stride = {3, 2}, .pad = {1, 2, 0, 1}, .dilation = {1, 2}, .groups = 2, .shape = {}}},
      {1, {.stride = {2}, .pad = {1, 2}, .groups = 2}},
      {3, {.stride = {1, 2, 1}, .pad = {1, 0, 0, 2, 1, 1}, .dilation = {2, 1, 3}, .groups = 2}},
  };
  for (const auto& [dims, attributes] : cases) {
    Program program;
    Shape x_shape{2, 4, 6, 5, 7};
    Shape w_shape{6, 4 / attributes.groups, 3, 2, 3};
    x_shape.resize(2 + dims);
    w_shape.resize(2 + dims);
    const Numbers x = whole_numbers(element_count(x_shape), 1);
    const Numbers w = whole_numbers(element_count(w_shape), 2);
    Value* picture = program.input(x_shape, x);
    Value* filter = program.input(w_shape, w);
    Value* conv = program.build.conv(picture, filter, attributes);
    const Numbers y = whole_numbers(conv->type.elements(), 3);
    Value* cotangent = program.input(conv->type.shape, y);
    ConvAttributes input_attributes = attributes;
    input_attributes.shape = x_shape;
    ConvAttributes filter_attributes = attributes;
    filter_attributes.shape = w_shape;
    Value* conv_input = program.build.create(OpKind::kConvInput, {cotangent, filter}, input_attributes);
    Value* conv_filter = program.build.create(OpKind::kConvFilter, {picture, cotangent}, filter_attributes);

    const double form = inner_product(y, program.run(conv, Precision::kF64));
    EXPECT_NE(form, 0);
    EXPECT_EQ(inner_product(x, program.run(conv_input, Precision::kF64)), form);
    EXPECT_EQ(inner_product(w, program.run(conv_filter, Precision::kF64)), form);
  }
}

TEST(InterpreterTest, PoolsWindows) {
  Program program;
  Value* x = program.input({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const WindowAttributes plain{.window = {2, 2}, .shape = {}};
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, x, plain)), (Numbers{5, 6, 8, 9}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowSum, x, plain)), (Numbers{12, 16, 24, 28}));
  const WindowAttributes padded{.window = {2, 2}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .shape = {}};
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, x, padded)), (Numbers{1, 3, 7, 9}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowSum, x, padded)), (Numbers{1, 5, 11, 28}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, program.build.neg(x), padded)),
            (Numbers{-1, -2, -4, -5}));
}

TEST(InterpreterTest, PoolsSequencesAndVolumes) {
  Program program;
  Value* sequence = program.input({1, 1, 4}, {1, 4, 3, 2});
  const WindowAttributes pairs{.window = {2}, .stride = {2}, .pad = {1, 1}};
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, sequence, pairs)), (Numbers{1, 4, 2}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowSum, sequence, pairs)), (Numbers{1, 7, 2}));
  Value* volume = program.input({1, 1, 2, 2, 2}, {1, 2, 8, 4, 5, 6, 7, 3});
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, volume, {.window = {2, 1, 2}})), (Numbers{6, 8}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowSum, volume, {.window = {2, 2, 1}})), (Numbers{21, 15}));
}

TEST(InterpreterTest, WindowMaxPropagatesNan) {
  Program program;
  Value* x = program.input({1, 1, 1, 4}, {1, kNan, 3, 4});
  const Numbers y = program.run(program.build.window(OpKind::kWindowMax, x, {.window = {1, 2}, .shape = {}}));
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], 4);
}

TEST(InterpreterTest, WindowPickGivesToTheFirstLargest) {
  Program program;
  Value* x = program.input({1, 1, 1, 5}, {3, 7, 7, 1, kNan});
  Value* y = program.input({1, 1, 1, 4}, {1, 10, 100, 1000});
  Value* picked = program.build.create(OpKind::kWindowPick, {x, y}, WindowAttributes{.window = {1, 2}, .shape = {}});
  EXPECT_EQ(program.run(picked), (Numbers{0, 11, 100, 0, 1000}));
}

TEST(InterpreterTest, WindowSpreadAndPickAreAdjoints) {
  const WindowAttributes cases[] = {
      {.window = {2, 2}, .stride = {2, 2}, .shape = {}},
      {.window = {3, 2}, .stride = {1, 2}, .pad = {2, 0, 1, 1}, .shape = {}},
      {.window = {3}, .stride = {2}, .pad = {1, 2}},
      {.window = {2, 3, 2}, .stride = {1, 2, 2}, .pad = {1, 0, 2, 0, 1, 1}},
  };
  for (const WindowAttributes& attributes : cases) {
    Program program;
    Shape x_shape{2, 3, 6, 5, 4};
    x_shape.resize(2 + attributes.window.size());
    const Numbers x = whole_numbers(element_count(x_shape), 1);
    Value* picture = program.input(x_shape, x);
    Value* sum = program.build.window(OpKind::kWindowSum, picture, attributes);
    Value* max = program.build.window(OpKind::kWindowMax, picture, attributes);
    const Numbers y = whole_numbers(sum->type.elements(), 2);
    Value* cotangent = program.input(sum->type.shape, y);
    WindowAttributes spread_attributes = attributes;
    spread_attributes.shape = x_shape;
    Value* spread = program.build.window(OpKind::kWindowSpread, cotangent, spread_attributes);
    Value* pick = program.build.create(OpKind::kWindowPick, {picture, cotangent}, attributes);

    EXPECT_EQ(inner_product(x, program.run(spread)), inner_product(y, program.run(sum)));
    EXPECT_EQ(inner_product(x, program.run(pick)), inner_product(y, program.run(max)));
  }
}

}  // namespace
}  // namespace minnow
