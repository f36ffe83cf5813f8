// minnow experiment, as a user types it.
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <regex>

#include "frontend/load/load_experiment.h"
#include "tests/e2e/model_run.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

// Few digits that the program draws, so that no files are needed.
constexpr char kTiny[] =
    " --set data.builtin=GLYPHS --set data.train_examples=600 --set data.validation_examples=50 --set training.epochs=2";

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 28, 28] }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 20 epochs: 3 }
data { builtin: GLYPHS train_examples: 100 validation_examples: 50 }
)";

constexpr char kExperiment[] = R"(title: "two rates"
runs { name: "small" model: "m.textproto" set: "training.learning_rate=0.01" log_gradients: true }
runs { name: "large" model: "m.textproto" set: "training.learning_rate=0.2" log_gradients: true }
pictures { by_time {} }
pictures { gradients {} }
)";

struct ExperimentBench : Workbench {
  ExperimentBench() {
    write("m.textproto", kModel);
    write("e.textproto", kExperiment);
  }
};

// results.csv without what depends on the clock.
std::string results(const Workbench& bench, const std::string& folder) {
  return std::regex_replace(bench.read(folder + "/results.csv"), std::regex(R"(,[0-9.]+,(\"?runs/))"), ",$1");
}

// The tensors of a file of weights, without its header, which knows how long training took.
std::string tensors(const Workbench& bench, const std::string& file) {
  const std::string bytes = bench.read(file);
  uint64_t header = 0;
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  return header < bytes.size() ? bytes.substr(sizeof header + header) : "";
}

// Whether two files hold the same, whatever the clock said.
void expect_alike(const Workbench& bench, const std::string& file, const std::string& duplicate) {
  const bool is_timed = file.ends_with("metrics.csv") || file.ends_with("results.csv") || file.ends_with(".md") ||
                        file.ends_with("-time.svg");
  if (is_timed || std::filesystem::is_directory(bench.path() + "/" + file)) return;
  const bool is_alike = file.ends_with(".safetensors") ? tensors(bench, file) == tensors(bench, duplicate)
                                                       : bench.read(file) == bench.read(duplicate);
  EXPECT_TRUE(is_alike) << file << " and " << duplicate;
}

class ShippedExperiments : public testing::TestWithParam<std::string> {};

TEST_P(ShippedExperiments, EndInPictureAndTableAndComeOutTheSameAgain) {
  const Workbench bench;
  const Outcome first = bench.succeed("experiment " + GetParam() + " --out a" + kTiny);
  EXPECT_NE(first.out.find(" s in all"), std::string::npos) << first.out;
  const Outcome again = bench.succeed("experiment a/experiment.textproto --out b");
  int tables = 0, pictures = 0;
  for (const std::string& file : bench.files()) {
    if (!file.starts_with("a/")) continue;
    tables += file.ends_with(".csv");
    pictures += file.ends_with(".svg");
    expect_alike(bench, file, "b/" + file.substr(2));
  }
  EXPECT_EQ(results(bench, "a"), results(bench, "b"));
  EXPECT_GE(tables, 1);
  EXPECT_GE(pictures, 1);
}

INSTANTIATE_TEST_SUITE_P(All, ShippedExperiments,
                         testing::ValuesIn(shipped_names(MINNOW_SOURCE_DIR "/models/experiments")),
                         [](const auto& info) { return test_name(info.param); });

TEST(ExperimentCommand, ListsWhatIsShipped) {
  const Workbench bench;
  const Outcome list = bench.succeed("experiment --list");
  EXPECT_NE(list.out.find("learning-rates"), std::string::npos);
  EXPECT_EQ(count_of(list.out, "\n"), 10) << list.out;
}

TEST(ExperimentCommand, AllRunEachIntoAFolderOfItsOwn) {
  const Workbench bench;
  const std::string all = std::string("experiment all --out d") + kTiny + " --set training.epochs=1";
  bench.succeed(all);
  const std::string summary = bench.read("d/results.md");
  for (const std::string& name : shipped_names(MINNOW_SOURCE_DIR "/models/experiments")) {
    EXPECT_NE(summary.find("| " + name + " |"), std::string::npos) << summary;
    EXPECT_NE(bench.read("d/" + name + "/results.md"), "") << name;
  }
  EXPECT_EQ(bench.run(all).exit_code, 1);
  const std::string weights = bench.read("d/mnist/runs/lenet-relu/weights.safetensors");
  bench.succeed(all + " --resume");
  EXPECT_TRUE(bench.read("d/mnist/runs/lenet-relu/weights.safetensors") == weights);  // nothing is trained again
}

TEST(ExperimentCommand, SaysWhatARunFailedOf) {
  const Workbench bench;
  const Outcome failed = bench.run("experiment mnist --out d");
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.err.find("error: run lenet-relu failed: dataset \"mnist\" was not found"), std::string::npos)
      << failed.err;
  EXPECT_NE(failed.out.find("failed"), std::string::npos) << failed.out;
}

TEST(ExperimentCommand, LeavesTablesPicturesAndTheWayToGetThemAgain) {
  const ExperimentBench bench;
  const Outcome done = bench.succeed("experiment e.textproto --out d");
  EXPECT_NE(done.out.find("two rates"), std::string::npos) << done.out;
  EXPECT_EQ(count_of(done.out, "finished"), 2) << done.out;
  EXPECT_EQ(count_of(bench.read("d/gradients.csv"), "\n"), 3);
  EXPECT_NE(bench.read("d/curves.svg").find("two rates"), std::string::npos);
  EXPECT_NE(bench.read("d/by_time.svg").find("seconds of training"), std::string::npos);
  EXPECT_NE(bench.read("d/results.md").find("![gradients](gradients.svg)"), std::string::npos);
  EXPECT_EQ(bench.run("experiment e.textproto --out d").exit_code, 1);  // the folder is in use
  EXPECT_EQ(bench.run("experiment e.textproto --out d --overwrite").exit_code, 0);
}

TEST(ExperimentCommand, GoesOnAfterAnInterruption) {
  const ExperimentBench bench;
  bench.succeed("experiment e.textproto --out whole --jobs 1");
  RunOptions interrupted;
  interrupted.signal = SIGINT;
  interrupted.file = "d/runs/small/metrics.csv";
  const Outcome stopped = bench.run("experiment e.textproto --out d --jobs 1", interrupted);
  if (stopped.exit_code != 0) {  // unless the signal came too late
    EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
    EXPECT_NE(stopped.err.find("go on with the same command and --resume"), std::string::npos) << stopped.err;
  }
  bench.succeed("experiment e.textproto --out d --jobs 1 --resume");
  for (const char* file : {"runs/small/weights.safetensors", "runs/large/best.safetensors", "gradients.csv"})
    expect_alike(bench, std::string("d/") + file, std::string("whole/") + file);
  EXPECT_EQ(results(bench, "d"), results(bench, "whole"));
}

TEST(ExperimentCommand, ARunThatDivergesIsARow) {
  const ExperimentBench bench;
  bench.write("f.textproto", R"(runs { name: "tame" model: "m.textproto" }
runs { name: "wild" model: "m.textproto" set: "training.learning_rate=1000" set: "loss.softmax_cross_entropy.form=NAIVE" }
pictures { by_step {} }
)");
  const Outcome done = bench.succeed("experiment f.textproto --out d");
  EXPECT_NE(done.out.find("diverged"), std::string::npos) << done.out;
  EXPECT_NE(bench.read("d/results.csv").find("\nwild,diverged"), std::string::npos);
}

TEST(ExperimentCommand, RefusesWhatItCannotDo) {
  const ExperimentBench bench;
  expect_refused(bench, "experiment learning-rate --out d", "error: there is no experiment \"learning-rate\"");
  expect_refused(bench, "experiment e.textproto --out d --set training.epoch=1", "--set training.epoch: error:");
  expect_refused(bench, "experiment m.textproto --out d", "m.textproto:1:1: error: unknown field \"inputs\"");
  expect_refused(bench, "experiment e.textproto --out m.textproto", "m.textproto: error: is not a folder");
  bench.write("op.textproto", "pictures { ops { ops { name: 'sigmoidd' } } }");
  expect_refused(bench, "experiment op.textproto --out d",
                 "op.textproto:1:24: error: \"sigmoidd\" is no elementwise op");
  bench.write("pass.textproto",
              "pictures { logits { logits: 1 scales: 1 reference: 'p' programs { name: 'p' passes: 'fusee' text:\n"
              "'func @f(%x: f32[1]) -> (f32[1]) {\\n %0 = exp(%x) : f32[1]\\n return %0\\n}\\n' } } }");
  expect_refused(bench, "experiment pass.textproto --out d", "pass.textproto:1:56: error: ");
  EXPECT_EQ(bench.run("experiment").exit_code, 2);
  EXPECT_EQ(bench.run("experiment e.textproto").exit_code, 2);
}

TEST(ExperimentCommand, KeepsHostileNamesInTheirPlace) {
  const ExperimentBench bench;
  bench.write("h.textproto",
              "title: '<script>\\033[31m' runs { name: '../../<b>|\\033' model: 'm.textproto' }\n"
              "runs { name: '..' model: 'm.textproto' }\n"
              "pictures { name: '../../out' by_step { runs: '..' } }\n");
  const Outcome done = bench.succeed("experiment h.textproto --out d/e");
  EXPECT_EQ(done.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(done.err.find('\x1b'), std::string::npos);
  for (const std::string& file : bench.files())
    EXPECT_TRUE(file == "d" || file.starts_with("d/e") || file.ends_with(".textproto")) << file;
  EXPECT_EQ(bench.read("d/e/results.md").find("<script>"), std::string::npos);
  EXPECT_EQ(bench.read("d/e/curves.svg").find("<b>"), std::string::npos);
}

TEST(ExperimentCommand, ResumeTrainsAgainWhereGradientsAreMissing) {
  const ExperimentBench bench;
  bench.succeed("experiment e.textproto --out out");
  const std::string gradients = bench.read("out/runs/large/gradients.csv");
  bench.write("out/runs/large/gradients.csv", "");
  std::filesystem::remove(bench.path() + "/out/runs/small/gradients.csv");
  bench.succeed("experiment e.textproto --out out --resume");
  EXPECT_EQ(bench.read("out/runs/large/gradients.csv"), gradients);
  EXPECT_NE(bench.read("out/runs/small/gradients.csv"), "");
}

TEST(ExperimentCommand, RunsOfLikeNamesHaveFoldersOfTheirOwn) {
  const ExperimentBench bench;
  bench.write("names.textproto", R"(runs { name: "x/1" model: "m.textproto" }
runs { name: "x_1" model: "m.textproto" set: "training.learning_rate=0.2" }
runs { name: "x_1,2" model: "m.textproto" set: "training.learning_rate=0.3" }
runs { name: "a\nb" model: "m.textproto" }
)");
  bench.succeed("experiment names.textproto --out out --set training.epochs=1");
  int folders = 0;
  for (const std::string& file : bench.files()) folders += file.ends_with("/metrics.csv") ? 1 : 0;
  EXPECT_EQ(folders, 4);
  EXPECT_EQ(bench.read("out/results.md").find("a\nb"), std::string::npos) << "a name breaks the table";
}

TEST(ExperimentCommand, ProgramsOfTwoPicturesHaveFilesOfTheirOwn) {
  const ExperimentBench bench;
  const std::string program =
      R"(programs { name: "p" text: "func @f(%x: f32[2]) -> (f32[2]) { return %x }" } reference: "p" )";
  bench.write("two.textproto", "pictures { name: \"a\" logits { logits: [1, 0] scales: [1] " + program + "} }\n" +
                                   "pictures { name: \"b\" logits { logits: [1, 0] scales: [1] " + program + "} }\n");
  const Outcome outcome = bench.run("experiment two.textproto --out out");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("another program \"p\""), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace minnow
