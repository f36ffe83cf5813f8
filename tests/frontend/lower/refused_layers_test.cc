// Layers that do not fit each other, their inputs or themselves, and where that is said to be.
#include <gtest/gtest.h>

#include "frontend/lower/lower_model.h"
#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

Result<LoweredModel> lowered(const std::string& text, LowerOptions options = {.batch_size = 4}) {
  MINNOW_ASSIGN(const LoadedModel loaded, checked(text));
  return lower_model(loaded, options);
}

std::string lower_error(const std::string& layers, LowerOptions options = {.batch_size = 4}) {
  return error_of(lowered(model_with(layers), options));
}

struct BadFields {
  const char* layer;
  const char* message;
};

class LayerChecks : public testing::TestWithParam<BadFields> {};

TEST_P(LayerChecks, RefuseFieldsThatDoNotFitEachOther) {
  const std::string error = lower_error(std::string("layers { name: \"x\" ") + GetParam().layer + " }");
  EXPECT_NE(error.find(std::string("layer \"x\": ") + GetParam().message), std::string::npos) << error;
  EXPECT_EQ(error.find("m.textproto:2:"), 0U) << error;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, LayerChecks,
    testing::Values(
        BadFields{"conv2d { filters: 3 kernel: 3 groups: 2 }", "3 filters cannot be split into 2 groups"},
        BadFields{"conv2d { filters: 1 kernel: 3 pad: 1 padding: SAME }", "pad and padding: SAME exclude each other"},
        BadFields{"max_pool { kernel: 2 pad: 2 }", "pad 2 must be less than the kernel, 2"},
        BadFields{"max_pool { kernel: [3, 5] pad: [0, 0, 5, 0] }", "pad 5 must be less than the kernel, 5"},
        BadFields{"max_pool { kernel: [3, 5] pad: [3, 0, 4, 4] }", "pad 3 must be less than the kernel, 3"},
        BadFields{"max_pool { kernel: [5, 3] pad: 3 }", "pad 3 must be less than the kernel, 3"},
        BadFields{"conv1d { filters: 1 kernel: [3, 3] }", "kernel has 2 values, but takes one"},
        BadFields{"conv2d { filters: 1 kernel: [1, 2, 3] }", "kernel has 3 values, but takes one or two"},
        BadFields{"conv2d { filters: 1 kernel: 1 pad: [1, 2, 3] }", "pad has 3 values, but takes one, two or four"},
        BadFields{"conv3d { filters: 1 kernel: [3, 3] }", "kernel has 2 values, but takes one or three"},
        BadFields{"conv3d { filters: 1 kernel: 3 pad: [1, 1, 1, 1] }", "pad has 4 values, but takes one, three or six"},
        BadFields{"conv_transpose2d { filters: 3 kernel: 3 groups: 2 }", "3 filters cannot be split into 2 groups"},
        BadFields{"conv_transpose2d { filters: 1 kernel: 3 stride: 2 output_padding: [1, 2] }",
                  "output_padding 2 must be less than the stride, 2, or the dilation, 1"},
        BadFields{"conv_transpose2d { filters: 1 kernel: 3 pad: 15 }", "of 30 elements, pad 15 and 15 leave none"},
        BadFields{"max_pool { kernel: [1, 2, 3] }", "kernel has 3 values, but takes one or two"},
        BadFields{"upsample { factor: [1, 2, 3] }", "factor has 3 values, but takes one or two"},
        BadFields{"reshape { shape: [-1, -1] }", "only one dimension can be -1"},
        BadFields{"reshape { shape: [0, 4] }", "a dimension is 0"},
        BadFields{"permute { order: [1, 1, 0] }", "3 dimensions in order are 0 to 2, each once"},
        BadFields{"permute { order: [3, 1, 0] }", "3 dimensions in order are 0 to 2, each once"},
        BadFields{"slice { axis: 3 }", "axis 3 is not one of the 3 dimensions of its input [1,28,28]"},
        BadFields{"slice { axis: 1 start: 28 }", "start 28 lies outside of the 28 elements of axis 1 of [1,28,28]"},
        BadFields{"slice { axis: 1 start: -29 }", "start -29 lies outside of the 28 elements"},
        BadFields{"slice { axis: 1 limit: 29 }", "limit 29 lies outside of the 28 elements"},
        BadFields{"slice { axis: 1 start: 3 limit: -25 }", "no element is left of [1,28,28]"},
        BadFields{"glu { axis: 0 }", "the 1 elements of axis 0 of [1,28,28] (from input \"image\") have no halves"},
        BadFields{"reduce { function: MAX axes: [1, -2] }", "axis -2 is named twice"},
        BadFields{"reduce { function: MAX axes: -4 }", "axis -4 is not one of the 3 dimensions"},
        BadFields{"position {}", "needs a sequence of vectors [length,width], but its input is [1,28,28]"},
        BadFields{"attention { heads: 1 }", "needs a sequence of vectors [length,width], but its input is [1,28,28]"},
        BadFields{"inputs: \"image\" attention { heads: 1 lengths: true }",
                  "takes one or two sequences, then the lengths, but has 1 inputs"}));

TEST(RefusedLayers, HeadsMustFitTheirInput) {
  const auto error_of_heads = [](const std::string& fields, const std::string& inputs = "\"rows\"") {
    const std::string error =
        lower_error("layers { name: \"rows\" reshape { shape: [56, 14] } }\nlayers { name: \"a\" inputs: [" + inputs +
                    "] attention { " + fields + " } }");
    return error.substr(error.find("layer \"a\": ") + 11);
  };
  EXPECT_EQ(error_of_heads("heads: 4"),
            "the 14 features of [56,14] (from layer \"rows\") cannot be split into 4 heads; give their width");
  EXPECT_EQ(error_of_heads("heads: 4 width: 3 key_value_heads: 3"),
            "4 heads cannot share 3 heads of keys and values evenly");
  EXPECT_EQ(error_of_heads("heads: 2 rotary: true"), "heads of 7 numbers cannot be turned in pairs");
  EXPECT_EQ(error_of_heads("heads: 2 lengths: true", "\"rows\", \"image\""),
            "the length of an example is one number, not [1,28,28] (from input \"image\")");
  EXPECT_EQ(error_of_heads("heads: 2", "\"rows\", \"rows\", \"rows\""), "takes one or two sequences, but has 3 inputs");
}

TEST(RefusedLayers, SharedWeightsMustFit) {
  const std::string a = "layers { name: \"a\" dense { units: 5 } }\n";
  EXPECT_EQ(lower_error(a + "layers { name: \"b\" share: \"a\" dense { units: 5 } }"),
            "m.textproto:3:20: layer \"b\": its weight is [5,5], but \"a\" has [784,5] | \"a\" is at m.textproto:2:1");
  EXPECT_EQ(lower_error(a + "layers { name: \"b\" share: \"a\" share_transposed: true dense { units: 5 } }"),
            "m.textproto:3:20: layer \"b\": its weight is [5,5], transposed [5,5], but \"a\" has [784,5] | \"a\" is at "
            "m.textproto:2:1");
}

TEST(RefusedLayers, KernelMustFitItsInput) {
  EXPECT_EQ(lower_error("layers { name: \"pool1\" max_pool { kernel: 5 } }\n"
                        "layers { name: \"conv2\" conv2d { filters: 16 kernel: 7 } }"),
            "m.textproto:3:45: layer \"conv2\": kernel 7x7 does not fit its 5x5 input (from layer \"pool1\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv2d { filters: 1 kernel: 20 dilation: 2 pad: 1 } }"),
            "m.textproto:2:40: layer \"c\": kernel 20x20 with dilation 2x2 (spanning 39x39) does not fit its 28x28 "
            "input, padded to 30x30 (from input \"image\")");
}

TEST(RefusedLayers, RankAndShapeMismatchesNameTheProducers) {
  EXPECT_EQ(lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"c\" conv2d { filters: 1 kernel: 1 } }"),
            "m.textproto:3:20: layer \"c\": needs an image [channels,height,width], but its input is [784] "
            "(from layer \"f\")");
  EXPECT_EQ(lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"a\" inputs: [\"f\", \"image\"] add {} }"),
            "m.textproto:3:43: layer \"a\": its inputs have different shapes: [784] (from layer \"f\") and "
            "[1,28,28] (from input \"image\")");
  EXPECT_EQ(
      lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"a\" inputs: [\"f\", \"image\"] concat {} }"),
      "m.textproto:3:43: layer \"a\": its inputs differ outside axis 0: [784] (from layer \"f\") and "
      "[1,28,28] (from input \"image\")");
  EXPECT_EQ(lower_error("layers { name: \"g\" group_norm { groups: 2 } }"),
            "m.textproto:2:33: layer \"g\": 1 input channels (from input \"image\") cannot be split into 2 groups");
  EXPECT_EQ(lower_error("layers { name: \"f\" flatten {} }\nlayers { name: \"i\" instance_norm {} }"),
            "m.textproto:3:20: layer \"i\": needs an image [channels,height,width], a sequence [channels,length] or a "
            "volume [channels,depth,height,width], but its input is [784] (from layer \"f\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv1d { filters: 1 kernel: 1 } }"),
            "m.textproto:2:20: layer \"c\": needs a sequence [channels,length], but its input is [1,28,28] (from input "
            "\"image\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv_transpose3d { filters: 1 kernel: 1 } }"),
            "m.textproto:2:20: layer \"c\": needs a volume [channels,depth,height,width], but its input is [1,28,28] "
            "(from input \"image\")");
  EXPECT_EQ(lower_error("layers { name: \"c\" conv2d { filters: 2 kernel: 1 groups: 2 } }"),
            "m.textproto:2:50: layer \"c\": 1 input channels (from input \"image\") cannot be split into 2 groups");
  EXPECT_EQ(lower_error("layers { name: \"r\" reshape { shape: [3, -1] } }"),
            "m.textproto:2:30: layer \"r\": its input [1,28,28] (from input \"image\") has 784 elements and "
            "cannot take the shape [3,-1]");
  EXPECT_EQ(lower_error("layers { name: \"p\" permute { order: [1, 0] } }"),
            "m.textproto:2:30: layer \"p\": its input [1,28,28] (from input \"image\") has 3 dimensions, not 2");
}

// Two inputs are named that do not fit each other, which need not be the first.
TEST(RefusedLayers, OnlyDimensionsOfOneAreRepeated) {
  const std::string two = "layers { name: \"two\" inputs: \"image\" conv2d { filters: 2 kernel: 1 } }\n";
  const std::string three = "layers { name: \"three\" inputs: \"image\" conv2d { filters: 3 kernel: 1 } }\n";
  EXPECT_EQ(lower_error(two + three + "layers { name: \"a\" inputs: [\"image\", \"two\", \"three\"] add {} }"),
            "m.textproto:4:54: layer \"a\": its inputs have different shapes: [2,28,28] (from layer \"two\") and "
            "[3,28,28] (from layer \"three\")");
  const std::string gate = "layers { name: \"g\" inputs: \"image\" dense { units: 3 } }\n";
  EXPECT_EQ(lower_error(two + gate + "layers { name: \"a\" inputs: [\"two\", \"g\"] mul {} }"),
            "m.textproto:4:41: layer \"a\": its inputs have different shapes: [2,28,28] (from layer \"two\") and "
            "[3] (from layer \"g\")");
  // Whether a vector belongs to the rows or to the columns of a table, nothing says.
  EXPECT_NE(lower_error("layers { name: \"t\" reshape { shape: [28, 28] } }\n"
                        "layers { name: \"g\" dense { units: 28 } }\n"
                        "layers { name: \"a\" inputs: [\"t\", \"g\"] mul {} }")
                .find("its inputs have different shapes: [28,28]"),
            std::string::npos);
}

TEST(RefusedLayers, MatricesMustFitEachOther) {
  const auto error_of_product = [](const std::string& first, const std::string& second, const std::string& fields) {
    const std::string error =
        lower_error("layers { name: \"a\" inputs: \"image\" reshape { shape: " + first +
                    " } }\nlayers { name: \"b\" inputs: \"image\" reshape { shape: " + second +
                    " } }\nlayers { name: \"m\" inputs: [\"a\", \"b\"] matmul { " + fields + " } }");
    return error.substr(error.find("layer \"m\": ") + 11);
  };
  EXPECT_EQ(error_of_product("[14, 56]", "[14, 56]", ""),
            "its inputs [14,56] (from layer \"a\") and [14,56] (from layer \"b\") do not fit: 56 columns by 14 rows");
  EXPECT_EQ(error_of_product("[14, 56]", "[56, 14]", "transpose_a: true"),
            "its inputs [14,56] (from layer \"a\") and [56,14] (from layer \"b\") do not fit: 14 columns by 56 rows, "
            "transposed");
  EXPECT_EQ(error_of_product("[784]", "[784]", ""),
            "its inputs are two vectors, [784] (from layer \"a\") and [784] (from layer \"b\"): reshape one of them to "
            "a matrix");
  EXPECT_EQ(error_of_product("[784]", "[784, 1]", "transpose_a: true"),
            "its first input [784] (from layer \"a\") is a vector");
  EXPECT_EQ(error_of_product("[1, 784]", "[784]", "transpose_b: true"),
            "its second input [784] (from layer \"b\") is a vector");
  EXPECT_EQ(error_of_product("[7, 8, 14]", "[4, 14, 14]", ""),
            "its inputs [7,8,14] (from layer \"a\") and [4,14,14] (from layer \"b\") differ in front of the matrices");
}

TEST(RefusedLayers, SizesAreBounded) {
  EXPECT_EQ(lower_error("layers { name: \"a\" dense { units: 1048576 } }", {.batch_size = 65536}),
            "m.textproto:2:20: layer \"a\": its output [65536,1048576] has more than 2147483648 elements");
  EXPECT_EQ(
      lower_error("layers { name: \"a\" dense { units: 1000000 } }\nlayers { name: \"b\" dense { units: 1000000 } }"),
      "m.textproto:3:20: layer \"b\": its weight [1000000,1000000] has more than 2147483648 elements");
  EXPECT_NE(lower_error("layers { name: \"a\" dense { units: 1000 } }", {.batch_size = 4, .max_bytes = 1 << 20})
                .find("the model needs at least"),
            std::string::npos);
  EXPECT_NE(lower_error("layers { name: \"a\" flatten {} }", {.batch_size = 0}).find("batch size is 0"),
            std::string::npos);
  EXPECT_EQ(error_of(lowered("inputs { name: \"x\" shape: [1048576, 1048576] }\nlayers { name: \"a\" flatten {} }\n" +
                             std::string(kTail))),
            "m.textproto:1:20: the input \"x\" [4,1048576,1048576] has more than 2147483648 elements");
}

TEST(RefusedLayers, NamesOfParametersAreUnique) {
  EXPECT_EQ(error_of(lowered("inputs { name: \"fc.weight\" shape: 3 }\nlayers { name: \"fc\" dense { units: 2 } }\n" +
                             std::string(kTail))),
            "m.textproto:2:21: layer \"fc\": its weight \"fc.weight\" has the name of an input");
  EXPECT_EQ(error_of(lowered("inputs { name: \"seed\" shape: 3 }\nlayers { name: \"fc\" flatten {} }\n" +
                             std::string(kTail))),
            "m.textproto:1:10: an input cannot be called \"seed\"");
}

}  // namespace
}  // namespace minnow
