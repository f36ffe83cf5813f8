// Ranks that train together leave what one process leaves, and say what it says, once.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "runtime/data/npy.h"
#include "tests/cluster/mpirun.h"
#include "tests/faults/training.h"

namespace minnow::testing {
namespace {

namespace fs = std::filesystem;

// Statistics, dropout, clipping, a schedule, a last batch that is smaller.
const std::string kConvolutions = glyphs_model(
    R"(
  layers { name: "conv" conv2d { filters: 3 kernel: 5 stride: 2 activation: RELU } }
  layers { name: "pool" max_pool { kernel: 2 } }
  layers { name: "norm" batch_norm {} }
  layers { name: "drop" dropout { rate: 0.2 } })",
    "learning_rate: 0.02 batch_size: 64 epochs: 2 momentum {} clip { global_norm: 1 } schedule { cosine {} }", 300,
    100);
const std::string kDense = glyphs_model(
    R"(
  layers { name: "hidden" dense { units: 50 activation: GELU } }
  layers { name: "norm" layer_norm {} })",
    "learning_rate: 0.001 batch_size: 50 epochs: 2 adamw {} early_stopping { patience: 1 }", 330, 100);
constexpr char kRecurrent[] = R"(
  inputs { name: "question" shape: 6 type: I32 }
  inputs { name: "answer" shape: 6 type: I32 }
  layers { name: "embed" inputs: "question" embedding { vocabulary: 11 units: 8 } }
  layers { name: "encoder" lstm { units: 8 bidirectional: true } }
  layers { name: "embed_answer" inputs: "answer" share: "embed" embedding { vocabulary: 11 units: 8 } }
  layers { name: "decoder" lstm { units: 16 } }
  layers { name: "look" inputs: ["decoder", "encoder"] attention { heads: 1 } }
  layers { name: "digit" dense { units: 11 per_position: true } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.01 batch_size: 20 epochs: 2 rmsprop {} }
  data { builtin: REVERSE train_examples: 110 validation_examples: 30 }
)";

// A weight and a bias for examples in files.
constexpr char kLine[] = R"(
  inputs { name: "x" shape: [1] }
  layers { name: "fc" dense { units: 1 } }
  loss { mean_squared_error {} }
  training { learning_rate: 0.01 batch_size: 2 epochs: 1 }
  data { csv { train: "a.csv" validation: "b.csv" } }
)";

class TrainedOnRanks : public RanksTest {
 protected:
  void SetUp() override { SKIP_WITHOUT_RANKS(); }

  Outcome train(int ranks, const std::string& arguments, const std::string& before = "") const {
    return run(ranks, "train " + arguments, before);
  }
  void write_line() const {
    bench_.write("line.textproto", kLine);
    bench_.write("a.csv", "x,y\n1,2\n2,3\n3,4\n4,5\n");
    bench_.write("b.csv", "x,y\n4,5\n5,6\n");
  }
  void expect_same(const std::string& run, const std::string& other) const {
    const auto found = results_of(bench_.path() + "/" + run), expected = results_of(bench_.path() + "/" + other);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i] == expected[i]) << found[i].first << " of " << run;
  }
  void expect_same_on_any_number(const std::string& model) {
    bench_.write("m.textproto", model);
    const Outcome alone = train(1, "m.textproto --out alone");
    ASSERT_EQ(alone.exit_code, 0) << alone.err;
    for (const int ranks : {2, 3, 8}) {
      const std::string run = "run" + std::to_string(ranks);
      const Outcome together =
          train(ranks, "m.textproto --threads " + std::to_string(ranks == 3 ? 2 : 1) + " --out " + run);
      ASSERT_EQ(together.exit_code, 0) << together.err;
      EXPECT_EQ(count_of(together.err, "epoch 1/2"), 1) << together.err;
      EXPECT_EQ(count_of(together.out, "run folder"), 1) << together.out;
      expect_same(run, "alone");
    }
  }
};

TEST_F(TrainedOnRanks, ConvolutionsHaveTheSameBits) { expect_same_on_any_number(kConvolutions); }
TEST_F(TrainedOnRanks, DenseLayersHaveTheSameBits) { expect_same_on_any_number(kDense); }
TEST_F(TrainedOnRanks, RecurrentLayersHaveTheSameBits) { expect_same_on_any_number(kRecurrent); }

TEST_F(TrainedOnRanks, GoOnWithAnyOtherNumber) {
  bench_.write("m.textproto", kConvolutions);
  ASSERT_EQ(train(1, "m.textproto --out whole").exit_code, 0);
  ASSERT_EQ(train(3, "m.textproto --out run --steps 2").exit_code, 0);
  ASSERT_EQ(train(1, "--resume run --steps 3").exit_code, 0);
  ASSERT_EQ(train(2, "--resume run --steps 7").exit_code, 0);
  const Outcome last = train(3, "--resume run");
  ASSERT_EQ(last.exit_code, 0) << last.err;
  expect_same("run", "whole");
}

// The leader alone can see the run's folder.
TEST_F(TrainedOnRanks, ReadAndWriteTheRunFolderInOnePlace) {
  bench_.write("m.textproto", kConvolutions);
  ASSERT_EQ(train(1, "m.textproto --out whole").exit_code, 0);
  const std::string apart = "mkdir -p at.$rank && cp m.textproto at.$rank && cd at.$rank";
  ASSERT_EQ(train(2, "m.textproto --out run --steps 3", apart).exit_code, 0);
  EXPECT_FALSE(fs::exists(bench_.path() + "/at.1/run"));
  const Outcome rest = train(2, "m.textproto --resume run", apart);
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  expect_same("at.0/run", "whole");
}

TEST_F(TrainedOnRanks, SayAMistakeOnce) {
  bench_.write("m.textproto", kDense);
  write_line();
  struct Row {
    const char* arguments;
    int exit_code;
    const char* said;
  };
  for (const Row& row :
       {Row{"m.textproto --set layers.fc.dense.units=0", 1, "units"},
        Row{"missing.textproto", 1, "cannot open the model file"}, Row{"m.textproto --speed 3", 2, "--speed"},
        Row{"m.textproto --out m.textproto", 1, "is not a folder"}, Row{"- --out run", 1, "one rank alone"},
        Row{"m.textproto --tune", 1, "--tune"},
        Row{"line.textproto --set training.learning_rate=1000 --epochs 50 --out run", 3, " finite"}}) {
    const Outcome outcome = train(3, row.arguments);
    const std::string words = words_of_minnow(outcome.err);
    EXPECT_EQ(outcome.exit_code, row.exit_code) << row.arguments << "\n" << outcome.err;
    EXPECT_EQ(count_of(words, "error: "), 1) << row.arguments << "\n" << outcome.err;
    EXPECT_NE(words.find(row.said), std::string::npos) << outcome.err;
  }
  EXPECT_TRUE(fs::exists(bench_.path() + "/run/diverged.txt"));
}

// As under srun, and under MPICH's mpirun; Open MPI's gives terminals.
TEST_F(TrainedOnRanks, WriteToPipes) {
  bench_.write("m.textproto", kDense);
  ASSERT_EQ(train(1, "m.textproto --out alone").exit_code, 0);
  const Outcome outcome = train(2, "m.textproto --out run", "say() { \"$@\" 2>&1 | cat; }; say \"$@\"; exit");
  EXPECT_EQ(count_of(outcome.out, "run folder"), 1) << outcome.out;
  expect_same("run", "alone");
}

// What one rank alone fails at, all end with.
TEST_F(TrainedOnRanks, NameTheOneThatFails) {
  bench_.write("m.textproto", kDense);
  const Outcome outcome = train(3, "m.textproto", "test $rank -ne 2 || cd /");
  EXPECT_EQ(outcome.exit_code, 1);
  const std::string words = words_of_minnow(outcome.err);
  EXPECT_EQ(count_of(words, "error: "), 1) << words;
  EXPECT_NE(words.find("rank 2 ("), std::string::npos) << words;
  EXPECT_NE(words.find("cannot open the model file"), std::string::npos) << words;
}

TEST_F(TrainedOnRanks, NameTheOneThatDiffers) {
  struct Row {
    const char* change;
    const char* said;
  };
  write_line();
  const std::string apart =
      "mkdir -p at.$rank && cp line.textproto a.csv b.csv at.$rank && cd at.$rank; test $rank -ne 1 || ";
  const Outcome usual = train(3, "line.textproto", apart + "true");
  EXPECT_EQ(usual.exit_code, 0) << usual.err;
  for (const Row& row : {Row{"sed -i 's/2,3/2,7/' a.csv", "the training data differ"},
                         Row{"sed -i 's/4,5/4,6/' b.csv", "the validation data differ"},
                         Row{"sed -i 's/0.01/0.02/' line.textproto", "the models differ"},
                         Row{"set -- \"$@\" --cpu x86-64", "the processors differ"}}) {
    const Outcome outcome = train(3, "line.textproto", apart + row.change);
    const std::string words = words_of_minnow(outcome.err);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_NE(words.find("rank 1 ("), std::string::npos) << words;
    EXPECT_NE(words.find(row.said), std::string::npos) << words;
    EXPECT_EQ(count_of(words, "error: "), 1) << words;
  }
}

// Of files that are so large that they stay where they are.
class TrainedOnLargeFiles : public TrainedOnRanks {
 protected:
  static constexpr int64_t kRows = 70000, kWidth = 256;

  void SetUp() override {
    SKIP_WITHOUT_RANKS();
    bench_.write("m.textproto", R"(
      inputs { name: "x" shape: [256] }
      layers { name: "fc" dense { units: 40 activation: RELU } }
      layers { name: "out" dense { units: 2 } }
      loss { softmax_cross_entropy {} }
      training { learning_rate: 0.1 batch_size: 512 epochs: 1 }
      data {
        npy { train_inputs: "x.npy" train_targets: "y.npy" validation_inputs: "x.npy" validation_targets: "y.npy" }
        validation_examples: 100
      }
    )");
    Tensor x = Tensor::uninitialized({DType::kU8, {kRows, kWidth}}), y = Tensor::zeros({DType::kU8, {kRows}});
    uint32_t number = 1;
    for (uint8_t& value : x.as<uint8_t>()) value = static_cast<uint8_t>((number = number * 1664525 + 1013904223) >> 24);
    for (size_t i = 0; i < y.as<uint8_t>().size(); ++i) y.as<uint8_t>()[i] = x.as<uint8_t>()[i * kWidth] >> 7;
    ASSERT_TRUE(write_npy(bench_.path() + "/x.npy", x));
    ASSERT_TRUE(write_npy(bench_.path() + "/y.npy", y));
  }
};

TEST_F(TrainedOnLargeFiles, HaveTheSameBits) {
  for (const auto& [ranks, run] : {std::pair(1, "alone"), {2, "two"}, {3, "three"}}) {
    const Outcome outcome = train(ranks, std::string("m.textproto --steps 30 --out ") + run);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same(run, "alone");
  }
}

TEST_F(TrainedOnLargeFiles, NameTheOneWhoseLastByteDiffers) {
  const Outcome outcome = train(2, "m.textproto --steps 1 --out run",
                                "mkdir -p at.$rank && cp m.textproto x.npy y.npy at.$rank && cd at.$rank; test $rank "
                                "-ne 1 || printf '\\001' | dd of=x.npy bs=1 seek=17920127 conv=notrunc 2>/dev/null");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const std::string words = words_of_minnow(outcome.err);
  EXPECT_NE(words.find("rank 1 ("), std::string::npos) << words;
  EXPECT_NE(words.find("the training data differ"), std::string::npos) << words;
}

TEST_F(TrainedOnLargeFiles, EndWhereOneIsCutShort) {
  for (const int ranks : {1, 2}) {
    const std::string folder = "run" + std::to_string(ranks);
    RunOptions options = ranks == 1 ? RunOptions{} : on_ranks(ranks);
    options.file = folder + "/weights.safetensors";
    options.then = [&] { fs::resize_file(bench_.path() + "/x.npy", 1 << 20); };
    const Outcome outcome = run("train m.textproto --epochs 100000 --out " + folder, options);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    const std::string words = words_of_minnow(outcome.err);
    EXPECT_EQ(count_of(words, "error: "), 1) << words;
    // Either rank may be the first to read what is gone; what rank 1 finds, rank 0 says for it.
    EXPECT_NE(words.find("x.npy: error: "), std::string::npos) << words;
    EXPECT_NE(words.find("has become shorter while it was in use"), std::string::npos) << words;
    fs::resize_file(bench_.path() + "/x.npy", 128 + kRows * kWidth);
  }
}

TEST_F(TrainedOnRanks, SaveWhenOneIsToldToEnd) {
  bench_.write("m.textproto", kConvolutions);
  RunOptions told = on_ranks(3);
  told.signal = SIGTERM;
  told.process_file = process_file(1);
  told.file = "run/weights.safetensors";
  const Outcome outcome = run("train m.textproto --epochs 2000 --set training.schedule.constant={} --out run", told);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(count_of(outcome.err, "go on with: minnow train --resume run"), 1) << outcome.err;
  // As many steps as in one go.
  const size_t at = outcome.err.find("at step ") + 8;
  const int steps = std::stoi(outcome.err.substr(at)) + 3;
  ASSERT_EQ(train(2, "--resume run --steps " + std::to_string(steps)).exit_code, 0);
  ASSERT_EQ(train(1, "m.textproto --epochs 2000 --set training.schedule.constant={} --out whole --steps " +
                         std::to_string(steps))
                .exit_code,
            0);
  expect_same("run", "whole");
}

TEST_F(TrainedOnRanks, AreNotForEveryCommand) {
  bench_.write("m.textproto", kDense);
  const Outcome outcome = run(2, "check m.textproto");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(count_of(words_of_minnow(outcome.err), "minnow check: error: is of one process"), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const Outcome version = bench_.run("--version", on_ranks(2));
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(count_of(version.out, "minnow "), 1);
}

TEST_F(TrainedOnRanks, SayWhichPackageLacks) {
  fs::copy_file(MINNOW_PROGRAM, bench_.path() + "/minnow");
  RunOptions options;
  options.launcher = {
      "env", "OMPI_COMM_WORLD_RANK=0", "OMPI_COMM_WORLD_SIZE=2", "sh", "-c", "shift; exec ./minnow \"$@\"", "sh"};
  const Outcome outcome = bench_.run("--version", options);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("libopenmpi-dev"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace minnow::testing
