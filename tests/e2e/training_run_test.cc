// Runs of the program that end before their time: interrupted, killed, diverged.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "runtime/safetensors.h"
#include "runtime/train/folder_lock.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "pool" max_pool { kernel: 2 } }
  layers { name: "fc1" dense { units: 16 } }
  layers { name: "norm" batch_norm {} }
  layers { name: "relu" activation { function: RELU } }
  layers { name: "drop" dropout { rate: 0.2 } }
  layers { name: "fc2" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.01 batch_size: 16 epochs: 40 adam {} schedule { cosine {} } }
  data { builtin: GLYPHS train_examples: 2000 validation_examples: 100 }
)";

class TrainingRun : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }

  std::vector<std::string> tensors_of(const std::string& file) const {
    const auto read = read_safetensors(bench_.path() + "/" + file);
    if (!read) return {read.error().to_string()};
    std::vector<std::string> tensors;
    for (const NamedTensor& named : read->tensors)
      tensors.push_back(named.name + ": " + std::string(named.tensor.bytes()));
    return tensors;
  }

  // The columns of metrics.csv but the last, which tells the time.
  std::string metrics_of(const std::string& run) const {
    std::istringstream lines(bench_.read(run + "/metrics.csv"));
    std::string text;
    for (std::string line; std::getline(lines, line);) text += line.substr(0, line.rfind(',')) + "\n";
    return text;
  }

  void expect_the_same_after(int signal) {
    ASSERT_EQ(bench_.run("train m.textproto --out whole").exit_code, 0);
    Outcome part = bench_.run("train m.textproto --out part", {{}, signal, "part/best.safetensors"});
    EXPECT_EQ(part.exit_code, 130) << part.err;
    EXPECT_NE(part.err.find("minnow train --resume part"), std::string::npos) << part.err;
    part = bench_.run("train --resume part");
    EXPECT_EQ(part.exit_code, 0) << part.err;
    EXPECT_EQ(tensors_of("part/weights.safetensors"), tensors_of("whole/weights.safetensors"));
    EXPECT_EQ(tensors_of("part/best.safetensors"), tensors_of("whole/best.safetensors"));
    EXPECT_EQ(metrics_of("part"), metrics_of("whole"));
  }

  Workbench bench_;
};

TEST_F(TrainingRun, GoesOnAfterCtrlCAsIfNothingHadBeen) { expect_the_same_after(SIGINT); }
TEST_F(TrainingRun, GoesOnAfterTerminationAsIfNothingHadBeen) { expect_the_same_after(SIGTERM); }

TEST_F(TrainingRun, LeavesTheLastGoodCheckpointWhenKilled) {
  const Outcome killed = bench_.run("train m.textproto --out run", {{}, SIGKILL, "run/curves.svg"});
  EXPECT_EQ(killed.exit_code, 128 + SIGKILL);
  EXPECT_EQ(bench_.run("eval run/config.textproto --weights run/weights.safetensors").exit_code, 0);
  EXPECT_EQ(bench_.run("train --resume run --epochs 4").exit_code, 0);
}

// As a kill in the first epoch leaves it: at first the configuration only, then the best weights but not the last.
TEST_F(TrainingRun, GoesOnFromWhatAKillInTheFirstEpochLeft) {
  ASSERT_EQ(bench_.run("train m.textproto --epochs 2 --out whole").exit_code, 0);
  const std::string summary = bench_.succeed("train m.textproto --epochs 2 --steps 125 --out first").out;
  EXPECT_NE(summary.find(": 1 epoch, 125 steps in "), std::string::npos) << summary;
  bench_.write("nothing/config.textproto", bench_.read("whole/config.textproto"));
  bench_.write("best/config.textproto", bench_.read("whole/config.textproto"));
  bench_.write("best/best.safetensors", bench_.read("first/best.safetensors"));
  for (const std::string run : {"nothing", "best"}) {
    const Outcome rest = bench_.run("train --resume " + run);
    ASSERT_EQ(rest.exit_code, 0) << rest.err;
    EXPECT_EQ(count_of(rest.err, "starts at step 0"), run == "nothing" ? 1 : 0) << rest.err;
    EXPECT_EQ(tensors_of(run + "/weights.safetensors"), tensors_of("whole/weights.safetensors"));
    EXPECT_EQ(metrics_of(run), metrics_of("whole"));
  }
}

TEST_F(TrainingRun, StaysAsItIsWhereItCannotGoOn) {
  bench_.succeed("train m.textproto --steps 5 --out run");
  const std::string config = bench_.read("run/config.textproto");
  expect_refused(bench_, "train --resume run --batch-size 3",
                 "training.batch_size: error: the run stopped after 5 batches");
  EXPECT_EQ(bench_.read("run/config.textproto"), config);
  bench_.succeed("train --resume run --steps 6");
}

// A run with metrics had weights, too. Whoever lost them should know, not start again.
TEST_F(TrainingRun, DoesNotStartAgainWhereWeightsAreMissing) {
  ASSERT_EQ(bench_.run("train m.textproto --epochs 1 --out run").exit_code, 0);
  std::filesystem::remove(bench_.path() + "/run/weights.safetensors");
  std::filesystem::remove(bench_.path() + "/run/best.safetensors");
  expect_refused(bench_, "train --resume run", "run: error: there is no run to go on with");
}

TEST_F(TrainingRun, SaysThatTheBestWeightsAreStillThere) {
  ASSERT_EQ(bench_.run("train m.textproto --epochs 1 --out run").exit_code, 0);
  bench_.write("run/weights.safetensors", bench_.read("run/weights.safetensors").substr(0, 5000));
  const Outcome outcome = bench_.run("train --resume run");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(count_of(outcome.err, "hint: best.safetensors"), 1) << outcome.err;
}

TEST_F(TrainingRun, LeavesEverythingAResultNeeds) {
  const Outcome run = bench_.run("train m.textproto --epochs 2 --out run");
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(count_of(run.err, "epoch "), 2) << "one line each where there is no terminal: " << run.err;
  const std::vector<std::string> expected = {"m.textproto",
                                             "run",
                                             "run/best.safetensors",
                                             "run/config.textproto",
                                             "run/curves.svg",
                                             "run/metrics.csv",
                                             "run/weights.safetensors"};
  EXPECT_EQ(bench_.files(), expected);
  EXPECT_EQ(count_of(bench_.read("run/metrics.csv"), "\n"), 3);
  expect_refused(bench_, "train m.textproto --out run", "run: error: the run folder is not empty");
}

TEST_F(TrainingRun, AFolderHasOneRunAtATime) {
  bench_.succeed("train m.textproto --out run --epochs 1");
  const std::string before = bench_.read("run/metrics.csv");
  {
    const auto other = FolderLock::take(bench_.path() + "/run");  // as a process does that trains there
    ASSERT_TRUE(other);
    expect_refused(bench_, "train --resume run --epochs 2", "run: error: another process is at work in this folder");
    expect_refused(bench_, "train m.textproto --out run --overwrite",
                   "run: error: another process is at work in this folder");
  }
  EXPECT_EQ(bench_.read("run/metrics.csv"), before);
  bench_.succeed("train --resume run --epochs 2");
}

TEST_F(TrainingRun, ResumesWithAnotherEndAndRemembersIt) {
  ASSERT_EQ(bench_.run("train m.textproto --epochs 1 --out run").exit_code, 0);
  ASSERT_EQ(bench_.run("train --resume run --epochs 2").exit_code, 0);
  EXPECT_EQ(count_of(bench_.read("run/metrics.csv"), "\n"), 3);
  EXPECT_NE(bench_.read("run/config.textproto").find("epochs: 2"), std::string::npos);
}

TEST_F(TrainingRun, SaysWhereALossWentBad) {
  const Outcome run = bench_.run(
      "train m.textproto --lr 1000 --optimizer sgd --set training.schedule={} "
      "--set loss.softmax_cross_entropy.form=NAIVE --out run");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_NE(run.err.find("loss is no longer finite; the first value that went bad is"), std::string::npos) << run.err;
  EXPECT_EQ(bench_.files(),
            (std::vector<std::string>{"m.textproto", "run", "run/config.textproto", "run/diverged.txt"}));
  EXPECT_EQ(bench_.read("run/diverged.txt"), run.err.substr(run.err.find("step ")));
}

class Weights : public TrainingRun {
 protected:
  void SetUp() override {
    TrainingRun::SetUp();
    ASSERT_EQ(bench_.run("train m.textproto --epochs 1 --set data.train_examples=50 --out run").exit_code, 0);
    bytes_ = bench_.read("run/weights.safetensors");
  }
  void expect_damage_found(const std::string& bytes, const std::string& expected) {
    bench_.write("w.safetensors", bytes);
    expect_refused(bench_, "eval m.textproto --weights w.safetensors", "w.safetensors: error: " + expected);
  }
  std::string bytes_;
};

TEST_F(Weights, OfAnotherModelAreRefused) {
  const std::string eval = "eval m.textproto --weights run/weights.safetensors ";
  expect_refused(bench_, eval + "--set layers.fc1.dense.units=17",
                 "run/weights.safetensors: error: weights of another model: tensor \"fc1.weight\" is f32[196,16], but "
                 "the model needs f32[196,17]");
  expect_refused(bench_, eval + "--set layers.fc1.dense.bias=false",
                 "run/weights.safetensors: error: weights of another model: tensor \"fc1.bias\" f32[16] is not in the");
  expect_refused(bench_, "train --resume run --optimizer momentum",
                 "run/weights.safetensors: error: was trained with another optimiser: momentum needs \"fc1.bias.");
  EXPECT_NE(bench_.run("train --resume run --optimizer momentum --set layers.fc1.dense.units=17")
                .err.find("weights of another model"),
            std::string::npos);
}

TEST_F(Weights, ThatAreDamagedAreRefused) {
  expect_damage_found("", "is empty, so it holds no tensor");
  expect_damage_found(bytes_.substr(0, 100), "is truncated within its header");
  expect_damage_found(bytes_.substr(0, bytes_.size() - 4), "tensor");
  expect_damage_found(bytes_ + "x", "has 1 trailing bytes");
  std::string flipped = bytes_;
  flipped[flipped.size() - 10] ^= 1;
  expect_damage_found(flipped, "is corrupt: its checksum is");
  expect_damage_found(std::string(8, '\xff'), "is not a safetensors file: it claims a header");
}

TEST_F(Weights, AreTheBestOfARunNamedInPlaceOfItsModel) {
  const std::string named = bench_.run("eval run/config.textproto --weights run/best.safetensors").out;
  EXPECT_EQ(bench_.run("eval run").out, named);
  EXPECT_EQ(bench_.run("eval m.textproto --weights run").out, named);
  EXPECT_EQ(bench_.run("predict run --index 0:3").exit_code, 0);
  EXPECT_EQ(bench_.run("compile run/").exit_code, 0);
  std::filesystem::remove(bench_.path() + "/run/best.safetensors");
  EXPECT_EQ(bench_.run("eval run").out, bench_.run("eval m.textproto --weights run/weights.safetensors").out)
      << "the last, where there are no best";
  std::filesystem::remove(bench_.path() + "/run/weights.safetensors");
  expect_refused(bench_, "eval run", "run: error: holds no weights of a run");
  std::filesystem::remove(bench_.path() + "/run/config.textproto");
  expect_refused(bench_, "check run", "run: error: is a folder, not a model file");
}

TEST_F(Weights, OfAFinishedRunAreNotTrainedOn) {
  const Outcome again = bench_.run("train --resume run");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_NE(again.err.find("run: was finished before, at epoch 1, and stays as it is; --epochs N goes on to epoch N"),
            std::string::npos)
      << again.err;
}

TEST_F(Weights, KeepTheConfigurationThatTheyWereTrainedBy) {
  const std::string config = bench_.read("run/config.textproto");
  bench_.succeed("train --resume run --lr 50 --seed 9");
  EXPECT_EQ(bench_.read("run/config.textproto"), config) << "nothing was trained";
  bench_.succeed("train --resume run --epochs 2 --lr 0.02");
  EXPECT_NE(bench_.read("run/config.textproto").find("learning_rate: 0.02"), std::string::npos);
}

TEST_F(Weights, EvaluateTheSameOnBothBackends) {
  const std::string eval = "eval m.textproto --weights run/weights.safetensors --backend ";
  const Outcome compiled = bench_.run(eval + "jit");
  EXPECT_EQ(compiled.exit_code, 0);
  EXPECT_EQ(compiled.out, bench_.run(eval + "interpreter").out);
}

TEST(RealData, SoftmaxRegressionLearnsFashionInOneEpoch) {
  const char* data = std::getenv("MINNOW_DATA");
  if (data == nullptr || *data == '\0') GTEST_SKIP() << "set MINNOW_DATA to a folder with fashion-mnist";
  const Workbench bench;
  const Outcome run =
      bench.run("train " MINNOW_SOURCE_DIR "/models/softmax-regression.textproto --epochs 1 --data-dir " +
                std::string(data) + " --out run");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string metrics = bench.read("run/metrics.csv");
  const std::string row = metrics.substr(metrics.find('\n') + 1);
  double accuracy = 0;
  ASSERT_EQ(std::sscanf(row.c_str(), "1,235,0.1,%*f,%*f,%*f,%lf", &accuracy), 1) << row;
  EXPECT_GT(accuracy, 0.75);
}

TEST_F(TrainingRun, SaysThatNothingIsKept) {
  const std::string note = "no weights are kept: --out DIR keeps them";
  EXPECT_NE(bench_.succeed("train m.textproto --steps 2").err.find(note), std::string::npos);
  EXPECT_EQ(bench_.succeed("train m.textproto --steps 2 --out run").err.find(note), std::string::npos);
}

}  // namespace
}  // namespace minnow
