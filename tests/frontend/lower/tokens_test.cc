// Networks fed with tokens, and losses that are told at every position.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/frontend/lower/run_lowered.h"

namespace minnow {
namespace {

std::string of_tokens(const std::string& layers, const std::string& loss = "l1 {}") {
  return "inputs { name: \"x\" shape: [3] type: I32 }\n" + layers + "\nloss { " + loss + " }\n";
}

const std::string kEmbedding = "layers { name: \"e\" embedding { vocabulary: 4 units: 2 } }";

std::string lower_error(const std::string& text) {
  const auto loaded = checked(text);
  if (!loaded) return error_of(loaded);
  return error_of(lower_model(*loaded, {}));
}

TEST(Tokens, EmbeddingTakesRowsOfItsTable) {
  const Values table = {0, 1, 10, 11, 20, 21, 30, 31};
  const auto of = [&](const Values& x) {
    return run(of_tokens(kEmbedding), "infer", 1, {{"x", x}, {"e.weight", table}})["prediction"];
  };
  expect_near(of({2, 0, 2}), {20, 21, 0, 1, 20, 21});
  expect_near(of({-5, 99, 3}), {0, 1, 30, 31, 30, 31});  // moved to the nearest row
}

TEST(Tokens, OneHotIsOneAtTheToken) {
  const std::string text = of_tokens("layers { name: \"h\" one_hot { vocabulary: 3 } }");
  expect_near(run(text, "infer", 1, {{"x", Values{1, 0, 7}}})["prediction"], {0, 1, 0, 1, 0, 0, 0, 0, 0});
}

TEST(Tokens, InputsKnowTheSmallestVocabularyThatReadsThem) {
  const auto loaded = checked(
      "inputs { name: \"x\" shape: [3] type: I32 }\ninputs { name: \"n\" shape: [3] type: I32 }\n"
      "layers { name: \"r\" inputs: \"x\" reshape { shape: [3, 1] } }\n"
      "layers { name: \"a\" embedding { vocabulary: 7 units: 2 } }\n"
      "layers { name: \"b\" inputs: [\"x\"] embedding { vocabulary: 5 units: 2 } }\n"
      "layers { name: \"c\" inputs: [\"n\"] one_hot { vocabulary: 2 } }\n"
      "layers { name: \"d\" inputs: [\"a\"] reshape { shape: [3, 2] } }\n"
      "layers { name: \"s\" inputs: [\"d\", \"b\", \"c\"] add {} }\nloss { l1 {} }\n");
  ASSERT_TRUE(loaded) << error_of(loaded);
  const auto model = lower_model(*loaded, {.batch_size = 4});
  ASSERT_TRUE(model) << error_of(model);
  ASSERT_EQ(model->inputs.size(), 2U);
  EXPECT_EQ(model->inputs[0].type.to_string(), "i32[4,3]");
  EXPECT_EQ(model->inputs[0].vocabulary, 5);
  EXPECT_EQ(model->inputs[1].vocabulary, 2);
}

TEST(Tokens, AreNoNumbers) {
  EXPECT_EQ(lower_error(of_tokens("layers { name: \"d\" dense { units: 2 } }")),
            "m.textproto:2:1: layer \"d\": takes numbers, but its input \"x\" holds tokens | an embedding or one_hot "
            "layer makes numbers of tokens");
  EXPECT_EQ(lower_error("inputs { name: \"x\" shape: [3] }\n" + kEmbedding + "\nloss { l1 {} }"),
            "m.textproto:2:20: layer \"e\": needs tokens, which an input of type I32 holds, but its input is [3] of "
            "numbers (from input \"x\")");
  EXPECT_EQ(lower_error(of_tokens("layers { name: \"f\" flatten {} }")),
            "m.textproto:3:1: the output \"f\" holds tokens, which no loss can change");
  EXPECT_EQ(lower_error(of_tokens(kEmbedding + "\nlayers { name: \"k\" reshape { shape: 6 } }\n"
                                               "layers { name: \"c\" inputs: [\"x\", \"k\"] concat {} }")),
            "m.textproto:4:39: layer \"c\": one of its inputs holds tokens, the other numbers: [3] (from input \"x\") "
            "and [6] (from layer \"k\")");
  EXPECT_EQ(lower_error(of_tokens("layers { name: \"e\" embedding { units: 2 } }")),
            "m.textproto:2:20: layer \"e\": vocabulary is missing: the number of tokens, at least 1");
}

// Logits [N,T,C] = [1,3,2] of which softmax makes (1/2, 1/2), (3/4, 1/4), (1/4, 3/4).
const Values kLogits = {0, 0, std::log(3), 0, 0, std::log(3)};

std::string per_position(const std::string& loss, const std::string& rest = "") {
  return "inputs { name: \"x\" shape: [3, 2] }\nlayers { name: \"y\" reshape { shape: [3, 2] } }\nloss { " + loss +
         " }\n" + rest;
}

TEST(PositionLoss, IsTheMeanOverPositions) {
  const std::string text = per_position("softmax_cross_entropy {}");
  const Arguments arguments = {{"x", kLogits}, {"target", Values{0, 0, 0}}};
  const double expected = (std::log(2) + std::log(4.0 / 3) + std::log(4)) / 3;
  for (const char* function : {"loss", "evaluate"}) {
    const auto results = run(text, function, 1, arguments);
    expect_near(results.at("loss"), {expected});
    expect_near(results.at("correct"), {2});
    EXPECT_FALSE(results.contains("counted"));
  }
}

TEST(PositionLoss, IgnoredLabelsDoNotCount) {
  const std::string text = per_position("softmax_cross_entropy { ignore_index: 1 label_smoothing: 0.5 }");
  const auto at = [&](const std::string& function, const Values& target) {
    return run(text, function, 1, {{"x", kLogits}, {"target", target}});
  };
  const double first = std::log(2);
  const double third = 0.75 * std::log(4) + 0.25 * std::log(4.0 / 3);
  expect_near(at("loss", {0, 1, 0})["loss"], {(first + third) / 2});
  expect_near(at("evaluate", {0, 1, 0})["loss"], {first + third});
  expect_near(at("evaluate", {0, 1, 0})["counted"], {2});
  expect_near(at("evaluate", {0, 1, 0})["correct"], {1});
  expect_near(at("loss", {1, 1, 1})["loss"], {0});  // and not NaN
  expect_near(at("loss", {1, 1, 1})["correct"], {0});
}

TEST(PositionLoss, HasPerplexityOfCrossEntropyAlone) {
  const auto has_perplexity = [](const std::string& text) {
    const auto loaded = checked(text);
    EXPECT_TRUE(loaded) << error_of(loaded);
    return lower_model(*loaded, {})->has_perplexity;
  };
  EXPECT_TRUE(has_perplexity(per_position("softmax_cross_entropy {}")));
  EXPECT_FALSE(has_perplexity(per_position("softmax_cross_entropy { label_smoothing: 0.1 }")));
  EXPECT_FALSE(has_perplexity(per_position("softmax_cross_entropy {} weight: 2")));
  EXPECT_FALSE(has_perplexity(per_position("mean_squared_error {}")));
}

const std::string kTwoHeads =
    "inputs { name: \"x\" shape: 2 }\nlayers { name: \"a\" flatten {} }\nlayers { name: \"b\" flatten {} }\n";

TEST(SeveralLosses, AreAddedByWeight) {
  const std::string rest = "output: \"a\"\nloss { mean_squared_error {} weight: 2 }\n";
  const Arguments arguments = {{"x", Values{1, 2, 3, 4}}, {"target", Values{0}}, {"other", Values{1}}};
  const double squares = 30.0 / 4, sizes = 6.0 / 4;
  const auto losses = [&](const std::string& more) {
    std::string text = kTwoHeads;
    text.replace(text.find("\"b\" flatten"), 11, "\"b\" inputs: \"x\" flatten");
    const std::string model = text + rest + more;
    Values both = run(model, "loss", 2, arguments)["loss"];
    both.push_back(run(model, "evaluate", 2, arguments)["loss"].at(0));
    return both;
  };
  const double shared = 2 * squares + 0.5 * 10.0 / 4;
  expect_near(losses("losses { output: \"b\" weight: 0.5 l1 {} }"), {shared, 2 * shared});
  const double apart = 2 * squares + sizes;
  expect_near(losses("losses { output: \"b\" l1 {} target: \"other\" }"), {apart, 2 * apart});
}

TEST(SeveralLosses, AreComplete) {
  const auto error = [](const std::string& losses) {
    return lower_error(kTwoHeads + "output: \"b\"\nloss { mean_squared_error {} }\n" + losses);
  };
  EXPECT_EQ(error("losses { output: \"a\" l1 {} }"), "");
  EXPECT_EQ(error("losses { output: \"c\" l1 {} }"),
            "m.textproto:6:10: the output \"c\" is not a layer | did you mean \"x\"?");
  EXPECT_EQ(error("losses { output: \"a\" }"),
            "m.textproto:6:1: says nothing of what it computes | for example softmax_cross_entropy {}");
  EXPECT_EQ(error("losses { output: \"a\" softmax_cross_entropy {} }"),
            "m.textproto:6:1: takes \"target\" for i32[1] of 2 classes, but another loss for f32[1,2] | give each a "
            "target of its own by the field target");
  EXPECT_EQ(error("losses { output: \"a\" l1 {} target: \"x\" }"), "m.textproto:6:28: a target cannot be called \"x\"");
  EXPECT_EQ(error("losses { output: \"a\" l1 {} target: \"loss\" }"),
            "m.textproto:6:28: a target cannot be called \"loss\"");
  EXPECT_EQ(error("losses { output: \"a\" l1 {} target: \"b c\" }"),
            "m.textproto:6:28: the name \"b c\" has characters that are not allowed | a name is made of letters, "
            "digits, '_', '-' and '.'");
  EXPECT_EQ(error("losses { output: \"a\" l1 {} weight: -1 }"),
            "m.textproto:6:28: weight is -1, but must lie in [0, 1000000]");
  EXPECT_EQ(lower_error(kTwoHeads + "loss { l1 {} output: \"a\" }"),
            "m.textproto:4:14: the output that `loss` sees is that of the model | write output: \"a\" outside of it");
}

}  // namespace
}  // namespace minnow
