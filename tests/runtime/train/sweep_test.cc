#include "runtime/train/sweep.h"

#include <gtest/gtest.h>

#include "runtime/file.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "fc" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.1 batch_size: 25 epochs: 2 }
  data { builtin: GLYPHS train_examples: 100 validation_examples: 20 }
)";

class Sweeps : public testing::Test {
 protected:
  Sweep plan(const std::vector<std::string>& grid, const std::vector<std::string>& changes = {}) {
    std::vector<SweepAxis> axes;
    for (const std::string& text : grid) axes.push_back(*parse_sweep_axis(text));
    auto sweep = plan_sweep(folder_.write("m.textproto", kModel), changes, std::move(axes));
    EXPECT_TRUE(sweep) << sweep.error().to_string();
    return *std::move(sweep);
  }
  SweepOptions options() const {
    SweepOptions options;
    options.folder = folder_.file("sweep");
    return options;
  }
  TemporaryFolder folder_;
};

TEST(SweepAxes, AreFieldsWithTheirValues) {
  const auto axis = parse_sweep_axis("learning_rate=0.1,0.2");
  EXPECT_EQ(axis->field, "training.learning_rate");
  EXPECT_EQ(axis->values, (std::vector<std::string>{"0.1", "0.2"}));
  EXPECT_EQ(parse_sweep_axis("layers.fc.dense.units=1")->field, "layers.fc.dense.units");
  for (const char* bad : {"learning_rate", "=1", "learning_rate=", "learning_rate=1,,2", "learning_rate=1,1"})
    EXPECT_EQ(parse_sweep_axis(bad).error().code, ExitCode::kUsage) << bad;
}

TEST_F(Sweeps, TakeEveryCombination) {
  const Sweep sweep = plan({"learning_rate=0.1,0.2", "batch_size=10,20,30"});
  ASSERT_EQ(sweep.runs.size(), 6U);
  EXPECT_EQ(sweep.runs[4].name, "learning_rate=0.2 batch_size=20");
  EXPECT_EQ(sweep.runs[4].model.model.training().batch_size(), 20);
  const std::string path = folder_.file("m.textproto");
  EXPECT_FALSE(plan_sweep(path, {}, {*parse_sweep_axis("batch_size=10,-1")}));
  EXPECT_FALSE(plan_sweep(path, {}, {*parse_sweep_axis("epochs=1"), *parse_sweep_axis("training.epochs=2")}));
}

TEST_F(Sweeps, CompileOncePerShapeWhateverTheRate) {
  Sweep sweep = plan({"learning_rate=0.1,0.2,0.3"});
  SweepOptions parallel = options();
  parallel.jobs = 3;
  const auto outcome = run_sweep(sweep, parallel);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_EQ(outcome->functions_compiled, 2U);  // the train step, and evaluation on the 20 examples
  Sweep alone = plan({"learning_rate=0.2"});
  SweepOptions nowhere;
  ASSERT_TRUE(run_sweep(alone, nowhere));
  ASSERT_EQ(sweep.runs[1].history.size(), 2U);
  EXPECT_EQ(sweep.runs[1].history[1].validation_loss, alone.runs[0].history[1].validation_loss);
  EXPECT_TRUE(read_file(options().folder + "/curves.svg"));
}

TEST_F(Sweeps, ARunThatDivergesIsARow) {
  Sweep sweep = plan({"learning_rate=0.1,1000"}, {"loss.softmax_cross_entropy.form=NAIVE"});
  ASSERT_TRUE(run_sweep(sweep, options()));
  EXPECT_EQ(sweep.runs[0].end, RunEnd::kFinished);
  EXPECT_EQ(sweep.runs[1].end, RunEnd::kDiverged) << sweep.runs[1].note;
  const std::string csv = *read_file(options().folder + "/results.csv");
  EXPECT_NE(csv.find("\n1000,diverged,"), std::string::npos) << csv;
}

TEST_F(Sweeps, ResumeSkipsWhatIsFinishedAndGoesOnWithTheRest) {
  Sweep whole = plan({"learning_rate=0.1,0.2"});
  ASSERT_TRUE(run_sweep(whole, SweepOptions{}));

  Sweep first = plan({"learning_rate=0.1,0.2"});
  std::atomic<bool> stop{false};
  SweepOptions stopping = options();
  stopping.interrupt = &stop;
  stopping.on_change = [&](const SweepRun& run) { stop = run.name == "learning_rate=0.2" && run.history.size() == 1; };
  const auto outcome = run_sweep(first, stopping);
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome->is_interrupted);
  EXPECT_EQ(first.runs[0].end, RunEnd::kFinished);
  EXPECT_EQ(first.runs[1].end, RunEnd::kInterrupted);

  EXPECT_FALSE(run_sweep(first, options()));  // the folder is in use
  Sweep second = plan({"learning_rate=0.1,0.2"});
  SweepOptions resuming = options();
  resuming.resumes = true;
  std::vector<std::string> begun;
  resuming.on_change = [&](const SweepRun& run) { begun.push_back(run.name); };
  ASSERT_TRUE(run_sweep(second, resuming));
  EXPECT_EQ(std::ranges::count(begun, "learning_rate=0.1"), 0);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(second.runs[i].end, RunEnd::kFinished);
    ASSERT_EQ(second.runs[i].history.size(), 2U);
    EXPECT_NEAR(second.runs[i].history[1].validation_loss, whole.runs[i].history[1].validation_loss, 1e-6);
  }
}

TEST_F(Sweeps, CompareOptimizers) {
  const Sweep sweep = plan({"optimizer=sgd,adam"});
  EXPECT_TRUE(sweep.runs[0].model.model.training().has_sgd());
  EXPECT_TRUE(sweep.runs[1].model.model.training().has_adam());
}

// What is told of the best epoch is of one epoch, that whose weights are kept.
TEST_F(Sweeps, TellOneBestEpoch) {
  Sweep sweep = plan({"seed=1"});
  EpochMetrics better{.epoch = 1}, later{.epoch = 2};
  better.validation_accuracy = 0.9, better.validation_loss = 0.5;
  later.validation_accuracy = 0.8, later.validation_loss = 0.25;
  sweep.runs[0].history = {better, later};
  EXPECT_EQ(sweep.runs[0].best()->epoch, 1);
  const std::string csv = sweep_csv(sweep);
  EXPECT_NE(csv.find(",2,0.250000,0.500000,0.800000,0.900000,1,"), std::string::npos) << csv;
  sweep.runs[0].has_perplexity = true;
  EXPECT_EQ(sweep.runs[0].best()->epoch, 2);
}

}  // namespace
}  // namespace minnow
