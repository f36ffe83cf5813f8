// plot and sweep, as a user types them.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/train/folder_lock.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using nlohmann::json;

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 28, 28] }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 20 epochs: 2 }
data { builtin: GLYPHS train_examples: 100 validation_examples: 50 }
)";

TEST(PlotCommand, OverlaysRunsAndDrawsOps) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  ASSERT_EQ(bench.run("train m.textproto --out a").exit_code, 0);
  ASSERT_EQ(bench.run("train m.textproto --out 'b<\x1b'").exit_code, 0);
  const Outcome text = bench.run("plot a 'b<\x1b'");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("b<\\x1b validation"), std::string::npos) << text.out;
  EXPECT_EQ(bench.run("plot a 'b<\x1b' --x time -o both.svg").exit_code, 0);
  EXPECT_NE(bench.read("both.svg").find("b&lt;\\x1b train"), std::string::npos);
  EXPECT_EQ(bench.run("plot --op tanh -o tanh.png").exit_code, 0);
  EXPECT_EQ(bench.read("tanh.png").substr(1, 3), "PNG");
  EXPECT_EQ(bench.run("plot --op tanhh").exit_code, 1);
  EXPECT_EQ(bench.run("plot").exit_code, 2);
  EXPECT_EQ(bench.run("plot a -o a.gif").exit_code, 2);
  expect_refused(bench, "plot nowhere", "nowhere: error:");
}

TEST(SweepCommand, ComparesRunsAndGoesOn) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  const std::string sweep = "sweep m.textproto --grid learning_rate=0.01,0.1 --grid batch_size=20,50 --out s";
  const Outcome done = bench.run(sweep);
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(count_of(done.out, "finished"), 4) << done.out;
  EXPECT_EQ(count_of(bench.read("s/results.csv"), "\n"), 5);
  EXPECT_NE(bench.read("s/curves.svg").find("learning_rate=0.01 batch_size=50"), std::string::npos);
  EXPECT_EQ(bench.run(sweep).exit_code, 1);
  {
    const auto other = FolderLock::take(bench.path() + "/s");  // as a process does that sweeps there
    expect_refused(bench, sweep + " --resume", "s: error: another process is at work in this folder");
  }
  const json resumed = json::parse(bench.run(sweep + " --resume --json").out, nullptr, false);
  EXPECT_EQ(resumed["functions_compiled"], 0);
  EXPECT_EQ(resumed["runs"].size(), 4U);
  EXPECT_EQ(bench.run("plot 's/learning_rate=0.01,batch_size=20' s/learning_rate=0.1,batch_size=50").exit_code, 0);
}

TEST(SweepCommand, RefusesAGridItCannotRun) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  EXPECT_EQ(bench.run("sweep m.textproto").exit_code, 2);
  EXPECT_EQ(bench.run("sweep m.textproto --grid learning_rate").exit_code, 2);
  expect_refused(bench, "sweep m.textproto --grid lerning_rate=1",
                 "--set training.lerning_rate: error: Training has no field \"lerning_rate\"\n  hint: did you mean");
  expect_refused(bench, "sweep m.textproto --grid batch_size=10,x", "--set training.batch_size: error:");
}

TEST(EvalCommand, TellsWhoIsTakenForWhom) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  ASSERT_EQ(bench.run("train m.textproto --out run --log-gradients").exit_code, 0);
  EXPECT_EQ(count_of(bench.read("run/gradients.csv"), "\n"), 4);  // a head, the start, two epochs
  EXPECT_NE(bench.read("run/gradients.svg").find("gradient norm"), std::string::npos);
  const std::string weights = " m.textproto --weights run/best.safetensors";
  const Outcome text = bench.run("eval" + weights + " -o c.png");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_NE(text.out.find("precision"), std::string::npos);
  EXPECT_EQ(bench.read("c.png").substr(1, 3), "PNG");
  const json found = json::parse(bench.run("eval" + weights + " --json").out, nullptr, false);
  int64_t right = 0;
  for (size_t c = 0; c < 10; ++c) right += found["classes"][c]["predicted"][c].get<int64_t>();
  EXPECT_DOUBLE_EQ(static_cast<double>(right) / 50, found["accuracy"]);
}

TEST(TrainCommand, WritesEventFilesForTensorBoard) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  bench.succeed("train m.textproto --out run --log tensorboard");
  EXPECT_GT(bench.read("run/events.out.tfevents.0001.minnow").size(), 1000U);
  bench.succeed("train --resume run --epochs 3 --log tensorboard");
  EXPECT_NE(bench.read("run/events.out.tfevents.0002.minnow"), "");
  bench.succeed("train m.textproto --out run --overwrite --log-gradients");
  const std::vector<std::string> files = bench.files();
  EXPECT_TRUE(std::ranges::none_of(files, [](const std::string& name) { return name.find("tfevents") != name.npos; }));
  bench.succeed("train m.textproto --out run --overwrite");
  EXPECT_EQ(bench.read("run/gradients.csv"), "");
  EXPECT_EQ(bench.run("train m.textproto --log tensorboard").exit_code, 2);
  EXPECT_EQ(bench.run("train m.textproto --out other --log tensorbord").exit_code, 2);
}

// The log is cut short where the disk is full, the run is whole.
TEST(TrainCommand, TrainsOnWhereItsLogCannotBeWritten) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  RunOptions options;
  options.file_bytes = 100000;
  const Outcome outcome = bench.run("train m.textproto --out run --epochs 40 --log tensorboard --no-cache", options);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.err.find("run/events.out.tfevents.0001.minnow: error: cannot write: "), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("the run itself is whole"), std::string::npos) << outcome.err;
  EXPECT_EQ(count_of(bench.read("run/metrics.csv"), "\n"), 41);
}

TEST(PredictCommand, DrawsWorstExamplesAndBars) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  ASSERT_EQ(bench.run("train m.textproto --out run").exit_code, 0);
  const std::string predict = "predict m.textproto --weights run/best.safetensors ";
  EXPECT_EQ(bench.run(predict + "--worst 16 -o w.svg").exit_code, 0);
  EXPECT_EQ(count_of(bench.read("w.svg"), "<image"), 16);
  EXPECT_NE(bench.run(predict + "--index 0 --bars").out.find("█"), std::string::npos);
  EXPECT_EQ(bench.run(predict + "--index 0").out.find("█"), std::string::npos);
  expect_refused(bench, predict + "--filters", "m.textproto: error: the network has no convolution");
  EXPECT_EQ(bench.run(predict + "--index 0 -o a.png").exit_code, 2);
  EXPECT_EQ(bench.run("train m.textproto --log-gradients").exit_code, 2);
}

TEST(MemoryCommand, DrawsTheArena) {
  const Workbench bench;
  bench.write("m.textproto", kModel);
  const Outcome drawn = bench.run("memory m.textproto -o arena.svg");
  EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_NE(drawn.out.find("activations saved for gradients"), std::string::npos);
  EXPECT_NE(bench.read("arena.svg").find("<title>%"), std::string::npos);
}

TEST(FetchCommand, NamesWhatItTried) {
  const Workbench bench;
  const Outcome outcome = bench.run("data fetch mnist --data-dir d --mirror http://127.0.0.1:1/x");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("http://127.0.0.1:1/x/train-images-idx3-ubyte.gz"), std::string::npos) << outcome.err;
  expect_refused(bench, "data fetch mnits", "error: there are no data \"mnits\" to fetch");
}

}  // namespace
}  // namespace minnow
