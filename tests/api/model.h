// A model of the C interface, and arrays for it, for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "include/minnow/minnow.h"

namespace minnow_test {

struct Free {
  void operator()(minnow_model* model) const { minnow_free(model); }
};
using Model = std::unique_ptr<minnow_model, Free>;

// A small classifier of images of 5×7, with convolution, normalisation and momentum.
inline constexpr std::string_view kSmall = R"(
inputs { name: "image" shape: [1, 5, 7] }
layers { name: "conv" conv2d { filters: 3 kernel: 3 padding: SAME } }
layers { name: "norm" batch_norm {} }
layers { name: "relu" activation { function: RELU } }
layers { name: "fc" dense { units: 4 } }
loss { softmax_cross_entropy {} }
training { learning_rate: 0.05 batch_size: 8 epochs: 3 seed: 5 momentum {} }
)";

// The same with more said of its training.
inline std::string with_training(std::string_view more) {
  std::string text(kSmall);
  return text.insert(text.find("seed: 5"), std::string(more) + " ");
}

inline Model parse(std::string_view text, minnow_options options = MINNOW_OPTIONS_INIT) {
  minnow_model* model = nullptr;
  options.no_cache = 1;
  if (options.threads == 0) options.threads = 1;
  EXPECT_EQ(minnow_parse(text.data(), text.size(), "small", &options, &model), MINNOW_OK) << minnow_error_text();
  return Model(model);
}

// A graph of ONNX without a loss: an image f32 [N,1,28,28] to the scores of ten classes.
inline Model load_graph(minnow_options options = MINNOW_OPTIONS_INIT) {
  minnow_model* model = nullptr;
  options.no_cache = 1;
  options.threads = 1;
  EXPECT_EQ(minnow_load(MINNOW_SOURCE_DIR "/models/onnx/glyphs.onnx", &options, &model), MINNOW_OK)
      << minnow_error_text();
  return Model(model);
}

// Examples that look like their class, and their labels.
struct Examples {
  std::vector<float> images;
  std::vector<int32_t> labels;
  int64_t count;

  explicit Examples(int64_t n) : count(n) {
    for (int64_t i = 0; i < n; ++i) {
      labels.push_back(static_cast<int32_t>(i * 7 % 4));
      for (int64_t j = 0; j < 35; ++j)
        images.push_back(std::sin(static_cast<float>(i * 35 + j)) + (j % 4 == labels.back() ? 1.0F : 0.0F));
    }
  }
  minnow_array image_array() { return {"image", MINNOW_F32, 4, {count, 1, 5, 7}, images.data()}; }
  minnow_array label_array() { return {"target", MINNOW_I32, 1, {count}, labels.data()}; }
  std::vector<minnow_array> arrays() { return {image_array(), label_array()}; }
};

inline std::vector<float> predict(minnow_model* model, minnow_array input) {
  minnow_array output{};
  EXPECT_EQ(minnow_infer(model, &input, 1, &output), MINNOW_OK) << minnow_error_text();
  if (output.data == nullptr) return {};
  const auto* values = static_cast<const float*>(output.data);
  return {values, values + output.shape[0] * output.shape[1]};
}

// All weights, statistics and the optimiser's state, one behind the other.
inline std::vector<float> all_numbers(minnow_model* model) {
  std::vector<float> numbers;
  for (size_t i = 0; i < minnow_weight_count(model); ++i) {
    minnow_array weight;
    EXPECT_EQ(minnow_weight(model, i, &weight, nullptr), MINNOW_OK);
    int64_t count = 1;
    for (int d = 0; d < weight.rank; ++d) count *= weight.shape[d];
    const auto* values = static_cast<const float*>(weight.data);
    numbers.insert(numbers.end(), values, values + count);
  }
  return numbers;
}

}  // namespace minnow_test
