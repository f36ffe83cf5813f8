// Logits of 1000, 0 and -1000: harmless to a softmax that subtracts the maximum, too much for the plain
// formula.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtime/session.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(inputs { name: "x" shape: 3 }
layers { name: "fc" dense { units: 3 bias: false } }
loss { softmax_cross_entropy {} }
training { batch_size: 1 }
)";

// The loss of one step on these logits with the least likely label, and whether all weights are finite after
// it.
struct Step {
  double loss = 0;
  bool has_finite_weights = true;
};

Step train_on_large_logits(Backend backend, const std::vector<std::string>& changes,
                           std::initializer_list<float> logits = {1000, 0, -1000}, int32_t label = 2) {
  const TemporaryFolder folder;
  const auto loaded = read_experiment(folder.write("m.textproto", kModel), changes);
  ThreadPool pool(1);
  SessionOptions options;
  options.backend = backend;
  const auto session = Session::create(*loaded, options, pool);
  const auto weights = (*session)->tensors().at("fc.weight").as<float>();
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = i % 4 == 0 ? 1 : 0;  // the identity: logits are the input

  Batch batch;
  batch.tensors.emplace((*session)->lowered().inputs[0].name, Tensor::from<float>({DType::kF32, {1, 3}}, logits));
  batch.tensors.emplace("target", Tensor::from<int32_t>({DType::kI32, {1}}, {label}));
  Step step{(*session)->train_step(batch, 0, 0.1)->loss};
  for (const float weight : (*session)->tensors().at("fc.weight").as<float>())
    step.has_finite_weights = step.has_finite_weights && std::isfinite(weight);
  return step;
}

class LargeLogits : public testing::TestWithParam<Backend> {};

TEST_P(LargeLogits, AreHarmlessWhenShifted) {
  const Step step = train_on_large_logits(GetParam(), {});
  EXPECT_EQ(step.loss, 2000);
  EXPECT_TRUE(step.has_finite_weights);
}

TEST_P(LargeLogits, OverflowTheNaiveForm) {
  const Step step = train_on_large_logits(GetParam(), {"loss.softmax_cross_entropy.form=NAIVE"});
  EXPECT_FALSE(std::isfinite(step.loss));
  EXPECT_FALSE(step.has_finite_weights);
}

// log-softmax is minus infinity there, which has no share in the loss.
TEST_P(LargeLogits, MayBeInfinitelyUnlikelyElsewhere) {
  const Step step = train_on_large_logits(GetParam(), {}, {2e38F, -2e38F, 0}, 0);
  EXPECT_EQ(step.loss, 0);
  EXPECT_TRUE(step.has_finite_weights);
  EXPECT_EQ(train_on_large_logits(GetParam(), {}, {2e38F, -2e38F, 0}, 1).loss, std::numeric_limits<double>::infinity());
}

INSTANTIATE_TEST_SUITE_P(Backends, LargeLogits, testing::Values(Backend::kJit, Backend::kInterpreter),
                         [](const auto& info) { return info.param == Backend::kJit ? "jit" : "interpreter"; });

TEST(NaiveSoftmax, TrainSaysWhereItBegan) {
  const Workbench bench;
  bench.write("m.textproto", std::string(kModel) + "data { csv { train: 't.csv' validation: 't.csv' } }\n");
  bench.write("t.csv", "1000,0,-1000,2\n");
  const std::string train =
      "train m.textproto --data-dir . --epochs 1 --set layers.fc.dense.weight_init.normal.sigma=1 ";
  EXPECT_EQ(bench.run(train).exit_code, 0);
  const Outcome naive = bench.run(train + "--set loss.softmax_cross_entropy.form=NAIVE");
  EXPECT_EQ(naive.exit_code, 3);
  EXPECT_NE(naive.err.find("step 1: error: the loss is no longer finite; the first value that went bad is "),
            std::string::npos)
      << naive.err;
  EXPECT_NE(naive.err.find("= exp of layer \"loss\" (forward): element"), std::string::npos) << naive.err;
}

// Squares near 1.5e10 are rounded by some hundreds. The largest is 0 after softmax's shift only if both are rounded
// alike.
TEST(SoftmaxOfProducts, TrainsAlikeOnBothBackends) {
  const Workbench bench;
  bench.write("m.textproto", R"(inputs { name: "x" shape: 1 }
layers { name: "fc" dense { units: 2 weight_init { constant { value: 1 } } } }
layers { name: "square" inputs: "fc" inputs: "fc" mul {} }
layers { name: "softmax" softmax {} }
layers { name: "out" dense { units: 2 } }
loss { softmax_cross_entropy {} }
training { learning_rate: 1e-20 batch_size: 16 epochs: 1 }
data { csv { train: "t.csv" validation: "t.csv" } }
)");
  std::string rows;
  for (int k = 1; k <= 64; ++k) rows += fmt::format("{},{}\n", 123456 + 7 * k, k % 2);
  bench.write("t.csv", rows);
  const auto losses = [&](const std::string& backend) {
    const Outcome trained = bench.run("train m.textproto --data-dir . --backend " + backend);
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
    return trained.out.substr(trained.out.find("  train"));
  };
  EXPECT_EQ(losses("jit"), losses("interpreter"));
}

}  // namespace
}  // namespace minnow
