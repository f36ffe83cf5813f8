// Blocks of networks over tokens, written in a model file: compiled as interpreted at batches around the number of
// lanes, with the right gradients, and learning something.
#include <gtest/gtest.h>

#include "tests/e2e/model_run.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

struct Block {
  std::string name;
  std::string layers;  // from [tokens, 8] called "embedded" to the same
};

std::string model_of(const Block& block) {
  return R"(inputs { name: "image" shape: [1, 28, 28] }
            layers { name: "small" avg_pool { kernel: 4 } }
            layers { name: "tokens" reshape { shape: [7, 7] } }
            layers { name: "embedded" dense { units: 8 per_position: true } })" +
         block.layers + R"(layers { name: "fc" dense { units: 10 } }
            loss { softmax_cross_entropy {} }
            training { learning_rate: 0.003 batch_size: 5 adam {} }
            data { builtin: GLYPHS normalize { mean: 0.1 deviation: 0.3 } })";
}

const Block kMixer = {"Mixer", R"(
  layers { name: "norm" layer_norm {} }
  layers { name: "channels" permute { order: [1, 0] } }
  layers { name: "mix" dense { units: 9 per_position: true activation: GELU } }
  layers { name: "mixed" dense { units: 7 per_position: true } }
  layers { name: "rows" permute { order: [1, 0] } }
  layers { name: "sum" inputs: ["embedded", "rows"] add {} }
  layers { name: "norm2" layer_norm {} }
  layers { name: "wide" dense { units: 20 per_position: true activation: GELU } }
  layers { name: "back" dense { units: 8 per_position: true bias: false } }
  layers { name: "out" inputs: ["sum", "back"] add {} })"};

const Block kOneHead = {"OneHead", R"(
  layers { name: "q" dense { units: 5 per_position: true } }
  layers { name: "k" inputs: "embedded" dense { units: 5 per_position: true } }
  layers { name: "v" inputs: "embedded" dense { units: 8 per_position: true } }
  layers { name: "scores" inputs: ["q", "k"] matmul { transpose_b: true scale: 0.447 } }
  layers { name: "weights" softmax {} }
  layers { name: "mixed" inputs: ["weights", "v"] matmul {} }
  layers { name: "sum" inputs: ["embedded", "mixed"] add {} }
  layers { name: "norm" layer_norm {} })"};

const Block kTwoHeads = {"TwoHeads", R"(
  layers { name: "q" dense { units: 8 per_position: true bias: false } }
  layers { name: "q_split" reshape { shape: [7, 2, 4] } }
  layers { name: "q_heads" permute { order: [1, 0, 2] } }
  layers { name: "k" inputs: "embedded" dense { units: 8 per_position: true bias: false } }
  layers { name: "k_split" reshape { shape: [7, 2, 4] } }
  layers { name: "k_heads" permute { order: [1, 2, 0] } }
  layers { name: "v" inputs: "embedded" dense { units: 8 per_position: true } }
  layers { name: "v_split" reshape { shape: [7, 2, 4] } }
  layers { name: "v_heads" permute { order: [1, 0, 2] } }
  layers { name: "scores" inputs: ["q_heads", "k_heads"] matmul { scale: 0.5 } }
  layers { name: "weights" softmax {} }
  layers { name: "mixed" inputs: ["weights", "v_heads"] matmul {} }
  layers { name: "joined" permute { order: [1, 0, 2] } }
  layers { name: "merged" reshape { shape: [7, 8] } }
  layers { name: "projected" dense { units: 8 per_position: true } }
  layers { name: "sum" inputs: ["embedded", "projected"] add {} }
  layers { name: "norm" layer_norm {} })"};

// Of four positions to each second of seven, by queries of other heads than keys.
const Block kCrossAttention = {"CrossAttention", R"(
  layers { name: "memory" inputs: "embedded" slice { axis: 0 start: 1 stride: 2 } }
  layers { name: "few" dense { units: 5 per_position: true } }
  layers { name: "attn" inputs: ["embedded", "few"] attention { heads: 4 width: 3 key_value_heads: 2 } }
  layers { name: "sum" inputs: ["embedded", "attn"] add {} }
  layers { name: "norm" layer_norm {} })"};

const Block kDecoder = {"Decoder", R"(
  layers { name: "place" position {} }
  layers { name: "norm1" rms_norm {} }
  layers { name: "attn" attention { heads: 4 key_value_heads: 2 causal: true rotary: true dropout: 0.1 bias: false } }
  layers { name: "sum" inputs: ["place", "attn"] add {} }
  layers { name: "norm2" rms_norm {} }
  layers { name: "wide" dense { units: 22 per_position: true } }
  layers { name: "gated" glu { gate: SILU } }
  layers { name: "narrow" dense { units: 8 per_position: true } }
  layers { name: "out" inputs: ["sum", "narrow"] add {} })"};

class TokenBlock : public testing::TestWithParam<Block> {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_.write("m.textproto", model_of(GetParam()));
};

TEST_P(TokenBlock, IsCompiledAsItIsInterpreted) {
  for (const int batch : {1, 3, 18, 33}) {
    SCOPED_TRACE(batch);
    expect_agreement(path_, {"training.batch_size=" + std::to_string(batch)});
  }
}

TEST_P(TokenBlock, HasTheRightGradients) { expect_right_gradients(path_); }

TEST_P(TokenBlock, Learns) {
  ModelRun run(path_, {"training.batch_size=32"}, Backend::kJit, 1);
  const std::vector<double> losses = run.train(60);
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

TEST(Mixer, OfTheZooIsCompiledAsItIsInterpreted) {
  expect_agreement(model_path("zoo/mlp-mixer"), {"training.batch_size=2"});
}

INSTANTIATE_TEST_SUITE_P(Blocks, TokenBlock, testing::Values(kMixer, kOneHead, kTwoHeads, kCrossAttention, kDecoder),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace minnow
