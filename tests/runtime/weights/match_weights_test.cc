#include "runtime/weights/match_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frontend/lower/lower_model.h"
#include "runtime/weights/detect_names.h"
#include "runtime/weights/rename_weights.h"

namespace minnow {
namespace {

using testing::HasSubstr;

// 1, 2, 3, ... from `first` on.
Tensor numbered(const Shape& shape, float first = 1) {
  Tensor tensor = Tensor::uninitialized({DType::kF32, shape});
  std::iota(tensor.as<float>().begin(), tensor.as<float>().end(), first);
  return tensor;
}

std::vector<float> elements(const Tensor& tensor) { return {tensor.as<float>().begin(), tensor.as<float>().end()}; }

struct Network {
  explicit Network(const std::string& layers, const std::string& input = "inputs { name: \"x\" shape: 4 }",
                   const std::string& loss = "loss { mean_squared_error {} }") {
    loaded = *parse_model_text(input + "\n" + layers + "\n" + loss, "m.textproto");
    const Status status = complete_model(loaded);
    MINNOW_CHECK(status, "{}", status.error().to_string());
    auto result = lower_model(loaded, {1});
    MINNOW_CHECK(result, "{}", result.error().to_string());
    lowered = *std::move(result);
  }
  Result<WeightMatch> match(const TensorFile& file, std::optional<Naming> names = std::nullopt) const {
    return match_weights(file, "w", loaded, lowered, names);
  }

  LoadedModel loaded;
  LoweredModel lowered;
};

TensorFile file_of(std::vector<std::pair<std::string, Shape>> tensors) {
  TensorFile file;
  for (auto& [name, shape] : tensors) file.tensors.push_back({name, numbered(shape)});
  return file;
}

const Tensor& weight_of(const WeightMatch& match, std::string_view name) {
  const auto found = std::ranges::find(match.matched, name, &MatchedWeight::name);
  MINNOW_CHECK(found != match.matched.end(), "{} did not match", name);
  return found->tensor;
}

std::string error_of(const Result<WeightMatch>& match) {
  if (!match) return match.error().to_string();
  const Status whole = check_whole(*match, "w", "");
  return whole ? "" : whole.error().to_string();
}

TEST(MatchWeights, TransposesWhatPyTorchHasTransposed) {
  const Network network(R"(layers { name: "fc" dense { units: 2 } })");
  const auto match = network.match(file_of({{"fc.weight", {2, 4}}, {"fc.bias", {2}}}));
  ASSERT_EQ(error_of(match), "");
  EXPECT_EQ(match->names, Naming::kPyTorch) << "the shape tells";
  EXPECT_EQ(elements(weight_of(*match, "fc.weight")), (std::vector<float>{1, 5, 2, 6, 3, 7, 4, 8}));
  EXPECT_EQ(elements(weight_of(*match, "fc.bias")), (std::vector<float>{1, 2}));
  const auto own = network.match(file_of({{"fc.weight", {4, 2}}, {"fc.bias", {2}}}));
  EXPECT_EQ(own->names, Naming::kMinnow);
  EXPECT_EQ(elements(weight_of(*own, "fc.weight")), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(MatchWeights, DoesNotGuessHowASquareLies) {
  const Network network(R"(layers { name: "fc" dense { units: 4 } })");
  const TensorFile file = file_of({{"fc.weight", {4, 4}}, {"fc.bias", {4}}});
  EXPECT_THAT(error_of(network.match(file)), HasSubstr("--names pytorch or --names minnow"));
  EXPECT_EQ(elements(weight_of(*network.match(file, Naming::kPyTorch), "fc.weight"))[1], 5);
  EXPECT_EQ(elements(weight_of(*network.match(file, Naming::kMinnow), "fc.weight"))[1], 2);
}

TEST(MatchWeights, RefusesASquareAmongMatricesThatLieAsTheyAre) {
  const Network network(
      R"(layers { name: "a" dense { units: 4 bias: false } } layers { name: "b" dense { units: 3 } })");
  const TensorFile file = file_of({{"a.weight", {4, 4}}, {"b.weight", {4, 3}}, {"b.bias", {3}}});
  EXPECT_THAT(error_of(network.match(file, Naming::kPyTorch)), HasSubstr("could be either"));
}

TEST(MatchWeights, NamesNormsAsPyTorchDoes) {
  const Network network(R"(layers { name: "bn" batch_norm {} })", R"(inputs { name: "x" shape: [3,2,2] })");
  const auto match = network.match(file_of({{"bn.bias", {3}},
                                            {"bn.num_batches_tracked", {}},
                                            {"bn.running_mean", {3}},
                                            {"bn.running_var", {3}},
                                            {"bn.weight", {3}}}));
  ASSERT_EQ(error_of(match), "");
  EXPECT_EQ(match->matched.size(), 4U);
  ASSERT_EQ(match->ignored.size(), 1U);
  EXPECT_EQ(match->ignored[0].name, "bn.num_batches_tracked");
}

TEST(MatchWeights, NumbersMatchByOrderAndShape) {
  const Network network(R"(
      layers { name: "first" dense { units: 4 activation: RELU } }
      layers { name: "second" dense { units: 4 activation: RELU } }
      layers { name: "last" dense { units: 2 } })");
  TensorFile file =
      file_of({{"net.0.bias", {4}}, {"net.0.weight", {4, 4}}, {"net.10.bias", {2}}, {"net.10.weight", {2, 4}}});
  file.tensors.push_back({"net.2.bias", numbered({4}, 100)});
  file.tensors.push_back({"net.2.weight", numbered({4, 4}, 100)});
  const auto match = network.match(file, Naming::kPyTorch);
  ASSERT_EQ(error_of(match), "");
  EXPECT_TRUE(match->by_order);
  EXPECT_EQ(elements(weight_of(*match, "second.bias"))[0], 100);
  EXPECT_THAT(match_table(*match, "w"), HasSubstr("by PyTorch's names in their order: 6 weights matched"));
}

// Nobody knows which of two is the first.
TEST(MatchWeights, NamesWithoutNumbersHaveNoOrder) {
  const Network network(R"(layers { name: "first" dense { units: 4 } } layers { name: "second" dense { units: 4 } })");
  const TensorFile file =
      file_of({{"left.bias", {4}}, {"left.weight", {4, 4}}, {"right.bias", {4}}, {"right.weight", {4, 4}}});
  EXPECT_EQ(network.match(file, Naming::kPyTorch)->matched.size(), 0U);
}

TEST(MatchWeights, LooksBehindACommonPrefix) {
  const Network network(R"(layers { name: "fc" dense { units: 2 } })");
  EXPECT_EQ(error_of(network.match(file_of({{"module.model.fc.weight", {2, 4}}, {"module.model.fc.bias", {2}}}))), "");
}

TEST(MatchWeights, TellsWhatIsMissingAndLeftOver) {
  const Network network(R"(layers { name: "fc" dense { units: 2 } })");
  EXPECT_THAT(error_of(network.match(file_of({{"fc.weight", {2, 4}}}))),
              HasSubstr("weights of another model: tensor \"fc.bias\" f32[2] is missing"));
  EXPECT_THAT(error_of(network.match(file_of({{"fc.weight", {3, 4}}, {"fc.bias", {3}}}))),
              HasSubstr("tensor \"fc.weight\" is f32[3,4], but the model needs f32[4,2] (and 1 more)"));
  EXPECT_THAT(error_of(network.match(file_of({{"fc.weight", {2, 4}}, {"fc.bias", {2}}, {"head.bias", {2}}}))),
              HasSubstr("tensor \"head.bias\" f32[2] is not in the model"));
  const auto match = network.match(file_of({{"fc.weight", {3, 4}}, {"fc.bias", {2}}}), Naming::kPyTorch);
  EXPECT_THAT(match_table(*match, "w"), HasSubstr("fc.weight  missing: [4,2] is needed, fc.weight is f32[3,4]"));
}

TEST(MatchWeights, RefusesNumbersThatF32HasNot) {
  const Network network(R"(layers { name: "fc" dense { units: 1 bias: false } })");
  TensorFile file;
  file.tensors.push_back({"fc.weight", Tensor::from<double>({DType::kF64, {4, 1}}, {1, 2, 1e39, 4}), "F64"});
  EXPECT_THAT(error_of(network.match(file)), HasSubstr("of f64 holds 1e+39, which f32 cannot"));
  file.tensors[0] = {"fc.weight", Tensor::from<float>({DType::kF32, {4, 1}}, {1, INFINITY, 3, 4})};
  EXPECT_THAT(error_of(network.match(file)), HasSubstr("is not finite: element 1 is inf"));
  file.tensors[0] = {"fc.weight", Tensor::zeros({DType::kI32, {4, 1}}), "I64", "3000000000"};
  EXPECT_THAT(error_of(network.match(file)), HasSubstr("of i64 holds 3000000000, which i32 cannot"));
  file.tensors[0] = {"fc.weight", Tensor::from<double>({DType::kF64, {4, 1}}, {1, 0.5, 3, 4}), "F64"};
  EXPECT_EQ(elements(weight_of(*network.match(file), "fc.weight")), (std::vector<float>{1, 0.5F, 3, 4}));
}

TEST(MatchWeights, SplitsPyTorchsProjections) {
  const Network network(R"(layers { name: "att" attention { heads: 1 } })", R"(inputs { name: "x" shape: [3,2] })");
  const auto match = network.match(file_of({{"att.in_proj_weight", {6, 2}},
                                            {"att.in_proj_bias", {6}},
                                            {"att.out_proj.weight", {2, 2}},
                                            {"att.out_proj.bias", {2}}}));
  ASSERT_EQ(error_of(match), "");
  EXPECT_EQ(elements(weight_of(*match, "att.key.weight")), (std::vector<float>{5, 7, 6, 8}));
  EXPECT_EQ(elements(weight_of(*match, "att.value.bias")), (std::vector<float>{5, 6}));
  EXPECT_THAT(match_table(*match, "w"), HasSubstr("part 2 of 3, transposed"));
}

// Keras flattens an image [H,W,C].
TEST(MatchWeights, PutsTheRowsOfAFlattenedImageInOrder) {
  const Network network(R"(
      layers { name: "conv2d" conv2d { filters: 2 kernel: 1 } }
      layers { name: "flatten" flatten {} }
      layers { name: "dropout" dropout {} }
      layers { name: "dense" dense { units: 1 } })",
                        R"(inputs { name: "x" shape: [1,2,2] })");
  const auto match = network.match(
      file_of({{"conv2d/kernel", {1, 1, 1, 2}}, {"conv2d/bias", {2}}, {"dense/kernel", {8, 1}}, {"dense/bias", {1}}}));
  ASSERT_EQ(error_of(match), "");
  EXPECT_EQ(match->names, Naming::kKeras);
  EXPECT_EQ(elements(weight_of(*match, "dense.weight")), (std::vector<float>{1, 3, 5, 7, 2, 4, 6, 8}));
}

TEST(MatchWeights, KerasFiltersHaveTheirChannelsLast) {
  const Network network(R"(layers { name: "conv2d" conv2d { filters: 2 kernel: [1,2] bias: false } })",
                        R"(inputs { name: "x" shape: [3,4,4] })");
  const auto match = network.match(file_of({{"conv2d/kernel", {1, 2, 3, 2}}}));
  ASSERT_EQ(error_of(match), "");
  // [o,i,0,x] is [0,x,i,o]: 1 + (x * 3 + i) * 2 + o.
  EXPECT_EQ(elements(weight_of(*match, "conv2d.weight")), (std::vector<float>{1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12}));
}

TEST(MatchWeights, OneBiasOfKerasIsTwoOfPyTorch) {
  const Network network(R"(layers { name: "lstm" lstm { units: 1 } })", R"(inputs { name: "x" shape: [3,2] })");
  const auto match = network.match(file_of(
      {{"lstm/lstm_cell/kernel", {2, 4}}, {"lstm/lstm_cell/recurrent_kernel", {1, 4}}, {"lstm/lstm_cell/bias", {4}}}));
  ASSERT_EQ(error_of(match), "");
  EXPECT_EQ(elements(weight_of(*match, "lstm.input.bias")), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(elements(weight_of(*match, "lstm.recurrent.bias")), (std::vector<float>{0, 0, 0, 0}));
}

TEST(MatchWeights, GatesOfAGruChangePlaces) {
  const Network network(R"(layers { name: "gru" gru { units: 1 convention: KERAS } })",
                        R"(inputs { name: "x" shape: [3,2] })");
  const auto match = network.match(file_of(
      {{"gru.weight_ih_l0", {3, 2}}, {"gru.weight_hh_l0", {3, 1}}, {"gru.bias_ih_l0", {3}}, {"gru.bias_hh_l0", {3}}}));
  ASSERT_EQ(error_of(match), "");
  EXPECT_EQ(elements(weight_of(*match, "gru.input.weight")), (std::vector<float>{3, 1, 5, 4, 2, 6}));
  EXPECT_EQ(elements(weight_of(*match, "gru.input.bias")), (std::vector<float>{2, 1, 3}));
}

constexpr char kEverything[] = R"(
    layers { name: "conv" conv2d { filters: 6 kernel: [3,2] groups: 3 padding: SAME } }
    layers { name: "bn" batch_norm {} }
    layers { name: "act" prelu {} }
    layers { name: "up" conv_transpose2d { filters: 4 kernel: 2 stride: 2 } }
    layers { name: "gn" group_norm { groups: 2 } }
    layers { name: "wide" dense { units: 12 } }
    layers { name: "norm" layer_norm {} }
    layers { name: "rows" reshape { shape: [3,4] } }
    layers { name: "place" position { code: LEARNED } }
    layers { name: "att" attention { heads: 2 } }
    layers { name: "both" gru { units: 3 bidirectional: true } }
    layers { name: "own" gru { units: 3 convention: KERAS } }
    layers { name: "long" lstm { units: 2 bidirectional: true convention: KERAS } }
    layers { name: "plain" rnn { units: 2 output: LAST } }
    layers { name: "rms" rms_norm {} }
    layers { name: "fc" dense { units: 3 } })";

// Written in each framework's names and read again, every weight is what it was.
TEST(RenameWeights, ComesBackAsItWas) {
  const Network network(kEverything, R"(inputs { name: "x" shape: [3,4,4] })");
  std::map<std::string, Tensor> tensors;
  float first = 1;
  const auto add = [&](const std::string& name, const Shape& shape) {
    tensors.emplace(name, numbered(shape, first += 1000));
  };
  for (const WeightInfo& weight : network.lowered.weights) add(weight.name, weight.shape);
  for (const StateInfo& state : network.lowered.states) add(state.name, state.shape);
  for (const Naming names : {Naming::kMinnow, Naming::kPyTorch, Naming::kKeras}) {
    auto renamed = rename_weights(tensors, network.loaded, network.lowered, names);
    ASSERT_TRUE(renamed) << renamed.error().to_string();
    TensorFile file;
    file.tensors = *std::move(renamed);
    const auto match = network.match(file, names);
    ASSERT_EQ(error_of(match), "");
    ASSERT_EQ(match->matched.size(), tensors.size());
    for (const MatchedWeight& weight : match->matched) {
      // Of two biases that only add up, the sum is kept.
      const bool is_sum = names == Naming::kKeras && weight.name.starts_with("plain") && weight.name.ends_with("bias");
      if (is_sum) continue;
      EXPECT_EQ(elements(weight.tensor), elements(tensors.at(weight.name))) << weight.name;
    }
  }
}

TEST(DetectNames, ByWhatOnlyOneHas) {
  const auto detected = [](const std::string& name) { return detect_names(file_of({{name, {1}}})); };
  EXPECT_EQ(detected("dense/kernel"), Naming::kKeras);
  EXPECT_EQ(detected("bn.running_var"), Naming::kPyTorch);
  EXPECT_EQ(detected("bn.running_variance"), Naming::kMinnow);
  EXPECT_EQ(detected("h.self_attn.q_proj.weight"), Naming::kPyTorch);
  EXPECT_EQ(detected("fc.weight"), std::nullopt);
  TensorFile said;
  said.metadata = metadata_of(Naming::kKeras);
  EXPECT_EQ(detect_names(said), Naming::kKeras);
}

}  // namespace
}  // namespace minnow
