// What a run says of its epochs, to the metrics and on the terminal: with a learning rate that leaves the weights as
// they are, training and evaluation see the same network.
#include <gmock/gmock.h>

#include "frontend/load/load_model.h"
#include "runtime/train/schedule.h"
#include "runtime/train/trainer.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

// Each example has three predictions, right or wrong.
constexpr char kModel[] = R"(
  inputs { name: "x" shape: 1 }
  layers { name: "fc" dense { units: 3 bias_init { normal { sigma: 1 } } } }
  loss { binary_cross_entropy_with_logits {} }
  training { learning_rate: 1e-20 sgd {} batch_size: 3 epochs: 2 shuffle: false schedule { cosine {} } }
  data { npy { train_inputs: 'x' train_targets: 'y' validation_inputs: 'x' validation_targets: 'y' } }
)";
constexpr int64_t kStepsPerEpoch = 3;

Dataset numbers(const std::vector<float>& x, const std::vector<float>& y) {
  const auto count = static_cast<int64_t>(x.size());
  Dataset data;
  data.name = "numbers";
  data.examples = Tensor::from<float>({DType::kF32, {count, 1}}, std::span(x));
  data.labels = Tensor::from<float>({DType::kF32, {count, 3}}, std::span(y));
  return data;
}

// What is said of a run.
class Said {
 public:
  explicit Said(ProgressStyle style) : progress_(stream_.get(), style) {}

  Progress* progress() { return &progress_; }
  std::string text() {
    std::rewind(stream_.get());
    std::string text(1 << 16, ' ');
    text.resize(std::fread(text.data(), 1, text.size(), stream_.get()));
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream_{std::tmpfile(), std::fclose};
  Progress progress_;
};

class TrainerMetrics : public testing::Test {
 protected:
  // Seven examples, so that an epoch ends with a batch of one.
  void SetUp() override {
    loaded_ = *read_experiment(folder_.write("m.textproto", kModel), {});
    session_ = *Session::create(loaded_, {.backend = Backend::kInterpreter}, pool_);
    data_.train = numbers({1, -2, 3, -4, 5, -6, 7}, {0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0});
    data_.validation = numbers({2, -1, 4, 8}, {1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1});
  }
  TrainingState train_until(int64_t step, TrainerOptions options = {}, TrainingState state = {}) {
    options.last_step = step;
    return train(*session_, data_, options, std::move(state))->state;
  }

  TemporaryFolder folder_;
  ThreadPool pool_{1};
  LoadedModel loaded_;
  std::unique_ptr<Session> session_;
  DataSplits data_;
};

TEST_F(TrainerMetrics, AreMeansOverTheEpochsExamples) {
  const auto outcome = train(*session_, data_, {});
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  const Evaluation trained = *evaluate(*session_, data_.train), validated = *evaluate(*session_, data_.validation);
  ASSERT_EQ(outcome->state.history.size(), 2U);
  for (int64_t epoch = 1; epoch <= 2; ++epoch) {
    const EpochMetrics& row = outcome->state.history[static_cast<size_t>(epoch - 1)];
    EXPECT_EQ(row.epoch, epoch);
    EXPECT_EQ(row.steps, epoch * kStepsPerEpoch);
    EXPECT_EQ(row.learning_rate, learning_rate_at(loaded_.model.training(), row.steps - 1, kStepsPerEpoch));
    EXPECT_NEAR(row.train_loss, trained.loss, 1e-6);
    EXPECT_EQ(row.train_accuracy, trained.accuracy);
    EXPECT_EQ(row.validation_loss, validated.loss);
    EXPECT_EQ(row.validation_accuracy, validated.accuracy);
  }
}

// 3 of the 12 labels of four examples differ from what large weights predict.
TEST_F(TrainerMetrics, CountRightPredictions) {
  for (float& weight : session_->tensors().at("fc.weight").as<float>()) weight = 100;
  data_.validation = numbers({2, -1, 4, 8}, {1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1});
  const auto found = evaluate(*session_, data_.validation);
  EXPECT_EQ(found->accuracy, 9.0 / 12);
  EXPECT_NEAR(found->loss, (200 + 100 + 400) / 12.0, 2);  // each by about its logit
}

TEST_F(TrainerMetrics, AreToldWhenAnEpochIsDone) {
  Said said({.is_terminal = false});
  std::vector<EpochMetrics> told;
  const auto outcome =
      train(*session_, data_,
            {.progress = said.progress(), .on_epoch = [&](const EpochMetrics& row) { told.push_back(row); }});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(told, outcome->state.history);
  std::string expected;
  for (const EpochMetrics& row : told)
    expected += render_epoch({row.epoch, 2, row.train_loss, row.train_accuracy, row.validation_loss,
                              row.validation_accuracy, 7 / row.seconds, row.seconds},
                             {}) +
                "\n";
  EXPECT_EQ(said.text(), expected);
}

// A bar is drawn at the first chance: here behind the first batch, and behind the last, of one example.
TEST_F(TrainerMetrics, AreThoseOfTheBatchesSoFar) {
  TrainingState state;
  for (const int64_t steps : {1, 3}) {
    Said said({.is_terminal = true, .columns = 200});
    if (steps == 3) state = train_until(2);
    train_until(steps, {.progress = said.progress()}, state);
    const Evaluation so_far = *evaluate(*session_, slice_dataset(data_.train, 0, steps == 1 ? 3 : 7));
    const std::string drawn = said.text();
    const auto figures = fmt::format("  loss {:.4f}  acc {:.1f}%  ", so_far.loss, so_far.accuracy * 100);
    EXPECT_THAT(drawn, testing::HasSubstr("epoch 1/2 "));
    EXPECT_THAT(drawn.substr(0, drawn.find("ETA")), testing::HasSubstr(figures));
    EXPECT_THAT(drawn, testing::Not(testing::HasSubstr("ETA -:--")));
  }
}

// A run that was killed between two of its files has them all again.
TEST_F(TrainerMetrics, AreWrittenAgainWhereNoStepIsLeft) {
  TrainingState state = train_until(1);
  const auto run = RunFolder::create(folder_.file("run"), loaded_, false);
  train_until(1, {.folder = &*run}, std::move(state));
  EXPECT_TRUE(std::filesystem::exists(run->weights_path()));
}

TEST_F(TrainerMetrics, GoOnWithTheExamplesThatTheyBeganWith) {
  TrainingState state = train_until(2);
  data_.train = slice_dataset(data_.train, 0, 3);  // one batch, and two are done
  const auto outcome = train(*session_, data_, {}, std::move(state));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().where, "training.batch_size");
}

TEST_F(TrainerMetrics, AreOfDataThatFits) {
  const auto message = [this] {
    const Status status = check_data_fits(*session_, data_);
    return status ? "" : status.error().message;
  };
  EXPECT_EQ(message(), "");
  data_.train.examples = data_.train.examples.converted_to(DType::kU8);
  EXPECT_EQ(message(), "");
  data_.validation.examples = data_.validation.examples.converted_to(DType::kI32);
  EXPECT_EQ(message(), "the examples are i32[4,1], but the network is built for f32[4,1]");
  data_.train.labels = Tensor::zeros({DType::kF32, {7, 2}});
  EXPECT_EQ(message(), "the targets are f32[7,2], but the network is built for f32[7,3]");
}

}  // namespace
}  // namespace minnow
