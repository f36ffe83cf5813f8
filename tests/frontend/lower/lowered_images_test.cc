// What layers of images, and of sequences and volumes like them, compute.
#include <gtest/gtest.h>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

TEST(LoweredImages, UpsampleRepeatsTheNearest) {
  const Arguments x = {{"x", Values{1, 2, 3, 4}}};
  expect_near(run(images("[1, 2, 2]", "upsample { factor: 2 }"), "infer", 1, x).at("prediction"),
              {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  expect_near(run(images("[1, 2, 2]", "upsample { factor: [1, 3] }"), "infer", 1, x).at("prediction"),
              {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4});
}

// The middles of two elements lie 2 apart, those of their copies 1: at -1/2, 1/2, 3/2 and 5/2.
TEST(LoweredImages, UpsampleInterpolatesBetweenMiddles) {
  const auto linear = [](const std::string& shape, const std::string& factor, const Values& x) {
    return run(images(shape, "upsample { factor: " + factor + " mode: LINEAR }"), "infer", 1, {{"x", x}})
        .at("prediction");
  };
  expect_near(linear("[1, 3]", "2", {1, 3, 7}), {1, 1.5, 2.5, 4, 6, 7});
  expect_near(linear("[1, 2]", "3", {0, 3}), {0, 0, 1, 2, 3, 3});
  expect_near(linear("[1, 1]", "2", {5}), {5, 5});
  expect_near(linear("[1, 2, 2]", "2", {0, 4, 8, 12}), {0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12});
  expect_near(linear("[1, 2, 1, 2]", "[2, 2, 1]", {0, 4, 8, 12}), {0, 4, 0, 4, 2, 6, 2, 6, 6, 10, 6, 10, 8, 12, 8, 12});
  expect_near(run(images("[1, 2, 1, 1]", "upsample { factor: 2 }"), "infer", 1, {{"x", Values{1, 2}}}).at("prediction"),
              {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2});
}

// y[o] = b + x[o - 1] + 2 x[o] + 3 x[o + 1]
TEST(LoweredImages, ConvolutionsOfSequencesAndVolumes) {
  const Arguments sequence = {{"x", Values{1, 2, 3, 4}}, {"y.weight", Values{1, 2, 3}}, {"y.bias", Values{10}}};
  const auto conv1d = [&](const std::string& fields) {
    return run(images("[1, 4]", "conv1d { filters: 1 kernel: 3 " + fields + " }"), "infer", 1, sequence)
        .at("prediction");
  };
  expect_near(conv1d("padding: SAME"), {18, 24, 30, 21});
  expect_near(conv1d("pad: [2, 0] stride: 2"), {13, 24});
  expect_near(conv1d("pad: 2 dilation: 2"), {1 * 2 + 3 * 3 + 10, 2 * 2 + 3 * 4 + 10, 1 + 2 * 3 + 10, 2 + 2 * 4 + 10});
  // Sums of 2x1x2 elements of [2,2,3], the second depth ten times.
  const Arguments volume = {{"x", Values{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, {"y.weight", Values{1, 1, 10, 10}}};
  expect_near(run(images("[1, 2, 2, 3]", "conv3d { filters: 1 kernel: [2, 1, 2] bias: false }"), "infer", 1, volume)
                  .at("prediction"),
              {3 + 150, 5 + 170, 9 + 210, 11 + 230});
}

// Each element adds the filter, as far apart as the stride is: lengths as in torch.nn.ConvTranspose1d.
TEST(LoweredImages, TransposedConvolutions) {
  const Arguments arguments = {{"x", Values{1, 2}}, {"y.weight", Values{1, 2, 4}}, {"y.bias", Values{10}}};
  const auto transposed = [&](const std::string& fields) {
    return run(images("[1, 2]", "conv_transpose1d { filters: 1 kernel: 3 " + fields + " }"), "infer", 1, arguments)
        .at("prediction");
  };
  expect_near(transposed(""), {11, 14, 18, 18});
  expect_near(transposed("stride: 2"), {11, 12, 16, 14, 18});
  expect_near(transposed("stride: 2 pad: 1"), {12, 16, 14});
  expect_near(transposed("stride: 2 pad: 1 output_padding: 1"), {12, 16, 14, 18});
  expect_near(transposed("stride: 3 output_padding: 2"), {11, 12, 14, 12, 14, 18, 10, 10});
  expect_near(transposed("dilation: 2 output_padding: 1"), {11, 12, 12, 14, 14, 18, 10});
  // Two groups: w [C,filters/groups,K] has a filter for each channel.
  const Arguments grouped = {{"x", Values{1, 2, 3, 4}}, {"y.weight", Values{1, 2, 10, 20}}};
  expect_near(
      run(images("[2, 2]", "conv_transpose1d { filters: 2 kernel: 2 groups: 2 bias: false }"), "infer", 1, grouped)
          .at("prediction"),
      {1, 4, 4, 30, 100, 80});
}

TEST(LoweredImages, PoolsOfSequencesAndVolumes) {
  const Arguments x = {{"x", Values{1, 5, 2, 8, 3, 4, 7, 6}}};
  const auto pooled = [&](const std::string& shape, const std::string& layer) {
    return run(images(shape, layer), "infer", 1, x).at("prediction");
  };
  expect_near(pooled("[2, 4]", "max_pool { kernel: 3 stride: 1 }"), {5, 8, 7, 7});
  expect_near(pooled("[2, 4]", "avg_pool { kernel: 2 pad: [0, 1] }"), {3, 5, 3.5, 6.5});
  expect_near(pooled("[2, 4]", "global_max_pool {}"), {8, 7});
  expect_near(pooled("[1, 2, 2, 2]", "max_pool { kernel: [2, 1, 2] }"), {5, 8});
  expect_near(pooled("[1, 2, 2, 2]", "avg_pool { kernel: 2 }"), {4.5});
  expect_near(pooled("[1, 2, 2, 2]", "global_avg_pool {}"), {4.5});
}

TEST(LoweredImages, AveragePoolCountsPadding) {
  const std::string text =
      "inputs { name: \"x\" shape: [1, 2, 2] }\nlayers { name: \"y\" avg_pool { kernel: 2 stride: 2 pad: 1 } "
      "}\n"
      "loss { l1 {} }\n";
  expect_near(run(text, "infer", 1, {{"x", Values{4, 8, 12, 16}}}).at("prediction"), {1, 2, 3, 4});
}

}  // namespace
}  // namespace minnow
