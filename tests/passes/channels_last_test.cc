#include "passes/channels_last.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

// Of images and windows of every kind of edge: a convolution of few channels, one of each channel by itself, between
// an activation and a residual, a product of pixels, and sums of these.
struct Case {
  int64_t images, channels, height, width, window, stride, pad;
};

std::unique_ptr<Function> network(const Case& c) {
  auto function = std::make_unique<Function>("f");
  Builder b(*function);
  const auto input = [&](Shape shape) {
    const std::string name = "p" + std::to_string(function->parameters().size());
    return function->add_parameter(name, {DType::kF32, std::move(shape)});
  };
  ConvAttributes first, depthwise;
  first.pad = {1, 1, 1, 1};
  depthwise.stride = {c.stride, c.stride};
  depthwise.pad = {c.pad, c.pad, c.pad, c.pad};
  depthwise.groups = c.channels;
  Value* x = b.conv(input({c.images, 2, c.height, c.width}), input({c.channels, 2, 3, 3}), first);
  x = b.max(x, b.like(x, 0));
  Value* y = b.conv(x, input({c.channels, 1, c.window, c.window}), depthwise);
  const bool is_one = c.images == 1;
  y = b.add(y, b.broadcast(input(is_one ? Shape{1, c.channels} : Shape{c.channels}),
                           is_one ? std::vector<int64_t>{0, 1} : std::vector<int64_t>{1}, y->type.shape));
  if (y->type.shape == x->type.shape) y = b.add(y, x);
  y = b.conv(y, input({5, c.channels, 1, 1}), {});
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{2, 3}, {1}, {0, 2, 3}, {3}})
    function->add_result("", b.reduce_sum(y, dims));
  function->add_result("y", y);
  return function;
}

class ChannelsLast : public ::testing::TestWithParam<Case> {};

TEST_P(ChannelsLast, MeansTheSame) {
  const auto function = network(GetParam());
  const auto passed = function->clone();
  EXPECT_TRUE(put_channels_last(*passed));
  ASSERT_TRUE(verify(*passed)) << print(*passed);
  const auto fused = function->clone();
  ASSERT_TRUE(run_passes(*fused, default_pipeline()));
  proof::Rng rng(1);
  const auto arguments =
      draw_arguments(*function, std::vector<proof::Domain>(function->parameters().size()), proof::Numbers::kWhole, rng);
  const testing::Reference expected = testing::interpret_reference(*function, arguments);
  EXPECT_TRUE(testing::agrees(expected, testing::CompiledProgram(*passed).run(arguments))) << print(*passed);
  testing::CompiledProgram program(*fused);
  EXPECT_TRUE(testing::agrees(expected, program.run(arguments))) << print(*fused);
  EXPECT_TRUE(testing::ignores_threads(program, arguments));
}

INSTANTIATE_TEST_SUITE_P(Shapes, ChannelsLast,
                         ::testing::Values(Case{1, 16, 7, 7, 3, 1, 1}, Case{1, 32, 14, 14, 3, 2, 1},
                                           Case{1, 64, 7, 7, 5, 1, 2}, Case{2, 29, 5, 9, 3, 1, 1},
                                           Case{1, 13, 6, 40, 3, 1, 0}, Case{3, 16, 3, 3, 7, 1, 3},
                                           Case{1, 16, 4, 37, 7, 3, 5}, Case{1, 48, 33, 6, 2, 2, 0},
                                           Case{5, 15, 1, 50, 2, 1, 1}, Case{1, 16, 70, 5, 3, 1, 2}));

}  // namespace
}  // namespace minnow
