#include "frontend/load/validate_model.h"

#include <gtest/gtest.h>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

constexpr char kFc[] = "layers { name: \"fc\" dense { units: 10 } }";

std::string layers_error(const std::string& layers) { return error_of(checked(model_with(layers))); }
std::string tail_error(const std::string& tail) { return error_of(checked(model_with(kFc, tail))); }

TEST(ValidateModel, AcceptsAndFillsDefaults) {
  const auto loaded = checked(model_with(kFc));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->model.name(), "m");
  EXPECT_EQ(loaded->model.output(), "fc");
  EXPECT_EQ(loaded->model.layers(0).inputs(0), "image");
  EXPECT_TRUE(loaded->model.layers(0).dense().bias());
  EXPECT_EQ(loaded->model.training().batch_size(), 256);
  EXPECT_TRUE(loaded->model.training().has_sgd());
}

TEST(ValidateModel, WeightsAreSharedWithALayerOfTheSameKind) {
  const auto error_of_share = [](const std::string& layers) {
    return error_of(checked(model_with("layers { name: \"a\" dense { units: 5 } }\n" + layers)));
  };
  EXPECT_EQ(error_of_share("layers { name: \"b\" share: \"c\" dense { units: 5 } }"),
            "m.textproto:3:20: layer \"b\": there is no layer \"c\" to share the weights of | did you mean \"a\"?");
  EXPECT_EQ(error_of_share("layers { name: \"b\" share: \"a\" prelu {} }"),
            "m.textproto:3:20: layer \"b\": is prelu, so it cannot have the weights of \"a\", dense");
  EXPECT_EQ(error_of_share("layers { name: \"b\" share_transposed: true dense { units: 5 } }"),
            "m.textproto:3:20: layer \"b\": shares no weights | add: share: \"...\"");
  EXPECT_NE(error_of_share("layers { name: \"b\" share: \"b\" dense { units: 5 } }").find("cycle"), std::string::npos);
}

TEST(ValidateModel, DefaultsAreFilledOnce) {
  auto loaded = checked(model_with(kFc, std::string(kTail) + "data { builtin: GLYPHS }"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  const std::string once = model_to_text(loaded->model);
  fill_defaults(*loaded);
  EXPECT_EQ(model_to_text(loaded->model), once);
}

// Defaults that depend on the fields beside them, or are messages.
TEST(ValidateModel, FillsDefaultsOfLayers) {
  const auto loaded =
      checked(model_with("layers { name: \"a\" max_pool { kernel: [2, 3] } }\n"
                         "layers { name: \"b\" activation { function: LEAKY_RELU } }\n"
                         "layers { name: \"c\" activation { function: ELU slope: 0 } }\n"
                         "layers { name: \"d\" activation { function: RELU } }\n"
                         "layers { name: \"e\" dense { units: 10 weight_init {} bias_init { normal {} } } }"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  const auto& layers = loaded->model.layers();
  EXPECT_EQ(layers[0].max_pool().stride_size(), 2);
  EXPECT_EQ(layers[0].max_pool().stride(1), 3);
  EXPECT_EQ(layers[1].activation().slope(), 0.01);
  EXPECT_EQ(layers[2].activation().slope(), 0);
  EXPECT_FALSE(layers[3].activation().has_slope());
  EXPECT_EQ(layers[4].dense().weight_init().xavier_uniform().gain(), 1);
  EXPECT_EQ(layers[4].dense().bias_init().normal().sigma(), 0.01);
}

// In proto3 a field that is 0 may be one that is not given; here the two are told apart.
TEST(ValidateLayers, AFirstEnumValueAndAZeroAreGiven) {
  EXPECT_EQ(layers_error("layers { name: \"a\" activation { function: NONE } }"), "");
  EXPECT_EQ(layers_error("layers { name: \"a\" activation {} }"),
            "m.textproto:2:20: layer \"a\": function is missing | for example function: RELU");
  EXPECT_EQ(layers_error("layers { name: \"a\" dense { units: 0 } }"),
            "m.textproto:2:28: layer \"a\": units is 0, but must lie in [1, 1048576]");
  EXPECT_EQ(layers_error("layers { name: \"a\" conv2d { kernel: 3 filters: 0 } }"),
            "m.textproto:2:39: layer \"a\": filters is 0, but must lie in [1, 65536]");
  EXPECT_EQ(layers_error("layers { name: \"a\" conv2d { kernel: 3 } }"),
            "m.textproto:2:20: layer \"a\": filters is missing: the number of output channels, at least 1");
}

TEST(ValidateNames, PresentUniquePrintable) {
  EXPECT_EQ(layers_error("layers { dense { units: 10 } }"), "m.textproto:2:1: a layer has no name");
  EXPECT_EQ(layers_error("layers { name: \"fc\" flatten {} }\nlayers { name: \"fc\" flatten {} }"),
            "m.textproto:3:10: the name \"fc\" is taken | it was first used at m.textproto:2:10");
  EXPECT_EQ(layers_error("layers { name: \"image\" flatten {} }"),
            "m.textproto:2:10: the name \"image\" is taken | it was first used at m.textproto:1:10");
  EXPECT_EQ(layers_error("layers { name: \"a\\033[2J\" flatten {} }"),
            "m.textproto:2:10: the name \"a?[2J\" has characters that are not allowed | a name is made of letters, "
            "digits, '_', '-' and '.'");
  EXPECT_EQ(layers_error("layers { name: \"" + std::string(200, 'x') + "\" flatten {} }"),
            "m.textproto:2:10: the name has 200 characters, but at most 128 are allowed");
  EXPECT_EQ(error_of(checked("name: \"a\\033b\"")),
            "m.textproto:1:1: the model's name \"a?b\" is too long or holds control characters");
  EXPECT_EQ(error_of(checked("name: \"x\"")), "m.textproto: the model has no input");
  EXPECT_EQ(error_of(checked(kImageInput)), "m.textproto: the model has no layers");
}

TEST(ValidateGraph, UnknownInputSuggestsTheNearest) {
  EXPECT_EQ(layers_error("layers { name: \"conv1\" flatten {} }\nlayers { name: \"fc\" inputs: \"conv\" "
                         "dense { units: 1 } }"),
            "m.textproto:3:21: layer \"fc\": there is no layer or input \"conv\" | did you mean \"conv1\"?");
  EXPECT_EQ(tail_error("output: \"fd\" loss { l1 {} }"),
            "m.textproto:3:1: the output \"fd\" is not a layer | did you mean \"fc\"?");
}

TEST(ValidateGraph, CyclesNameTheirLayers) {
  EXPECT_EQ(layers_error("layers { name: \"a\" inputs: [\"image\", \"c\"] add {} }\n"
                         "layers { name: \"b\" flatten {} }\nlayers { name: \"c\" flatten {} }"),
            "m.textproto:2:1: layer \"a\": the layers feed each other in a cycle: a ← c ← b ← a");
  EXPECT_EQ(layers_error("layers { name: \"a\" inputs: \"a\" flatten {} }"),
            "m.textproto:2:1: layer \"a\": the layers feed each other in a cycle: a ← a");
}

TEST(ValidateGraph, LayersMayComeInAnyOrder) {
  const auto loaded =
      checked(model_with("layers { name: \"b\" inputs: \"a\" dense { units: 2 } }\n"
                         "layers { name: \"a\" inputs: \"image\" flatten {} }",
                         "output: \"b\" loss { l1 {} }"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(layer_order(*loaded).value(), (std::vector<int>{1, 0}));
}

TEST(ValidateGraph, EverythingIsUsed) {
  EXPECT_EQ(layers_error("layers { name: \"a\" flatten {} }\nlayers { name: \"b\" inputs: \"image\" flatten {} }"),
            "m.textproto:2:1: layer \"a\": its result is not used: nothing leads from it to the output \"b\" | "
            "name it in the inputs of another layer, or remove it");
  EXPECT_EQ(error_of(checked("inputs { name: \"unused\" shape: 3 }\n" +
                             model_with("layers { name: \"a\" inputs: \"image\" flatten {} }"))),
            "m.textproto:1:1: no layer uses the input \"unused\"");
}

struct BadLayer {
  const char* layer;
  const char* message;
};

class ValidateLayers : public testing::TestWithParam<BadLayer> {};

TEST_P(ValidateLayers, Refuses) {
  const std::string text = std::string("layers { name: \"x\" ") + GetParam().layer + " }";
  const std::string error = layers_error(text);
  EXPECT_NE(error.find(GetParam().message), std::string::npos) << error;
  EXPECT_EQ(error.find("m.textproto:2:"), 0U) << error;
  EXPECT_NE(error.find("layer \"x\": "), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ValidateLayers,
    testing::Values(
        BadLayer{"", "says nothing of what it computes"}, BadLayer{"dense {}", "units is missing"},
        BadLayer{"dense { units: -1 }", "units is -1, but must lie in [1, 1048576]"},
        BadLayer{"dense { units: 9000000000 }", "units is 9000000000, but must lie in"},
        BadLayer{"conv2d { kernel: 3 }", "filters is missing"}, BadLayer{"conv2d { filters: 1 }", "kernel is missing"},
        BadLayer{"conv2d { filters: 1 kernel: 0 }", "kernel is 0, but must lie in [1, 1024]"},
        BadLayer{"conv2d { filters: 1 kernel: [1, 2, 3, 4] }", "kernel has 4 values, but takes one, two or three"},
        BadLayer{"conv2d { filters: 1 kernel: 3 stride: 0 }", "stride is 0, but must lie in [1, 1024]"},
        BadLayer{"conv2d { filters: 1 kernel: 3 stride: [1, -2] }", "stride is -2, but must lie in [1, 1024]"},
        BadLayer{"conv2d { filters: 1 kernel: 3 dilation: 100000 }", "dilation is 100000, but must lie in [1, 1024]"},
        BadLayer{"conv2d { filters: 1 kernel: 3 groups: 0 }", "groups is 0, but must lie in [1, 65536]"},
        BadLayer{"conv2d { filters: 1 kernel: 3 pad: -1 }", "pad is -1, but must lie in [0, 1024]"},
        BadLayer{"group_norm {}", "groups is missing: the number of groups that the channels are split into"},
        BadLayer{"upsample { factor: [1, 2, 3, 4] }", "factor has 4 values, but takes one, two or three"},
        BadLayer{"max_pool {}", "kernel is missing"}, BadLayer{"reshape {}", "shape is missing"},
        BadLayer{"add {}", "takes two or more inputs but has 1"},
        BadLayer{"max_pool { kernel: 3 pad: [1, 1, 1, 1, 1] }",
                 "pad has 5 values, but takes one, two, three, four or six"},
        BadLayer{"inputs: [\"image\", \"image\"] flatten {}", "takes one input but has 2"},
        BadLayer{"activation {}", "function is missing"},
        BadLayer{"dropout { rate: 1 }", "rate is 1, but must lie in [0, 1)"},
        BadLayer{"dropout { rate: -0.1 }", "rate is -0.1, but must lie in [0, 1)"},
        BadLayer{"dropout { rate: nan }", "rate is nan, but must be finite"},
        BadLayer{"batch_norm { momentum: 1 }", "momentum is 1, but must lie in [0, 1)"},
        BadLayer{"batch_norm { epsilon: 0 }", "epsilon is 0, but must lie in (0, 1]"},
        BadLayer{"dense { units: 1 weight_init { normal { sigma: -1 } } }", "sigma is -1, but must lie in"},
        BadLayer{"dense { units: 1 weight_init { uniform { low: 2 high: 1 } } }", "low 2 is above high 1"}));

TEST(ValidateInputs, ShapesArePositiveAndBounded) {
  const auto error = [](const std::string& shape) {
    return error_of(checked("inputs { name: \"x\" " + shape + " }\n" + kFc + kTail));
  };
  EXPECT_EQ(error(""), "m.textproto:1:1: input \"x\" has no shape");
  EXPECT_EQ(error("shape: [3, 0]"), "m.textproto:1:20: shape is 0, but must lie in [1, 1048576]");
  EXPECT_EQ(error("shape: -3"), "m.textproto:1:20: shape is -3, but must lie in [1, 1048576]");
  EXPECT_EQ(error("shape: [1,1,1,1,1,1,1,1]"),
            "m.textproto:1:20: input \"x\" has 8 dimensions, but at most 7 are allowed");
}

TEST(ValidateTraining, LossIsRequiredAndTakesLogits) {
  EXPECT_EQ(tail_error(""), "m.textproto: the model has no loss | for example loss { softmax_cross_entropy {} }");
  EXPECT_EQ(layers_error(std::string(kFc) + "layers { name: \"p\" softmax {} }"),
            "m.textproto:3:1: softmax_cross_entropy takes logits, but the output \"p\" is already a softmax "
            "| remove the layer \"p\", or name its input as the output");
}

class ValidateTrainingRange : public testing::TestWithParam<BadLayer> {};

TEST_P(ValidateTrainingRange, Refuses) {
  EXPECT_EQ(tail_error(std::string(kTail) + "training { " + GetParam().layer + " }"), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ValidateTrainingRange,
    testing::Values(
        BadLayer{"learning_rate: 0", "m.textproto:4:12: learning_rate is 0, but must lie in (0, 1000]"},
        BadLayer{"learning_rate: -0.1", "m.textproto:4:12: learning_rate is -0.1, but must lie in (0, 1000]"},
        BadLayer{"learning_rate: inf", "m.textproto:4:12: learning_rate is inf, but must be finite"},
        BadLayer{"learning_rate: 1e999", "m.textproto:4:12: learning_rate is inf, but must be finite"},
        BadLayer{"batch_size: 0", "m.textproto:4:12: batch_size is 0, but must lie in [1, 65536]"},
        BadLayer{"batch_size: 1000000000000",
                 "m.textproto:4:12: batch_size is 1000000000000, but must lie in [1, 65536]"},
        BadLayer{"epochs: -1", "m.textproto:4:12: epochs is -1, but must lie in [1, 1000000]"},
        BadLayer{"weight_decay: 2", "m.textproto:4:12: weight_decay is 2, but must lie in [0, 1]"},
        BadLayer{"momentum { momentum: 1 }", "m.textproto:4:23: momentum is 1, but must lie in [0, 1)"},
        BadLayer{"adam { beta2: nan }", "m.textproto:4:19: beta2 is nan, but must be finite"},
        BadLayer{"clip { global_norm: 0 }", "m.textproto:4:19: global_norm is 0, but must lie in (0, 1000000]"},
        BadLayer{"schedule { step { factor: 0 } }", "m.textproto:4:30: factor is 0, but must lie in (0, 1]"},
        BadLayer{"seed: -1", "m.textproto:4:12: seed is -1, but must lie in [0, 4294967295]"}));

TEST(ValidateData, SourcesAreCompleteAndFit) {
  const auto error = [](const std::string& data) { return tail_error(std::string(kTail) + "data { " + data + " }"); };
  EXPECT_EQ(error("named: \"mnist\""), "");
  EXPECT_EQ(error("builtin: GLYPHS"), "");
  EXPECT_EQ(error("named: \"fashon-mnist\""),
            "m.textproto:4:8: there is no data set \"fashon-mnist\" | did you mean \"fashion-mnist\"?");
  EXPECT_EQ(error(""), "m.textproto:4:1: the data have no source | for example data { builtin: GLYPHS }");
  EXPECT_EQ(error("idx { train_images: \"a\" }"), "m.textproto:4:8: train_labels is missing");
  EXPECT_EQ(error("builtin: GLYPHS train_examples: 0"),
            "m.textproto:4:24: train_examples is 0, but must lie in [1, 100000000]");
  EXPECT_EQ(error("builtin: GLYPHS normalize { mean: [1, 2] }"),
            "m.textproto:4:36: mean has 2 values, but takes one or as many as the input has channels, 1");
  EXPECT_EQ(error("linear_regression { weights: 1 }"),
            "m.textproto:4:8: there are 1 weights, so input \"image\" must have the shape [1]");
  EXPECT_EQ(error("builtin: GLYPHS normalize { deviation: 1e-300 }"),
            "m.textproto:4:36: what is divided by deviation 1e-300 is beyond what f32 holds");
}

TEST(ValidateData, FilesThatValidateAreNamedAllOrNone) {
  const auto error = [](const std::string& data) { return tail_error(std::string(kTail) + "data { " + data + " }"); };
  EXPECT_EQ(error("csv { validation: \"a\" }"), "m.textproto:4:8: train is missing");
  EXPECT_EQ(error("idx { train_images: \"a\" train_labels: \"b\" validation_labels: \"c\" }"),
            "m.textproto:4:8: validation_images is missing | without any file for validation, some of the examples are "
            "set apart for it");
  const std::string apart = " validation_share: 0.2";
  EXPECT_EQ(error("csv { train: \"a\" validation: \"b\" }" + apart),
            "m.textproto:4:43: there are files for validation, so nothing is set apart");
  EXPECT_EQ(error("builtin: GLYPHS" + apart),
            "m.textproto:4:24: these data have examples of their own that validate | leave it out");
  EXPECT_EQ(error("csv { train: \"a\" } validation_share: 1"),
            "m.textproto:4:27: validation_share is 1, but must lie in (0, 1)");
}

TEST(ValidateData, AShareValidatesWhereNoFilesDo) {
  const auto share = [](const std::string& data) {
    const auto loaded = checked(model_with(kFc, std::string(kTail) + "data { " + data + " }"));
    return loaded ? loaded->model.data().validation_share() : -1;
  };
  EXPECT_EQ(share("csv { train: \"a\" }"), 0.1);
  EXPECT_EQ(share("csv { train: \"a\" } validation_share: 0.3"), 0.3);
  EXPECT_EQ(share("csv { train: \"a\" } validation_examples: 5"), 0);
  EXPECT_EQ(share("csv { train: \"a\" validation: \"b\" }"), 0);
}

TEST(ValidateData, SeparatorsAreSingleCharacters) {
  const auto error = [](const std::string& separator) {
    return tail_error(std::string(kTail) + "data { csv { train: \"a\" validation: \"b\" separator: \"" + separator +
                      "\" } }");
  };
  for (const char* separator : {"", ",", ";", "\\t", " ", "|"}) EXPECT_EQ(error(separator), "") << separator;
  for (const char* separator : {"ab", "1", "e", ".", "#", "\\n", "\\\"", "ä"})
    EXPECT_EQ(error(separator),
              "m.textproto:4:41: separator must be one character that neither numbers nor names have | for example "
              "\";\" or \"\\t\"");
}

}  // namespace
}  // namespace minnow
