#include "passes/flatten_pixels.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verify.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

// A convolution of single pixels or its gradient, with a bias, another image, and sums of what follows.
struct Pixels {
  Function function{"f"};

  Pixels(OpKind kind, int64_t images, int64_t height, int64_t width) {
    Builder b(function);
    const auto input = [&](Shape shape) {
      const std::string name = "p" + std::to_string(function.parameters().size());
      return function.add_parameter(name, {DType::kF32, std::move(shape)});
    };
    const int64_t channels = kind == OpKind::kConv ? 5 : 7;
    const Shape result = {images, 12 - channels, height, width};
    ConvAttributes conv;
    if (kind == OpKind::kConvInput) conv.shape = result;
    Value* x = input({images, channels, height, width});
    Value* y = b.create(kind, {x, input({7, 5, 1, 1})}, conv);
    y = b.add(y, b.broadcast(input({result[1]}), {1}, result));
    y = b.add(b.mul(y, b.broadcast(input({images, height, width}), {0, 2, 3}, result)), input(result));
    function.add_result("y", y);
    for (const std::vector<int64_t>& dims : {std::vector<int64_t>{0, 2, 3}, {2, 3}, {0}, {1}, {0, 1, 2, 3}, {1, 2}})
      function.add_result("", b.reduce_sum(y, dims));
    function.add_result("", b.reduce_max(y, {2, 3}));
  }
};

class FlattenedPixels : public ::testing::TestWithParam<OpKind> {};

TEST_P(FlattenedPixels, MeanTheSame) {
  for (const int64_t images : {1, 2, 17})
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{4, 4}, {1, 31}, {7, 9}, {25, 5}}) {
      const Pixels pixels(GetParam(), images, height, width);
      SCOPED_TRACE(print(pixels.function));
      const auto flat = pixels.function.clone();
      EXPECT_TRUE(flatten_pixels(*flat));
      ASSERT_TRUE(verify(*flat)) << print(*flat);
      EXPECT_EQ(print(*flat).find("conv"), std::string::npos);
      proof::Rng rng(1);
      const auto arguments =
          draw_arguments(pixels.function, std::vector<proof::Domain>(pixels.function.parameters().size()),
                         proof::Numbers::kWhole, rng);
      const testing::Reference expected = testing::interpret_reference(pixels.function, arguments);
      const testing::Reference actual = testing::interpret_reference(*flat, arguments);
      const auto compiled = testing::CompiledProgram(*flat).run(arguments);
      for (size_t i = 0; i < expected.results.size(); ++i) {
        EXPECT_TRUE(testing::agrees(expected.results[i], actual.results[i], {}));
        EXPECT_TRUE(testing::agrees(expected.results[i], compiled[i], {}));
      }
      if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(BothKinds, FlattenedPixels, ::testing::Values(OpKind::kConv, OpKind::kConvInput),
                         [](const auto& info) { return std::string(mnemonic(info.param)); });

// A filter as large as its images and its gradients, with what follows each and sums of it.
void add_whole_images(Function& function, OpKind kind, int64_t images, const Shape& space) {
  Builder b(function);
  const auto input = [&](Shape shape) {
    const std::string name = "p" + std::to_string(function.parameters().size());
    return function.add_parameter(name, {DType::kF32, std::move(shape)});
  };
  const Shape x = {images, 3, space[0], space[1]}, w = {5, 3, space[0], space[1]}, y = {images, 5, 1, 1};
  const Shape result = kind == OpKind::kConv ? y : kind == OpKind::kConvInput ? x : w;
  ConvAttributes conv{.stride = {2, 1}};
  if (kind != OpKind::kConv) conv.shape = result;
  Value* left = input(kind == OpKind::kConvInput ? y : x);
  Value* value = b.create(kind, {b.add(left, 1), input(kind == OpKind::kConvFilter ? y : w)}, conv);
  value = b.add(value, b.broadcast(input({result[1]}), {1}, result));
  value = b.mul(value, b.broadcast(input({result[0]}), {0}, result));
  value = b.add(b.mul(value, input(result)), 1);
  function.add_result("", value);
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{0, 2, 3}, {2, 3}, {0}, {1}, {0, 1, 2, 3}})
    function.add_result("", b.reduce_sum(value, dims));
}

class WholeImages : public ::testing::TestWithParam<OpKind> {};

TEST_P(WholeImages, MeanTheSameAsProducts) {
  for (const int64_t images : {1, 7})
    for (const Shape& space : {Shape{1, 1}, {4, 3}, {1, 6}}) {
      Function function("f");
      add_whole_images(function, GetParam(), images, space);
      SCOPED_TRACE(print(function));
      const auto flat = function.clone();
      EXPECT_TRUE(flatten_pixels(*flat));
      ASSERT_TRUE(verify(*flat)) << print(*flat);
      EXPECT_EQ(print(*flat).find("conv"), std::string::npos);
      proof::Rng rng(1);
      const auto arguments = draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()),
                                            proof::Numbers::kWhole, rng);
      const testing::Reference expected = testing::interpret_reference(function, arguments);
      const auto compiled = testing::CompiledProgram(*flat).run(arguments);
      for (size_t i = 0; i < expected.results.size(); ++i)
        EXPECT_TRUE(testing::agrees(expected.results[i], compiled[i], {}));
      if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, WholeImages,
                         ::testing::Values(OpKind::kConv, OpKind::kConvInput, OpKind::kConvFilter),
                         [](const auto& info) { return std::string(mnemonic(info.param)); });

TEST(FlattenPixels, LeavesNothingAlone) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, {0, 3, 4, 4}});
  function.add_result("y", b.conv(x, function.add_parameter("w", {DType::kF32, {2, 3, 1, 1}}), {}));
  EXPECT_FALSE(flatten_pixels(function));
}

}  // namespace
}  // namespace minnow
