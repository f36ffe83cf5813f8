#include "runtime/train/trainer.h"

#include <gtest/gtest.h>

#include "frontend/load/load_model.h"
#include "runtime/data/load_data.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

// Everything that has a state: dropout draws, running statistics, a schedule with warm-up. 50 examples in
// batches of 8 leave 2 for the last.
constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "pool" avg_pool { kernel: 7 } }
  layers { name: "fc1" dense { units: 12 } }
  layers { name: "norm" batch_norm {} }
  layers { name: "relu" activation { function: RELU } }
  layers { name: "drop" dropout { rate: 0.3 } }
  layers { name: "fc2" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.01 batch_size: 8 epochs: 3 schedule { cosine {} warmup_epochs: 0.5 } }
  data { builtin: GLYPHS train_examples: 50 validation_examples: 20 }
)";
constexpr int64_t kStepsPerEpoch = 7;

// A model ready to train; made anew, it remembers nothing.
class Experiment {
 public:
  Experiment(const TemporaryFolder& folder, const std::vector<std::string>& changes) {
    loaded_ = *read_experiment(folder.write("model.textproto", kModel), changes);
    SessionOptions options;
    options.backend = Backend::kInterpreter;
    session_ = *Session::create(loaded_, options, pool_);
    data_ = *load_data(loaded_.model.data(), {{}, 0, 10}, pool_);
  }

  Result<TrainingOutcome> train(const TrainerOptions& options = {}, TrainingState state = {}) {
    return minnow::train(*session_, data_, options, std::move(state));
  }
  Session& session() { return *session_; }
  const LoadedModel& loaded() const { return loaded_; }

 private:
  ThreadPool pool_{1};
  LoadedModel loaded_;
  std::unique_ptr<Session> session_;
  DataSplits data_;
};

class Resume : public testing::TestWithParam<std::vector<std::string>> {};

// The run is interrupted after every single step and before every validation, and taken up again from its folder by a
// new session.
TEST_P(Resume, IsBitExactFromAnyStep) {
  const TemporaryFolder folder;
  Experiment whole(folder, GetParam());
  const auto expected = whole.train();
  ASSERT_TRUE(expected) << expected.error().to_string();

  const std::atomic<bool> interrupt{true};
  TrainingState found;
  int stops = 0;
  for (bool is_done = false; !is_done; ++stops) {
    Experiment part(folder, GetParam());
    const auto run =
        stops == 0 ? RunFolder::create(folder.file("run"), part.loaded(), false) : RunFolder::open(folder.file("run"));
    TrainingState state;
    if (stops > 0) state = *load_checkpoint(run->weights_path(), part.session());
    const auto outcome = part.train({&*run, &interrupt}, std::move(state));
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    is_done = outcome->end != TrainingEnd::kInterrupted;
    if (!is_done) continue;
    found = outcome->state;
    for (const auto& [name, tensor] : whole.session().tensors())
      EXPECT_EQ(tensor.bytes(), part.session().tensors().at(name).bytes()) << name;
  }
  EXPECT_EQ(stops,
            expected->state.step + static_cast<int64_t>(expected->state.history.size()));  // before validation, too
  ASSERT_EQ(found.history.size(), expected->state.history.size());
  for (size_t i = 0; i < found.history.size(); ++i) {
    EpochMetrics row = found.history[i];
    row.seconds = expected->state.history[i].seconds;
    EXPECT_EQ(row, expected->state.history[i]) << "epoch " << i + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Resume,
                         testing::Values(std::vector<std::string>{"training.sgd={}"},
                                         std::vector<std::string>{"training.momentum.nesterov=true"},
                                         std::vector<std::string>{"training.adam={}", "training.shuffle=false"},
                                         std::vector<std::string>{"training.adamw={}", "training.weight_decay=0.01",
                                                                  "training.schedule.step={every: 1 factor: 0.5}"},
                                         std::vector<std::string>{"training.rmsprop={}",
                                                                  "training.early_stopping={patience: 1}"}));

TEST(Trainer, TrainsTheLastPartialBatch) {
  const TemporaryFolder folder;
  Experiment experiment(folder, {"training.epochs=1"});
  EXPECT_EQ(experiment.train()->state.step, kStepsPerEpoch);
  Experiment without(folder, {"training.epochs=1", "data.train_examples=48"});
  EXPECT_EQ(without.train()->state.step, kStepsPerEpoch - 1);
}

TEST(Trainer, StopsEarlyWhenPatienceIsOver) {
  const TemporaryFolder folder;
  Experiment experiment(folder, {"training.epochs=50", "training.early_stopping={patience: 2 min_delta: 1000}"});
  const auto outcome = experiment.train();
  EXPECT_EQ(outcome->end, TrainingEnd::kStoppedEarly);
  EXPECT_EQ(outcome->state.history.size(), 3U);
}

TEST(Trainer, StopsAtTheLastStepAndGoesOnFromThere) {
  const TemporaryFolder folder;
  Experiment experiment(folder, {});
  const auto stop_at = [&](int64_t step, TrainingState state) {
    TrainerOptions options;
    options.last_step = step;
    return experiment.train(options, std::move(state));
  };
  auto outcome = stop_at(2, {});
  EXPECT_EQ(outcome->end, TrainingEnd::kReachedStep);
  EXPECT_EQ(outcome->state.step, 2);
  outcome = stop_at(kStepsPerEpoch, std::move(outcome->state));  // the end of an epoch, with its validation
  EXPECT_EQ(outcome->end, TrainingEnd::kReachedStep);
  EXPECT_EQ(outcome->state.history.size(), 1U);
  outcome = stop_at(kStepsPerEpoch, std::move(outcome->state));  // nothing left to do
  EXPECT_EQ(outcome->state.step, kStepsPerEpoch);
  outcome = stop_at(1000, std::move(outcome->state));
  EXPECT_EQ(outcome->end, TrainingEnd::kFinished);
  EXPECT_EQ(outcome->state.step, 3 * kStepsPerEpoch);
}

TEST(Trainer, KeepsTheBestEpochBesideTheLast) {
  const TemporaryFolder folder;
  Experiment experiment(folder, {"training.epochs=4"});
  const auto run = RunFolder::create(folder.file("run"), experiment.loaded(), false);
  const auto outcome = experiment.train({&*run});
  ASSERT_TRUE(outcome);
  const auto& history = outcome->state.history;
  const auto best = std::ranges::max_element(history, {}, &EpochMetrics::validation_accuracy);
  EXPECT_EQ(load_checkpoint(run->best_path(), experiment.session())->history.back().epoch, best->epoch);
  EXPECT_EQ(load_checkpoint(run->weights_path(), experiment.session())->history.back().epoch, 4);
}

TEST(Trainer, ChangesTheBatchSizeBetweenEpochsOnly) {
  const TemporaryFolder folder;
  const std::atomic<bool> interrupt{true};
  Experiment first(folder, {});
  TrainingState state = first.train({nullptr, &interrupt})->state;
  EXPECT_EQ(state.batch_in_epoch, 1);
  Experiment other(folder, {"training.batch_size=10"});
  const auto refused = other.train({}, state);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "training.batch_size");

  TrainingState whole = Experiment(folder, {"training.epochs=1"}).train()->state;
  EXPECT_EQ(other.train({}, whole)->state.history.size(), 3U);
}

// Exit code 3, the step, and the value; what was saved before stays.
TEST(Trainer, StopsWhereTheLossIsNoLongerFinite) {
  const TemporaryFolder folder;
  Experiment experiment(folder, {"training.learning_rate=1000", "training.schedule={}",
                                 "loss.softmax_cross_entropy.form=NAIVE", "training.epochs=20"});
  const auto run = RunFolder::create(folder.file("run"), experiment.loaded(), false);
  const auto outcome = experiment.train({&*run});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::kMismatch);
  EXPECT_EQ(outcome.error().where, "step 2");
  EXPECT_NE(outcome.error().message.find("exp of layer \"loss\" (forward): element"), std::string::npos)
      << outcome.error().message;
  EXPECT_FALSE(std::filesystem::exists(run->weights_path()));
}

// One batch an epoch: the step's own loss is still that of the good weights.
TEST(Trainer, StopsWhereTheValidationLossIsNotFinite) {
  const TemporaryFolder folder;
  Experiment experiment(folder, {"training.learning_rate=1000", "training.batch_size=50", "training.schedule={}",
                                 "loss.softmax_cross_entropy.form=NAIVE"});
  const auto run = RunFolder::create(folder.file("run"), experiment.loaded(), false);
  const auto outcome = experiment.train({&*run});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ExitCode::kMismatch);
  EXPECT_EQ(outcome.error().where, "step 1");
  EXPECT_NE(outcome.error().message.find("validation: the loss is not finite; the first value that went bad is"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(run->weights_path()));
}

}  // namespace
}  // namespace minnow
