// Everything that a model file can say, in small networks: compiled as interpreted, and with the right
// gradients.
#include <gtest/gtest.h>

#include "tests/e2e/model_run.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

struct Feature {
  std::string name;
  std::string layers;  // between an image of [1,7,7] called "small" and the end
  std::string end = "layers { name: \"fc\" dense { units: 10 } }\nloss { softmax_cross_entropy {} }";
};

std::string model_of(const Feature& feature) {
  return "inputs { name: \"image\" shape: [1, 28, 28] }\nlayers { name: \"small\" avg_pool { kernel: 4 } "
         "}\n" +
         feature.layers + "\n" + feature.end + "\ntraining { learning_rate: 0.05 batch_size: 5 }\n" +
         "data { builtin: GLYPHS normalize { mean: 0.1 deviation: 0.3 } }\n";
}

class ModelFeature : public testing::TestWithParam<Feature> {};

TEST_P(ModelFeature, WorksEndToEnd) {
  const TemporaryFolder folder;
  const std::string path = folder.write("m.textproto", model_of(GetParam()));
  expect_agreement(path, {});
  expect_right_gradients(path);
}

std::string name_of(const testing::TestParamInfo<Feature>& info) { return info.param.name; }

std::string conv(const std::string& fields) {
  return "layers { name: \"c1\" conv2d { filters: 4 kernel: 3 activation: TANH } }\n"
         "layers { name: \"c2\" conv2d { filters: 4 kernel: 3 " +
         fields + " } }";
}

INSTANTIATE_TEST_SUITE_P(Convolution, ModelFeature,
                         testing::Values(Feature{"groups", conv("groups: 2")}, Feature{"depthwise", conv("groups: 4")},
                                         Feature{"dilation", conv("dilation: 2")},
                                         Feature{"same", conv("padding: SAME")},
                                         Feature{"same_stride", conv("padding: SAME stride: [2, 3]")},
                                         Feature{"same_dilation", conv("padding: SAME dilation: [2, 1]")},
                                         Feature{"uneven_pad", conv("pad: [0, 1, 2, 0]")},
                                         Feature{"no_bias", conv("bias: false")}),
                         name_of);

// The image as another shape of input has it.
std::string reshaped(const std::string& shape, const std::string& layers) {
  return "layers { name: \"r\" reshape { shape: " + shape + " } }\n" + layers;
}

Feature sequence() {
  return Feature{"sequence", reshaped("[1, 49]", R"(
            layers { name: "c1" conv1d { filters: 4 kernel: 5 padding: SAME activation: RELU } }
            layers { name: "p" max_pool { kernel: 3 stride: 2 } }
            layers { name: "n" batch_norm {} }
            layers { name: "c2" conv1d { filters: 4 kernel: 3 stride: 2 groups: 2 dilation: 2 pad: [1, 2] } }
            layers { name: "a" avg_pool { kernel: 2 } })")};
}

Feature volume() {
  return Feature{"volume", R"(
            layers { name: "up" upsample { factor: 2 mode: LINEAR } })" +
                               reshaped("[1, 4, 7, 7]", R"(
            layers { name: "c1" conv3d { filters: 3 kernel: 3 padding: SAME activation: TANH } }
            layers { name: "p" max_pool { kernel: 3 stride: [1, 2, 2] pad: 1 } }
            layers { name: "n" batch_norm {} }
            layers { name: "c2" conv3d { filters: 4 kernel: [2, 3, 1] stride: [2, 1, 2] pad: [1, 0, 1, 2, 0, 0] } }
            layers { name: "i" instance_norm {} }
            layers { name: "a" avg_pool { kernel: [1, 2, 1] } })")};
}

INSTANTIATE_TEST_SUITE_P(
    Space, ModelFeature,
    testing::Values(sequence(), Feature{"sequence_norms", reshaped("[7, 7]", R"(
            layers { name: "c1" conv1d { filters: 4 kernel: 3 activation: TANH } }
            layers { name: "n" instance_norm {} }
            layers { name: "g" group_norm { groups: 2 } }
            layers { name: "l" layer_norm {} }
            layers { name: "d" dropout { rate: 0.3 } }
            layers { name: "m" global_avg_pool {} })")},
                    volume(), Feature{"volume_depth_alone", reshaped("[1, 7, 7, 1]", R"(
            layers { name: "c1" conv3d { filters: 2 kernel: [3, 1, 1] activation: RELU } }
            layers { name: "p" max_pool { kernel: [2, 1, 1] } }
            layers { name: "m" global_max_pool {} })")},
                    Feature{"transposed", R"(
            layers { name: "c" conv2d { filters: 2 kernel: 3 stride: 2 } }
            layers { name: "t" conv_transpose2d { filters: 2 kernel: 3 stride: 2 groups: 2 pad: [1, 0] output_padding: 1 } })"},
                    Feature{"transposed_sequence", reshaped("[7, 7]", R"(
            layers { name: "t" conv_transpose1d { filters: 3 kernel: 4 stride: 3 output_padding: 2 activation: RELU } })")},
                    Feature{"transposed_volume", reshaped("[1, 7, 7, 1]", R"(
            layers { name: "t" conv_transpose3d { filters: 2 kernel: 2 stride: [1, 2, 2] dilation: [2, 1, 1] pad: [1, 0, 0] } })")},
                    Feature{"linear", "layers { name: \"u\" upsample { factor: [2, 3] mode: LINEAR } }"},
                    Feature{"linear_sequence",
                            reshaped("[7, 7]", "layers { name: \"u\" upsample { factor: 2 mode: LINEAR } }")}),
    name_of);

// Two whole blocks of examples and one example more.
TEST(Space, WorksInBlocks) {
  for (const Feature& feature : {sequence(), volume()}) {
    const TemporaryFolder folder;
    expect_agreement(folder.write("m.textproto", model_of(feature)), {"training.batch_size=33"});
  }
}

std::string pool(const std::string& layer) {
  return "layers { name: \"c\" conv2d { filters: 3 kernel: 2 } }\nlayers { name: \"p\" " + layer + " }";
}

INSTANTIATE_TEST_SUITE_P(Pool, ModelFeature,
                         testing::Values(Feature{"max", pool("max_pool { kernel: 2 }")},
                                         Feature{"max_overlapping", pool("max_pool { kernel: 3 stride: 1 pad: 1 }")},
                                         Feature{"max_same", pool("max_pool { kernel: 3 stride: 2 padding: SAME }")},
                                         Feature{"avg_overlapping", pool("avg_pool { kernel: 3 stride: 2 pad: 1 }")},
                                         Feature{"avg_same", pool("avg_pool { kernel: [2, 3] padding: SAME }")},
                                         Feature{"global_max", pool("global_max_pool {}")},
                                         Feature{"global_avg", pool("global_avg_pool {}")}),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    Graph, ModelFeature,
    testing::Values(
        Feature{"residual", R"(layers { name: "c" conv2d { filters: 1 kernel: 3 padding: SAME } }
                               layers { name: "sum" inputs: ["c", "small", "c"] add {} })"},
        Feature{"gate", R"(layers { name: "a" dense { units: 8 activation: SIGMOID } }
                           layers { name: "b" inputs: "small" dense { units: 8 } }
                           layers { name: "gated" inputs: ["a", "b"] mul {} })"},
        Feature{"squeeze_excitation", R"(layers { name: "c" conv2d { filters: 4 kernel: 3 } }
                                         layers { name: "means" global_avg_pool {} }
                                         layers { name: "gate" dense { units: 4 activation: SIGMOID } }
                                         layers { name: "excited" inputs: ["c", "gate"] mul {} })"},
        Feature{"rows_and_columns", R"(layers { name: "row" inputs: "small" max_pool { kernel: [7, 1] } }
                                       layers { name: "column" inputs: "small" conv2d { filters: 3 kernel: [1, 7] } }
                                       layers { name: "sum" inputs: ["row", "column"] add {} })"},
        Feature{"upsample", R"(layers { name: "c" conv2d { filters: 3 kernel: 3 } }
                               layers { name: "u" upsample { factor: [2, 3] } }
                               layers { name: "d" conv2d { filters: 2 kernel: 3 } })"},
        Feature{"concat_channels", R"(layers { name: "c" conv2d { filters: 2 kernel: 1 } }
                                      layers { name: "both" inputs: ["c", "small"] concat {} })"},
        Feature{"concat_rows", R"(layers { name: "c" conv2d { filters: 1 kernel: [2, 1] } }
                                  layers { name: "both" inputs: ["c", "small"] concat { axis: 1 } })"},
        Feature{"any_order", R"(layers { name: "last" inputs: "first" dense { units: 6 } }
                                layers { name: "first" inputs: "small" dense { units: 5 } })",
                R"(layers { name: "fc" inputs: "last" dense { units: 10 } } loss { softmax_cross_entropy {} })"},
        Feature{"reshape", R"(layers { name: "r" reshape { shape: [7, -1, 1] } }
                              layers { name: "c" conv2d { filters: 2 kernel: [3, 1] } })"},
        Feature{"flatten", R"(layers { name: "f" flatten {} })"}),
    name_of);

// From the rows of the image, a matrix of [7,7] for each example.
std::string rows(const std::string& layers) {
  return "layers { name: \"rows\" inputs: \"small\" reshape { shape: [7, 7] } }\n" + layers;
}

INSTANTIATE_TEST_SUITE_P(
    Matrices, ModelFeature,
    testing::Values(Feature{"dense_per_position",
                            rows(R"(layers { name: "d" dense { units: 5 per_position: true activation: TANH } })")},
                    Feature{"permute", rows(R"(layers { name: "d" dense { units: 5 per_position: true } }
                                   layers { name: "p" permute { order: [1, 0] } }
                                   layers { name: "e" dense { units: 3 per_position: true } })")},
                    Feature{"matmul", rows(R"(layers { name: "d" dense { units: 5 per_position: true } }
                                  layers { name: "m" inputs: ["rows", "d"] matmul {} })")},
                    Feature{"matmul_of_itself", rows(R"(layers { name: "d" dense { units: 5 per_position: true } }
                                            layers { name: "m" inputs: ["d", "d"] matmul { transpose_a: true } })")},
                    Feature{"matmul_scaled", rows(R"(layers { name: "d" dense { units: 5 per_position: true } }
                                         layers { name: "m" inputs: ["d", "d"] matmul { transpose_b: true scale: 0.3 } })")},
                    Feature{"matmul_with_a_vector", rows(R"(layers { name: "d" dense { units: 7 } }
                                                layers { name: "m" inputs: ["rows", "d"] matmul {} }
                                                layers { name: "n" inputs: ["d", "rows"] matmul {} }
                                                layers { name: "sum" inputs: ["m", "n"] add {} })")},
                    Feature{"matmul_repeated", rows(R"(layers { name: "d" dense { units: 6 per_position: true } }
                                           layers { name: "split" reshape { shape: [7, 2, 3] } }
                                           layers { name: "heads" permute { order: [1, 0, 2] } }
                                           layers { name: "m" inputs: ["rows", "heads"] matmul {} }
                                           layers { name: "c" permute { order: [0, 2, 1] } }
                                           layers { name: "n" inputs: ["c", "rows"] matmul {} })")}),
    name_of);

const std::string kDense = "layers { name: \"d\" dense { units: 9 } }\n";

INSTANTIATE_TEST_SUITE_P(
    Normalisation, ModelFeature,
    testing::Values(Feature{"batch_norm", kDense + "layers { name: \"n\" batch_norm { momentum: 0.5 } }"},
                    Feature{"batch_norm_of_channels", pool("batch_norm { epsilon: 0.1 }")},
                    Feature{"layer_norm", kDense + "layers { name: \"n\" layer_norm {} }"},
                    Feature{"layer_norm_of_images", pool("layer_norm {}")},
                    Feature{"rms_norm", kDense + "layers { name: \"n\" rms_norm {} }"},
                    Feature{"rms_norm_of_images", pool("rms_norm { epsilon: 0.1 }")},
                    Feature{"group_norm", kDense + "layers { name: \"n\" group_norm { groups: 3 } }"},
                    Feature{"group_norm_of_images", pool("group_norm { groups: 1 }")},
                    Feature{"group_norm_of_channels", conv("") + "layers { name: \"n\" group_norm { groups: 2 } }"},
                    Feature{"instance_norm", pool("instance_norm {}")},
                    Feature{"dropout", kDense + "layers { name: \"n\" dropout { rate: 0.4 } }"},
                    Feature{"softmax", kDense + "layers { name: \"n\" softmax {} }"},
                    Feature{"naive_softmax", kDense + "layers { name: \"n\" softmax { form: NAIVE } }"},
                    Feature{"log_softmax", kDense + "layers { name: \"n\" log_softmax {} }"}),
    name_of);

Feature activation(const std::string& function) {
  return {function, "layers { name: \"d\" dense { units: 9 activation: " + function + " } }"};
}

INSTANTIATE_TEST_SUITE_P(Activation, ModelFeature,
                         testing::Values(activation("RELU"), activation("LEAKY_RELU"), activation("SIGMOID"),
                                         activation("TANH"), activation("GELU"), activation("SILU"),
                                         activation("SOFTPLUS"), activation("ELU"), activation("RELU6"),
                                         activation("HARD_SIGMOID"), activation("HARD_SWISH"), activation("MISH"),
                                         activation("GELU_TANH"),
                                         Feature{"slope", kDense + "layers { name: \"a\" activation { function: "
                                                                   "LEAKY_RELU slope: 0.3 } }"}),
                         name_of);

const std::string kTokens = "layers { name: \"t\" inputs: \"small\" reshape { shape: [7, 7] } }\n";

INSTANTIATE_TEST_SUITE_P(
    Attention, ModelFeature,
    testing::Values(
        Feature{"causal", kTokens + "layers { name: \"a\" attention { heads: 7 causal: true } }"},
        Feature{"rotary", kTokens + "layers { name: \"a\" attention { heads: 3 width: 4 rotary: true bias: false } }"},
        Feature{"causal_across", kTokens + R"(
            layers { name: "d" dense { units: 6 per_position: true } }
            layers { name: "m" inputs: "t" slice { axis: 0 start: 2 limit: -1 stride: 2 } }
            layers { name: "a" inputs: ["d", "m"] attention { heads: 3 width: 5 causal: true } })"},
        Feature{"grouped_queries", kTokens + R"(
            layers { name: "d" dense { units: 12 per_position: true } }
            layers { name: "a" attention { heads: 6 key_value_heads: 2 } })"},
        Feature{"one_position", kTokens + R"(
            layers { name: "last" slice { axis: 0 start: -1 } }
            layers { name: "p" position { code: LEARNED } }
            layers { name: "a" attention { heads: 1 causal: true } })"},
        Feature{"lengths", kTokens + R"(
            layers { name: "n" inputs: "small" reduce { function: SUM } }
            layers { name: "a" inputs: ["t", "n"] attention { heads: 1 lengths: true causal: true } })"},
        Feature{"weights", kTokens + R"(layers { name: "a" attention { heads: 3 width: 2 causal: true dropout: 0.3 } }
            layers { name: "w" inputs: "a.weights" flatten {} } layers { name: "f" inputs: "a" flatten {} }
            layers { name: "c" inputs: ["f", "w"] concat {} })"},
        Feature{"dropout", kTokens + "layers { name: \"a\" attention { heads: 1 dropout: 0.3 } }"},
        Feature{"sinusoidal", kTokens + "layers { name: \"p\" position { base: 20 } }"},
        Feature{"learned", kTokens + "layers { name: \"p\" position { code: LEARNED } }"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Parts, ModelFeature,
    testing::Values(Feature{"prelu",
                            "layers { name: \"c\" conv2d { filters: 3 kernel: 2 } }\nlayers { name: \"p\" prelu {} }"},
                    Feature{"prelu_of_a_vector", kDense + "layers { name: \"p\" prelu {} }"},
                    Feature{"glu", "layers { name: \"d\" dense { units: 10 } }\nlayers { name: \"g\" glu {} }"},
                    Feature{"glu_of_channels", R"(layers { name: "c" conv2d { filters: 4 kernel: 2 } }
                                      layers { name: "g" glu { axis: 0 gate: GELU } })"},
                    Feature{"slices", R"(layers { name: "c" conv2d { filters: 4 kernel: 2 } }
                             layers { name: "a" slice { limit: 2 } }
                             layers { name: "b" inputs: "c" slice { start: -2 } }
                             layers { name: "ab" inputs: ["a", "b"] mul {} }
                             layers { name: "e" slice { axis: -1 start: 1 stride: 3 } })"},
                    Feature{"reduce_to_one", kDense + R"(layers { name: "r" reduce { function: MIN } })"},
                    Feature{"reduce", R"(layers { name: "c" conv2d { filters: 4 kernel: 2 } }
                             layers { name: "m" reduce { function: MEAN axes: [0, -1] keep: true } }
                             layers { name: "x" inputs: "c" reduce { function: MAX axes: 1 } }
                             layers { name: "f" inputs: "m" flatten {} }
                             layers { name: "g" inputs: "x" flatten {} }
                             layers { name: "fg" inputs: ["f", "g"] concat {} })"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(Shares, ModelFeature,
                         testing::Values(Feature{"three_uses", kTokens + R"(
            layers { name: "a" dense { units: 7 per_position: true activation: TANH } }
            layers { name: "b" share: "a" dense { units: 7 per_position: true activation: TANH } }
            layers { name: "c" share: "b" dense { units: 7 per_position: true bias: false } })"},
                                         Feature{"transposed", R"(
            layers { name: "code" dense { units: 4 activation: TANH } }
            layers { name: "back" share: "code" share_transposed: true dense { units: 49 } })"},
                                         Feature{"transposed_twice", R"(
            layers { name: "code" dense { units: 4 activation: TANH } }
            layers { name: "back" share: "code" share_transposed: true dense { units: 49 } }
            layers { name: "again" share: "back" share_transposed: true dense { units: 4 } })"},
                                         Feature{"owner_comes_later", R"(
            layers { name: "a" inputs: "small" share: "b" dense { units: 5 activation: TANH } }
            layers { name: "b" inputs: "small" dense { units: 5 } }
            layers { name: "ab" inputs: ["a", "b"] mul {} })"},
                                         Feature{"running_statistics", R"(
            layers { name: "c" conv2d { filters: 2 kernel: 2 } }
            layers { name: "n" batch_norm {} }
            layers { name: "d" share: "c" inputs: "small" conv2d { filters: 2 kernel: 2 activation: TANH } }
            layers { name: "m" share: "n" batch_norm {} }
            layers { name: "nm" inputs: ["n", "m"] add {} })"}),
                         name_of);

Feature loss(const std::string& name, const std::string& kind, int units = 1) {
  return {name, kDense,
          "layers { name: \"end\" dense { units: " + std::to_string(units) + " } }\nloss { " + kind + " }"};
}

INSTANTIATE_TEST_SUITE_P(Loss, ModelFeature,
                         testing::Values(loss("smoothed", "softmax_cross_entropy { label_smoothing: 0.1 }", 10),
                                         loss("naive", "softmax_cross_entropy { form: NAIVE }", 10),
                                         loss("mean_squared_error", "mean_squared_error {}"), loss("l1", "l1 {}"),
                                         loss("huber", "huber { delta: 2 }"),
                                         loss("binary_cross_entropy", "binary_cross_entropy_with_logits {}")),
                         name_of);

Feature initializer(const std::string& name, const std::string& fields) {
  return {name, "layers { name: \"d\" dense { units: 9 activation: TANH weight_init { " + fields +
                    " } bias_init { normal { mean: 0.1 sigma: 0.1 } } } }"};
}

INSTANTIATE_TEST_SUITE_P(Initializer, ModelFeature,
                         testing::Values(initializer("normal", "normal { sigma: 0.2 }"),
                                         initializer("uniform", "uniform { low: -0.1 high: 0.2 }"),
                                         initializer("constant", "constant { value: 0.05 }"),
                                         initializer("xavier_uniform", "xavier_uniform { gain: 1.5 }"),
                                         initializer("xavier_normal", "xavier_normal {}"),
                                         initializer("kaiming_uniform", "kaiming_uniform {}"),
                                         initializer("kaiming_normal", "kaiming_normal {}"),
                                         initializer("fan_in_uniform", "fan_in_uniform {}")),
                         name_of);

// Rows of the image as a sequence: what layers begin with and give beside their result.
INSTANTIATE_TEST_SUITE_P(Recurrent, ModelFeature,
                         testing::Values(Feature{"state_of_another", kTokens + R"(
            layers { name: "encoder" gru { units: 5 } }
            layers { name: "decoder" inputs: ["t", "encoder.state"] gru { units: 5 initial_state: true recompute: true } })"},
                                         Feature{"both_states", kTokens + R"(
            layers { name: "encoder" lstm { units: 3 layers: 2 bidirectional: true } }
            layers {
              name: "decoder"
              inputs: ["t", "encoder.state", "encoder.cell"]
              lstm { units: 12 initial_state: true output: LAST }
            })"},
                                         Feature{"state_of_a_dense_layer", kTokens + R"(
            layers { name: "start" dense { units: 8 activation: TANH } }
            layers { name: "r" inputs: ["t", "start"] rnn { units: 2 layers: 2 bidirectional: true initial_state: true } })"},
                                         Feature{"gates", kTokens + R"(
            layers { name: "m" lstm { units: 3 bidirectional: true } }
            layers { name: "g" gru { units: 2 } }
            layers { name: "c" inputs: ["m.forget_gate", "m.output_gate", "g.update_gate", "g.reset_gate"] concat { axis: 1 } })"}),
                         name_of);

}  // namespace
}  // namespace minnow
