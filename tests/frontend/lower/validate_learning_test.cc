#include "frontend/lower/validate_learning.h"

#include <gtest/gtest.h>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

// What there is against training the model of these layers, that end in "out".
std::string doubts(const std::string& layers, const std::string& loss = "softmax_cross_entropy {}",
                   const std::string& rest = "") {
  const auto loaded = checked(model_with(layers, "loss { " + loss + " }\n" + rest));
  if (!loaded) return error_of(loaded);
  const auto lowered = lower_model(*loaded, {loaded->model.training().batch_size()});
  if (!lowered) return error_of(lowered);
  const Status status = validate_learning(*loaded, *lowered);
  return status ? "" : error_of(Result<int>(tl::unexpected(status.error())));
}

std::string dense(const std::string& fields) { return "layers { name: \"out\" dense { " + fields + " } }"; }

TEST(ValidateLearning, OneClassIsNone) {
  EXPECT_EQ(doubts(dense("units: 2")), "");
  EXPECT_EQ(doubts(dense("units: 1")),
            "m.textproto:3:1: softmax_cross_entropy of a single class is always 0, but the output \"out\" is [1] | two "
            "classes need two units, or one with binary_cross_entropy_with_logits");
  EXPECT_EQ(doubts(dense("units: 1"), "binary_cross_entropy_with_logits {}"), "");
}

TEST(ValidateLearning, SoftmaxAndNormsNeedMoreThanOneValue) {
  const std::string one = dense("units: 1") + "\nlayers { name: \"last\" ";
  EXPECT_EQ(
      doubts(one + "softmax {} }", "mean_squared_error {}"),
      "m.textproto:3:1: layer \"last\": softmax over a single value is always 1, so nothing before it can learn | "
      "two classes need two units, or one unit with a sigmoid");
  EXPECT_NE(doubts(one + "log_softmax {} }", "l1 {}").find("log_softmax over a single value is always 0"),
            std::string::npos);
  EXPECT_NE(doubts(one + "layer_norm {} }", "l1 {}").find("layer_norm over a single value"), std::string::npos);
  EXPECT_NE(doubts(one + "rms_norm {} }", "l1 {}").find("rms_norm over a single value is always 1 or -1"),
            std::string::npos);
  EXPECT_NE(doubts(one + "group_norm { groups: 1 } }", "l1 {}").find("group_norm over a single value is always 0"),
            std::string::npos);
  EXPECT_EQ(doubts(dense("units: 2") + "\nlayers { name: \"last\" group_norm { groups: 1 } }", "l1 {}"), "");
  // Over the channels of a picture of one column, as over a batch, there are several.
  EXPECT_EQ(doubts(one + "batch_norm {} }", "l1 {}"), "");
  EXPECT_EQ(doubts("layers { name: \"n\" batch_norm {} }\n" + dense("units: 2"), "l1 {}", "training { batch_size: 1 }"),
            "");
  EXPECT_EQ(
      doubts(one + "batch_norm {} }", "l1 {}", "training { batch_size: 1 }"),
      "m.textproto:3:1: layer \"last\": batch_norm over a batch of one value is always 0, so nothing before it can "
      "learn | take a batch_size of at least 2");
}

TEST(ValidateLearning, LossesTakeLogits) {
  const auto is_twice = [](const std::string& layers, const std::string& loss) {
    const auto loaded = checked(model_with(layers, "loss { " + loss + " {} }\n"));
    if (!loaded) ADD_FAILURE() << error_of(loaded);
    return loaded && loss_takes_probabilities_for_logits(*loaded, *lower_model(*loaded, {8}));
  };
  const std::string binary = "binary_cross_entropy_with_logits";
  EXPECT_TRUE(is_twice(dense("units: 1 activation: SIGMOID"), binary));
  EXPECT_FALSE(is_twice(dense("units: 3 activation: TANH"), binary));
  EXPECT_FALSE(is_twice(dense("units: 1 activation: SIGMOID"), "mean_squared_error"));
}

}  // namespace
}  // namespace minnow
