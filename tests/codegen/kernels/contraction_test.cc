// dot and the convolutions at the shapes where their kernels change form: tails of tiles, of panels and of
// vectors. All numbers are small and whole, so that the results must be exact.
#include <gtest/gtest.h>

#include <limits>

#include "ir/text.h"
#include "passes/group/fuse.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

using proof::Rng;

// Compiles an op over two f32 parameters and compares.
void check(OpKind kind, const Shape& left, const Shape& right, const Attributes& attributes) {
  Function function("f");
  Value* a = function.add_parameter("a", {DType::kF32, left});
  Value* b = function.add_parameter("b", {DType::kF32, right});
  function.add_result("result", Builder(function).create(kind, {a, b}, attributes));
  SCOPED_TRACE(print(function));
  Rng rng(1);
  const auto arguments = draw_arguments(function, {{}, {}}, proof::Numbers::kWhole, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  EXPECT_TRUE(testing::agrees(expected.results[0], testing::CompiledProgram(function).run(arguments)[0], {}));
}

class DotForm : public ::testing::TestWithParam<std::array<int64_t, 2>> {};

TEST_P(DotForm, IsExactAtEveryTail) {
  const auto contract = GetParam();
  // [rows, depth, columns] of a product
  const std::vector<Shape> sizes = {{1, 1, 1},   {1, 300, 1},   {1, 17, 64},  {3, 700, 17}, {2, 3, 15},
                                    {3, 5, 16},  {5, 7, 17},    {7, 33, 31},  {8, 64, 32},  {9, 65, 33},
                                    {13, 2, 65}, {16, 9, 10},   {17, 128, 1}, {31, 63, 3},  {65, 129, 97},
                                    {100, 5, 7}, {6, 1030, 40}, {2, 16, 1},   {35, 70, 1}};
  for (const Shape& size : sizes) {
    Shape left = {size[0], size[1]}, right = {size[1], size[2]};
    if (contract[0] == 0) std::swap(left[0], left[1]);
    if (contract[1] == 1) std::swap(right[0], right[1]);
    check(OpKind::kDot, left, right, DotAttributes{contract});
    if (HasFailure()) return;
  }
}

TEST_P(DotForm, IsExactForEachOfABatch) {
  const auto [i, j] = GetParam();
  const std::vector<Shape> sizes = {{1, 1, 1},    {1, 7, 33},  {7, 33, 1},  {3, 17, 16},  {4, 20, 33}, {33, 7, 7},
                                    {16, 16, 64}, {64, 5, 16}, {9, 65, 10}, {65, 63, 33}, {5, 1, 130}, {6, 1030, 40}};
  for (const Shape& size : sizes)
    for (const Shape& batch : {Shape{1}, Shape{3}, Shape{2, 5}, Shape{2, 1, 3}}) {
      Shape left = batch, right = batch;
      for (const size_t d : {i == 1 ? 0 : 1, i == 1 ? 1 : 0}) left.push_back(size[d]);
      for (const size_t d : {j == 1 ? 2 : 1, j == 1 ? 1 : 2}) right.push_back(size[d]);
      const int64_t count = std::ssize(batch);
      check(OpKind::kDot, left, right, DotAttributes{{count + i, count + j}, count});
      if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(AllForms, DotForm,
                         ::testing::Values(std::array<int64_t, 2>{1, 0}, std::array<int64_t, 2>{1, 1},
                                           std::array<int64_t, 2>{0, 0}, std::array<int64_t, 2>{0, 1}));

// Fused, a function of two parameters has so many kernels, and the same results.
void expect_kernels(Function& function, size_t count) {
  Rng rng(1);
  const auto arguments = draw_arguments(function, {{}, {}}, proof::Numbers::kWhole, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  ASSERT_TRUE(fuse(function));
  EXPECT_EQ(function.ops().size(), count) << print(function);
  SCOPED_TRACE(print(function));
  const auto actual = testing::CompiledProgram(function).run(arguments);
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {}));
}

// One filter for all images of a batch, which is no tensor of its own.
TEST(Dot, ReadsThroughBroadcasts) {
  for (const auto& [images, outputs, inputs, pixels] :
       {std::array<int64_t, 4>{1, 1, 1, 1}, {2, 7, 3, 20}, {5, 33, 17, 49}})
    for (const int64_t contract : {1, 2}) {
      Function function("f");
      Builder b(function);
      const Shape matrix = contract == 2 ? Shape{outputs, inputs} : Shape{inputs, outputs};
      Value* w = function.add_parameter("w", {DType::kF32, matrix});
      Value* x = function.add_parameter("x", {DType::kF32, {images, inputs, pixels}});
      for (int i = 0; i < 2; ++i) {
        Value* all = b.broadcast(w, {1, 2}, {images, matrix[0], matrix[1]});
        function.add_result(i == 0 ? "y" : "z", b.mul(b.dot(all, x, {contract, 1}, 1), 0.5));
      }
      expect_kernels(function, 2);
    }
}

// q, k [N,T,H,D] as heads [N,H,T,D], all read as they lie; with a scale behind the product.
TEST(Dot, ReadsThroughTransposes) {
  for (const Shape& size : {Shape{1, 1, 1, 1}, Shape{2, 7, 3, 5}, Shape{3, 33, 2, 16}, Shape{2, 18, 4, 33}})
    for (const std::array<int64_t, 2> contract : {std::array<int64_t, 2>{3, 3}, std::array<int64_t, 2>{2, 2}}) {
      Function function("f");
      Builder b(function);
      const auto heads = [&](const char* name) {
        return b.transpose(function.add_parameter(name, {DType::kF32, size}), {0, 2, 1, 3});
      };
      Value* q = heads("q");
      function.add_result("scores", b.mul(b.dot(q, heads("k"), contract, 2), 0.5));
      expect_kernels(function, 1);
    }
}

struct ConvCase {
  const char* name;
  Shape x, w;  // [N,C,S...], [O,C/groups,K...]
  ConvAttributes conv = {};
  friend void PrintTo(const ConvCase& c, std::ostream* out) { *out << c.name; }
};

class ConvForm : public ::testing::TestWithParam<ConvCase> {};

// The convolution and its two gradients, at batches around the number of lanes.
TEST_P(ConvForm, IsExactAtEveryBatch) {
  const ConvCase& c = GetParam();
  for (const int64_t batch : {1, 3, 15, 16, 17, 33}) {
    Shape x = c.x;
    x[0] = batch;
    Function scratch("scratch");
    Builder b(scratch);
    const Shape y = b.conv(b.constant({DType::kF32, x}, 0), b.constant({DType::kF32, c.w}, 0), c.conv)->type.shape;
    ConvAttributes conv = c.conv;
    check(OpKind::kConv, x, c.w, conv);
    conv.shape = x;
    check(OpKind::kConvInput, y, c.w, conv);
    conv.shape = c.w;
    check(OpKind::kConvFilter, x, y, conv);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(
    AllForms, ConvForm,
    ::testing::Values(
        ConvCase{"Plain", {1, 1, 12, 12}, {6, 1, 5, 5}},
        ConvCase{"Padded", {1, 3, 7, 6}, {4, 3, 3, 3}, {.pad = {1, 1, 1, 1}}},
        ConvCase{"PaddedUnevenly", {1, 2, 6, 7}, {3, 2, 3, 2}, {.pad = {0, 2, 2, 1}}},
        ConvCase{"Strided", {1, 3, 9, 9}, {5, 3, 3, 3}, {.stride = {2, 2}, .pad = {1, 1, 1, 1}}},
        ConvCase{"StridedToTheEnd", {1, 1, 7, 7}, {2, 1, 3, 3}, {.stride = {2, 2}}},
        ConvCase{"StridedUnevenly", {1, 2, 8, 10}, {3, 2, 2, 3}, {.stride = {3, 2}, .pad = {1, 0, 0, 1}}},
        ConvCase{"StridedPaddedBehind", {1, 2, 8, 8}, {3, 2, 3, 3}, {.stride = {2, 2}, .pad = {0, 1, 0, 1}}},
        ConvCase{"StrideSkipsTheEdge", {1, 2, 8, 8}, {3, 2, 3, 3}, {.stride = {4, 4}}},
        ConvCase{"Dilated", {1, 2, 9, 8}, {3, 2, 3, 2}, {.dilation = {2, 3}}},
        ConvCase{"DilatedStridedPadded",
                 {1, 2, 9, 9},
                 {3, 2, 3, 3},
                 {.stride = {2, 1}, .pad = {2, 1, 0, 2}, .dilation = {2, 2}}},
        ConvCase{"Grouped", {1, 6, 5, 5}, {4, 3, 3, 3}, {.groups = 2}},
        ConvCase{"Depthwise", {1, 5, 6, 6}, {5, 1, 3, 3}, {.pad = {1, 1, 1, 1}, .groups = 5}},
        ConvCase{"Pointwise", {1, 7, 5, 3}, {9, 7, 1, 1}},
        ConvCase{"PointwiseStrided", {1, 4, 6, 6}, {8, 4, 1, 1}, {.stride = {2, 2}}},
        ConvCase{"KernelIsTheInput", {1, 4, 5, 5}, {10, 4, 5, 5}},
        ConvCase{"KernelLargerThanTheInput", {1, 2, 3, 2}, {3, 2, 5, 4}, {.pad = {1, 1, 1, 1}}},
        ConvCase{"OnePixel", {1, 8, 1, 1}, {3, 8, 1, 1}},
        ConvCase{"OnlyPadding", {1, 1, 1, 1}, {2, 1, 2, 2}, {.stride = {2, 2}, .pad = {2, 1, 2, 2}}},
        ConvCase{"RowsOfOnePixel", {1, 4, 17, 1}, {2, 4, 3, 3}, {.pad = {0, 2, 2, 2}, .dilation = {1, 2}}},
        ConvCase{"VectorsOverThreeLines", {1, 3, 14, 14}, {16, 3, 5, 5}},
        ConvCase{"VectorsOverLinesApart",
                 {1, 6, 13, 11},
                 {12, 2, 3, 3},
                 {.stride = {2, 2}, .pad = {1, 2, 0, 1}, .groups = 3}},
        ConvCase{
            "DepthwiseStrided", {1, 9, 8, 16}, {18, 1, 3, 3}, {.stride = {2, 2}, .pad = {1, 1, 1, 1}, .groups = 9}},
        ConvCase{"DepthwiseDilatedTall",
                 {1, 3, 25, 5},
                 {3, 1, 5, 3},
                 {.pad = {4, 4, 2, 2}, .dilation = {2, 2}, .groups = 3}},
        ConvCase{"DepthwiseOfFewPixels", {1, 7, 3, 4}, {7, 1, 2, 2}, {.stride = {2, 3}, .groups = 7}},
        ConvCase{"ManyChannels", {1, 17, 4, 4}, {19, 17, 3, 3}},
        ConvCase{"ManyChannelsPadded", {1, 20, 9, 7}, {40, 20, 3, 3}, {.pad = {1, 2, 0, 1}}},
        ConvCase{"ManyChannelsInBands", {1, 18, 46, 21}, {33, 18, 2, 3}, {.pad = {1, 0, 2, 1}}},
        ConvCase{"ManyChannelsStridedDilated",
                 {1, 16, 11, 10},
                 {33, 16, 3, 2},
                 {.stride = {2, 3}, .pad = {1, 2, 0, 1}, .dilation = {2, 3}}},
        ConvCase{"ManyChannelsSpread", {1, 32, 7, 9}, {20, 32, 4, 5}, {.stride = {3, 2}, .pad = {1, 1, 2, 1}}},
        ConvCase{"ManyChannelsSpreadFar", {1, 20, 11, 9}, {17, 20, 5, 4}, {.stride = {5, 4}}},
        ConvCase{"ManyChannelsWide", {1, 17, 2, 50}, {18, 17, 2, 41}, {.pad = {0, 1, 3, 2}}},
        ConvCase{"Wide", {1, 2, 3, 45}, {3, 2, 2, 37}, {.dilation = {1, 1}}},
        ConvCase{"ManyChannelsPointwiseStrided", {1, 24, 6, 6}, {32, 24, 1, 1}, {.stride = {2, 2}}},
        ConvCase{"ManyChannelsGrouped", {1, 36, 6, 5}, {50, 18, 3, 3}, {.groups = 2}},
        ConvCase{"Filtered", {1, 16, 9, 11}, {24, 16, 3, 3}, {.pad = {1, 1, 1, 1}}},
        ConvCase{"FilteredInside", {1, 19, 12, 11}, {33, 19, 3, 3}},
        ConvCase{"FilteredPaddedUnevenly", {1, 33, 10, 8}, {16, 33, 3, 3}, {.pad = {0, 2, 3, 1}}},
        ConvCase{"FilteredGrouped", {1, 48, 7, 20}, {32, 24, 3, 3}, {.pad = {2, 2, 2, 2}, .groups = 2}},
        ConvCase{"FilteredInBands", {1, 17, 43, 41}, {16, 17, 3, 3}, {.pad = {1, 1, 1, 1}}},
        ConvCase{"FilteredInBandsInside", {1, 16, 46, 45}, {16, 16, 3, 3}},
        ConvCase{"FilteredInBandsPaddedUnevenly", {1, 16, 40, 44}, {20, 16, 3, 3}, {.pad = {2, 1, 0, 2}}},
        ConvCase{"FilteredInBandsPaddedFar", {1, 16, 41, 44}, {16, 16, 3, 3}, {.pad = {5, 4, 2, 2}}},
        ConvCase{"Sequence", {1, 4, 19}, {6, 2, 3}, {.stride = {2}, .pad = {1, 2}, .dilation = {2}, .groups = 2}},
        ConvCase{"Volume", {1, 2, 4, 5, 3}, {3, 2, 2, 3, 2}, {.pad = {1, 0, 0, 1, 1, 1}}},
        ConvCase{"PrimeSizes", {2, 2, 19, 21}, {13, 2, 4, 4}, {.stride = {2, 2}, .pad = {1, 1, 1, 1}}},
        ConvCase{"PrimeChannels", {1, 11, 23, 37}, {11, 11, 3, 3}, {.pad = {1, 1, 1, 1}}},
        ConvCase{"VolumeStridedDilatedGrouped",
                 {1, 4, 5, 7, 4},
                 {2, 2, 3, 2, 2},
                 {.stride = {2, 1, 2}, .pad = {2, 1, 0, 2, 1, 0}, .dilation = {1, 3, 2}, .groups = 2}}),
    [](const auto& info) { return info.param.name; });

// An infinite weight at the end meets each number once: those that fill a vector up are zeros, and 0 · inf is NaN.
TEST(NarrowDot, FillsVectorsUpWithNoWeights) {
  for (const int64_t columns : {1, 3}) {
    Function function("f");
    Value* x = function.add_parameter("x", {DType::kF32, {70, 17}});
    Value* w = function.add_parameter("w", {DType::kF32, {17, columns}});
    function.add_result("y", Builder(function).dot(x, w));
    std::vector<Tensor> arguments;
    for (const auto& parameter : function.parameters()) arguments.push_back(Tensor::zeros(parameter->type));
    std::ranges::fill(arguments[0].as<float>(), 1.0f);
    std::ranges::fill(arguments[1].as<float>().last(static_cast<size_t>(columns)),
                      std::numeric_limits<float>::infinity());
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    EXPECT_TRUE(testing::agrees(expected.results[0], testing::CompiledProgram(function).run(arguments)[0], {}));
  }
}

// Of constants, a lane without an image has a value, too.
TEST(ConvFilter, OfConstantsAddsUpImagesThatExist) {
  for (const int64_t images : {1, 3, 16, 17}) {
    Function function("f");
    Builder b(function);
    Value* x = b.constant({DType::kF32, {images, 2, 3, 4}}, 2);
    Value* y = b.constant({DType::kF32, {images, 3, 2, 3}}, 3);
    function.add_result("w", b.create(OpKind::kConvFilter, {x, y}, ConvAttributes{.shape = {3, 2, 2, 2}}));
    SCOPED_TRACE(print(function));
    testing::CompiledProgram program(function);
    EXPECT_TRUE(testing::agrees(testing::interpret_reference(function, {}).results[0], program.run({})[0], {}));
  }
}

}  // namespace
}  // namespace minnow
