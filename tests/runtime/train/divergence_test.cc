// Gradients whose squares are infinite in f32: trained on where they are clipped, told where they are not.
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/data/load_data.h"
#include "runtime/train/predict.h"
#include "runtime/train/trainer.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

// With x about 1e6 the hidden number is 1e12, the prediction 1e18, the loss 1e36 and the gradients 1e24 to 1e30.
constexpr char kModel[] = R"(
  inputs { name: "x" shape: 1 }
  layers { name: "a" dense { units: 1 weight_init { constant { value: 1000000 } } } }
  layers { name: "b" dense { units: 1 weight_init { constant { value: 1000000 } } } }
  loss { mean_squared_error {} }
  training { learning_rate: 1 batch_size: 10 epochs: 2 }
  data { linear_regression { weights: 1 } train_examples: 20 validation_examples: 5 normalize { scale: 1000000 } }
)";

class Divergence : public testing::Test {
 protected:
  void prepare(const std::vector<std::string>& changes, Backend backend = Backend::kJit,
               InterruptFlag interrupt = nullptr) {
    loaded_ = *read_experiment(folder_.write("m.textproto", kModel), changes);
    SessionOptions options;
    options.backend = backend;
    options.code.interrupt = interrupt;
    session_ = *Session::create(loaded_, options, pool_);
    data_ = *load_data(loaded_.model.data(), {{}, 0, 0}, pool_);
  }
  float weight(const std::string& name) const { return session_->tensors().at(name).as<float>()[0]; }

  TemporaryFolder folder_;
  ThreadPool pool_{1};
  LoadedModel loaded_;
  std::unique_ptr<Session> session_;
  DataSplits data_;
};

TEST_F(Divergence, ClippedGradientsMoveTheWeights) {
  for (const Backend backend : {Backend::kJit, Backend::kInterpreter}) {
    for (const char* optimizer : {"training.sgd={}", "training.adam={}", "training.rmsprop={}"}) {
      prepare({optimizer, "training.clip.global_norm=1"}, backend);
      const auto outcome = train(*session_, data_, {});
      ASSERT_TRUE(outcome) << outcome.error().to_string();
      EXPECT_LT(weight("a.weight"), 1e6F) << optimizer;
      EXPECT_LT(weight("b.weight"), 1e6F) << optimizer;
    }
  }
}

// An infinite second moment divides every later update to 0, while the loss stays as it is.
TEST_F(Divergence, AMomentThatIsInfiniteEndsTraining) {
  for (const char* optimizer : {"training.adam={}", "training.adamw={}", "training.rmsprop={}"}) {
    prepare({optimizer});
    const auto run = RunFolder::create(folder_.file("run"), loaded_, true);
    const auto outcome = train(*session_, data_, {&*run});
    ASSERT_FALSE(outcome) << optimizer;
    EXPECT_EQ(outcome.error().code, ExitCode::kMismatch);
    EXPECT_EQ(outcome.error().where, "step 1");
    EXPECT_TRUE(
        outcome.error().message.starts_with("\"a.bias.v\" is no longer finite: element 0 is inf; the first "
                                            "value that went bad is %"))
        << outcome.error().message;
    EXPECT_NE(outcome.error().message.find("mul of layer \"a\" (update)"), std::string::npos)
        << outcome.error().message;
    EXPECT_FALSE(std::filesystem::exists(run->weights_path()));
  }
}

// The first step's gradients are 2e18, those of the second a thousand times as large: it is found by repeating them.
TEST_F(Divergence, TheStepThatMadeAMomentInfiniteIsNamed) {
  prepare({"training.adam={}", "training.learning_rate=1000", "data.normalize.scale=1",
           "layers.a.dense.weight_init.constant.value=1", "layers.b.dense.weight_init.constant.value=1"});
  for (float& x : data_.train.examples.as<float>()) x = 1;
  for (float& y : data_.train.labels.as<float>()) y = 1e18F;
  const auto outcome = train(*session_, data_, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().where, "step 2");
  EXPECT_TRUE(outcome.error().message.starts_with("\"a.bias.v\" is no longer finite: element 0 is inf; the first "))
      << outcome.error().message;
}

// In the second epoch one example of the fourth batch has turned bad, the second of two.
TEST_F(Divergence, TheBatchOfALaterEpochIsFound) {
  const std::vector<std::string> small = {"training.learning_rate=1e-30",
                                          "training.batch_size=2",
                                          "training.shuffle=false",
                                          "data.normalize.scale=1",
                                          "training.adam={}",
                                          "layers.a.dense.weight_init.constant.value=1",
                                          "layers.b.dense.weight_init.constant.value=1"};
  for (const auto& [x, y, message] :
       {std::tuple{1.0F, 1e30F, "the loss is no longer finite; the first value that went bad is %"},
        {1e3F, 1e18F, "\"a.weight.v\" is no longer finite: element 0 is inf; the first value that went bad is %"}}) {
    prepare(small);
    TrainerOptions first;
    first.last_step = 10;
    auto state = train(*session_, data_, first)->state;
    data_.train.examples.as<float>()[7] = x;
    data_.train.labels.as<float>()[7] = y;
    const auto outcome = train(*session_, data_, {}, std::move(state));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().where, "step 14");
    EXPECT_TRUE(outcome.error().message.starts_with(message)) << outcome.error().message;
    EXPECT_TRUE(std::isfinite(weight("a.weight.v"))) << "not as it was before the step";
  }
}

// Nothing is saved, since the tensors are those of another step by then.
TEST_F(Divergence, IsNoLessWhereLookingForItIsInterrupted) {
  std::atomic<bool> interrupt{false};
  prepare({"training.adam={}"}, Backend::kInterpreter, &interrupt);
  const auto stop = [](void* flag, const char*, size_t bytes) {
    static_cast<std::atomic<bool>*>(flag)->store(true);
    return static_cast<ssize_t>(bytes);
  };
  std::FILE* stream = fopencookie(&interrupt, "w", {nullptr, stop, nullptr, nullptr});
  const auto run = RunFolder::create(folder_.file("run"), loaded_, true);
  {
    Progress progress(stream, {.is_terminal = true});  // draws behind the first step
    const auto outcome = train(*session_, data_, {.folder = &*run, .last_step = 1, .progress = &progress});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ExitCode::kInterrupted);
  }
  std::fclose(stream);
  EXPECT_FALSE(std::filesystem::exists(run->weights_path()));
}

TEST_F(Divergence, ALossOrPredictionThatIsNotFiniteIsAnError) {
  prepare({});
  session_->tensors().at("b.weight").as<float>()[0] = 3e38F;
  const auto loss = evaluate(*session_, data_.validation);
  ASSERT_FALSE(loss);
  EXPECT_EQ(loss.error().code, ExitCode::kMismatch);
  EXPECT_TRUE(loss.error().message.starts_with("the loss is not finite; the first value that went bad is %"))
      << loss.error().message;
  const auto rows = predict(*session_, data_.validation);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ExitCode::kMismatch);
  EXPECT_EQ(rows.error().where, "example 0");
  EXPECT_NE(rows.error().message.find("dot of layer \"b\" (forward): element 0 is "), std::string::npos)
      << rows.error().message;
}

}  // namespace
}  // namespace minnow
