// Every command as a user types it: exit codes, what goes to stdout and what to stderr, and --json.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "runtime/data/png.h"
#include "runtime/safetensors.h"
#include "tests/e2e/model_run.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using nlohmann::json;

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 28, 28] }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { momentum {} batch_size: 20 epochs: 2 }
data { builtin: GLYPHS train_examples: 100 validation_examples: 50 }
)";

class Commands : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }

  // What the command prints, which must succeed without a word on stderr.
  std::string out(const std::string& arguments) {
    const Outcome outcome = bench_.succeed(arguments);
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }
  json parsed(const std::string& arguments) { return json::parse(out(arguments + " --json"), nullptr, false); }
  void train() { ASSERT_EQ(bench_.run("train m.textproto --out run").exit_code, 0); }

  Workbench bench_;
};

TEST_F(Commands, NewWritesAModelThatChecks) {
  for (const std::string& name : shipped_models()) {
    bench_.write("new.textproto", out("new " + name));
    EXPECT_NE(out("check new.textproto").find("total"), std::string::npos) << name;
  }
  EXPECT_EQ(bench_.run("new lenett").err,
            "error: there is no model \"lenett\" to start from\n  hint: did you mean lenet?\n");
}

TEST_F(Commands, CheckCountsWeightsAndFlops) {
  const json found = parsed("check m.textproto");
  EXPECT_EQ(found["weights"], 7850);
  EXPECT_EQ(found["flops"], 15680);
  EXPECT_EQ(found["layers"][0]["output"], json::array({10}));
}

TEST_F(Commands, EvalAndPredictReadWhatTrainWrote) {
  train();
  const std::string weights = " m.textproto --weights run/weights.safetensors";
  const json evaluation = parsed("eval" + weights);
  EXPECT_EQ(evaluation["examples"], 50);
  EXPECT_GT(evaluation["accuracy"], 0.2);
  EXPECT_EQ(parsed("eval" + weights + " --split train")["examples"], 100);

  const json predictions = parsed("predict" + weights + " --index 7:48 --top 2")["predictions"];
  ASSERT_EQ(predictions.size(), 41U);
  EXPECT_EQ(predictions[0]["label"], "7");
  EXPECT_EQ(predictions[0]["classes"].size(), 2U);
  EXPECT_GE(predictions[0]["classes"][0]["probability"], predictions[0]["classes"][1]["probability"]);
  EXPECT_NE(out("predict" + weights + " --index 3").find("glyphs 3 (is 3)"), std::string::npos);
  expect_refused(bench_, "predict" + weights + " --index 40:60",
                 "--index 40:60: error: does not lie in the 50 examples");
  for (const std::string none : {"50", "3:3", "-1:2", "9223372036854775807"})
    expect_refused(bench_, "predict" + weights + " --index=" + none,
                   "--index " + none + ": error: does not lie in the 50 examples");
}

TEST_F(Commands, PredictTakesAPicture) {
  train();
  ASSERT_TRUE(write_png(bench_.path() + "/digit.png", Tensor::zeros({DType::kU8, {28, 28}})));
  ASSERT_TRUE(write_png(bench_.path() + "/small.png", Tensor::zeros({DType::kU8, {8, 9}})));
  bench_.write("text.png", "no picture");
  const std::string predict = "predict m.textproto --weights run/weights.safetensors --image ";
  EXPECT_EQ(count_of(out(predict + "digit.png"), "%"), 3);
  EXPECT_EQ(count_of(out(predict + "small.png"), "%"), 3) << "made as large as the network's own";
  EXPECT_EQ(bench_.run(predict + "digit.png").err, "");
  Tensor paper = Tensor::zeros({DType::kU8, {28, 30}});
  std::ranges::fill(paper.as<uint8_t>(), uint8_t{250});
  ASSERT_TRUE(write_png(bench_.path() + "/paper.png", paper));
  EXPECT_NE(bench_.run(predict + "paper.png").err.find("paper.png: its edges are light"), std::string::npos);
  EXPECT_EQ(bench_.run(predict + "paper.png --invert").err, "");
  expect_refused(bench_, predict + "text.png", "text.png: error: is not a readable PNG");
  expect_refused(bench_, predict + "none.png", "none.png: error: cannot open");
}

TEST_F(Commands, WeightsThatAreNotFiniteAreRefused) {
  train();
  for (const char* name : {"best", "weights"}) {
    const std::string path = fmt::format("{}/run/{}.safetensors", bench_.path(), name);
    auto file = read_safetensors(path);
    ASSERT_TRUE(file);
    std::vector<NamedTensorRef> tensors;
    for (NamedTensor& named : file->tensors) {
      if (named.name == "fc.weight") named.tensor.as<float>()[5] = -NAN;
      tensors.push_back({named.name, &named.tensor});
    }
    ASSERT_TRUE(write_safetensors(path, tensors, file->metadata));
  }
  const std::string bad = " is not finite: element 5 is nan";
  for (const char* command : {"eval run", "eval run --json", "predict run", "predict run --filters"})
    expect_refused(bench_, command, "run/best.safetensors: error: tensor \"fc.weight\"" + bad);
  expect_refused(bench_, "train --resume run --epochs 3", "run/weights.safetensors: error: tensor \"fc.weight\"" + bad);
}

TEST_F(Commands, CompileShowsSoftmaxAndCrossEntropyAsOneKernel) {
  const std::string ir = out("compile m.textproto");
  EXPECT_EQ(count_of(ir, "{kind = row}"), 1);
  EXPECT_EQ(count_of(ir, "= exp("), 1) << "forward and gradient share it";
  const size_t row = ir.find("{kind = row}");
  const std::string body = ir.substr(row, ir.find("  }\n", row) - row);
  for (const char* op : {"reduce_max", "exp", "log", "argmax"}) EXPECT_EQ(count_of(body, op), count_of(ir, op)) << op;
  EXPECT_GT(count_of(body, "loc(\"loss\", gradient)"), 0);
}

TEST_F(Commands, CompileEmitsEveryForm) {
  const std::vector<std::pair<std::string, std::string>> forms = {
      {"ir", "func @infer("}, {"dot", "digraph"}, {"svg", "</svg>"}, {"llvm", "define "}, {"asm", ".text"}};
  for (const auto& [form, expected] : forms)
    EXPECT_NE(out("compile m.textproto --function infer --emit " + form).find(expected), std::string::npos) << form;
  expect_refused(bench_, "compile m.textproto -o none/m.ir", "none/m.ir: error: cannot create: No such file");
}

TEST_F(Commands, CompileWritesBundlesWholeOrNotAtAll) {
  out("compile m.textproto --emit bundle --name net -o b");
  EXPECT_TRUE(
      bench_.read("b/net.o").starts_with("\x7f"
                                         "ELF"));
  out("compile m.textproto --emit c --function infer,train_step -o c");
  EXPECT_NE(bench_.read("c/m.c").find("int m_train_step("), std::string::npos);
  for (const char* wrong :
       {"--emit bundle", "--emit bundle -o d --name a-b", "--emit bundle -o d --name int",
        "--emit bundle -o d --function infer,infer", "--emit bundle -o d --function infr",
        "--emit bundle -o d --time-passes", "--emit c -o d --print-ir-diff", "--emit c -o d --stop-after fuse"})
    EXPECT_EQ(bench_.run(std::string("compile m.textproto ") + wrong).exit_code, 2) << wrong;
  bench_.write("f.ir", "func @first(%x: f32[2]) -> (y: f32[2]) {\n  return %x\n}\n");
  out("compile f.ir --emit c -o c");
  EXPECT_NE(bench_.read("c/f.c").find("int f_first("), std::string::npos);
  expect_refused(bench_, "compile m.textproto --emit bundle -o d --target nowhere",
                 "error: no such target \"nowhere\"");
  expect_refused(bench_, "compile m.textproto --emit bundle -o m.textproto/d", "m.textproto/d: error: ");
}

TEST_F(Commands, WhatCompileWritesRunsAndRoundTrips) {
  const std::string ir = out("compile m.textproto --function infer --batch-size 2");
  bench_.write("f.ir", ir);
  EXPECT_EQ(out("opt f.ir"), ir);
  const std::string run = "run f.ir --input image=255 --input fc.weight=0.01 --input fc.bias=1";
  const std::string tenths = "prediction: f32[2,10] = 0.100000001 0.100000001";
  EXPECT_TRUE(out(run).starts_with(tenths)) << out(run);
  EXPECT_TRUE(out(run + " --backend interpreter").starts_with(tenths));
  out(run + " --out results");
  EXPECT_EQ(bench_.read("results/prediction.npy").substr(1, 5), "NUMPY");
}

TEST_F(Commands, ANumberThatATypeDoesNotHoldIsRefused) {
  bench_.write("f.ir",
               R"(func @f(%i: i32[], %b: u8[], %p: pred[], %x: f32[]) -> (i: i32[], b: u8[], p: pred[], s: f32[]) {
  %0 = add(%x, %x) : f32[]  loc("sum")
  return %i, %b, %p, %0
}
)");
  out("run f.ir --input i=-2147483648 --input b=255 --input p=1 --input x=inf");
  EXPECT_NE(out("run f.ir --input i=1e3 --input x=0.1").find("1000"), std::string::npos);
  const auto refused = [&](const std::string& input, const std::string& expected) {
    expect_refused(bench_, "run f.ir --input " + input, "--input " + input + ": error: " + expected);
  };
  for (const char* number : {"3000000000", "1e30", "1.5", "nan", "inf"})
    refused(std::string("i=") + number,
            number + std::string(" is no i32, which holds whole numbers from -2147483648 to 2147483647"));
  for (const char* number : {"300", "-5", "1.7", "nan"})
    refused(std::string("b=") + number, number + std::string(" is no u8, which holds whole numbers from 0 to 255"));
  for (const char* number : {"0.5", "2", "-1"})
    refused(std::string("p=") + number, number + std::string(" is no pred, which holds whole numbers from 0 to 1"));
  refused("x=1e39", "1e39 is beyond what f32 holds");
  refused("x=one", "\"one\" is not a number");
  expect_refused(bench_, "run f.ir --input x=1 --input x=2", "--input x=2: error: \"x\" has a value already");
}

TEST_F(Commands, MemorySetsTrainingBesideInference) {
  const json found = parsed("memory m.textproto");
  EXPECT_EQ(found["training"]["weights"], 4 * 7850);
  EXPECT_EQ(found["training"]["optimizer_state"], 4 * 7850);
  EXPECT_EQ(found["inference"]["optimizer_state"], 0);
  EXPECT_EQ(found["inference"]["gradients"], 0);
  EXPECT_GT(found["training"]["gradients"], 0);
  EXPECT_NE(out("memory m.textproto").find("optimiser state"), std::string::npos);
}

TEST_F(Commands, GradcheckAgrees) {
  EXPECT_NE(out("gradcheck m.textproto").find("all gradients agree"), std::string::npos);
  EXPECT_EQ(bench_.run("gradcheck m.textproto --tolerance 1e-300").exit_code, 3);
}

TEST_F(Commands, BenchTakesItsTurnsWhenAsked) {
  const auto answers = [&](const char* lines) {
    bench_.write("turns", lines);
    RunOptions options;
    options.in = bench_.path() + "/turns";
    return bench_.run("bench m.textproto --on-request", options);
  };
  const Outcome outcome = answers("1\n20\n");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::string first;
  std::getline(lines, first);
  const json prepared = json::parse(first, nullptr, false);
  EXPECT_EQ(prepared["flops_per_step"], 2 * 2 * 20 * 7840) << "forward, and the weights' gradient";
  EXPECT_GT(prepared["peak_flops_per_second"], 0);
  double one = 0, twenty = 0;
  EXPECT_TRUE(lines >> one >> twenty) << outcome.out;
  EXPECT_GT(one, 0);
  EXPECT_GT(twenty, 0);
  EXPECT_EQ(answers("").exit_code, 0);
  for (const char* line : {"0", "-1", "many", "1 2", "1000001", "99999999999999999999"}) {
    EXPECT_EQ(answers(line).exit_code, 2) << line;
    EXPECT_NE(answers(line).err.find("is not a number of steps"), std::string::npos) << line;
  }
}

TEST_F(Commands, InfoNamesTheMachine) {
  EXPECT_GT(parsed("info")["threads"], 0);
  EXPECT_NE(out("info").find("llvm"), std::string::npos);
}

TEST_F(Commands, MistakesOfUsageExitWithTwo) {
  for (const char* arguments :
       {"", "frob", "train", "train m.textproto --frob", "train m.textproto --threads -1", "eval m.textproto",
        "train m.textproto --backend gpu", "train m.textproto --optimizer sdg", "compile m.textproto --emit wasm",
        "train m.textproto --out a --resume b", "predict m.textproto --weights w --index 1 --image i.png"}) {
    const Outcome outcome = bench_.run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.err;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_NE(outcome.err, "") << arguments;
  }
  EXPECT_EQ(bench_.run("trian m.textproto").err, "error: there is no command \"trian\"\n  hint: did you mean train?\n");
  EXPECT_EQ(bench_.run("--help").exit_code, 0);
  EXPECT_EQ(bench_.run("--version").out, "minnow 0.1.0\n");
}

TEST_F(Commands, OverridesAreRefusedByTheirPath) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"training.learning_rat=1",
       "--set training.learning_rat: error: Training has no field \"learning_rat\"\n  hint: did you mean "
       "\"learning_rate\"?"},
      {"training.learning_rate=fast", "--set training.learning_rate: error: \"fast\" is not a number"},
      {"training.learning_rate=-1",
       "--set training.learning_rate: error: learning_rate is -1, but must lie in (0, 1000]"},
      {"training.epochs=1e9", "--set training.epochs: error: \"1e9\" is not a whole number"},
      {"layers.fd.dense.units=3", "--set layers.fd.dense.units: error: \"fd\" is none of the 1 layers"},
      {"layers.fc.dense.units=0",
       "--set layers.fc.dense.units: error: layer \"fc\": units is 0, but must lie in [1, 1048576]"},
      {"layers=1", "--set layers: error: stands for several elements"},
      {"training={learning_rate: }", "--set training:1:16: error: expected a number"},
      {"training", "--set training: error: is not of the form path=value"},
      {"data.train_examples=100000000",
       "--set data.train_examples: error: 100000000 examples have more than 2147483648"},
  };
  for (const auto& [assignment, expected] : cases)
    expect_refused(bench_, "train m.textproto --out run --set '" + assignment + "'", expected);
}

TEST_F(Commands, MissingDataSayWhereTheyWereSoughtAndWhatToDo) {
  const std::string train = "train m.textproto --data-dir . --set data.named=";
  const Outcome outcome = bench_.run(train + "mnist");
  EXPECT_EQ(outcome.exit_code, 1);
  for (const char* part :
       {"dataset \"mnist\" was not found", "./mnist: not there", "./data/mnist: not there",
        "`minnow data fetch mnist` downloads it", "--data-dir or MINNOW_DATA", "GLYPHS` need no file"})
    EXPECT_NE(outcome.err.find(part), std::string::npos) << part << "\n" << outcome.err;
  expect_refused(bench_, train + "mnits",
                 "--set data.named: error: there is no data set \"mnits\"\n  hint: did you mean \"mnist\"?");
  const Outcome page = bench_.run("compile m.textproto --emit=web -o page.html --data-dir . --set data.named=mnist");
  EXPECT_EQ(page.exit_code, 0);
  EXPECT_NE(page.err.find("the page has no data: error: dataset \"mnist\" was not found; looked in\n"),
            std::string::npos)
      << page.err;
}

TEST_F(Commands, FullDiskAndUnwritableFoldersAreTold) {
  expect_refused(bench_, "train m.textproto --out m.textproto", "m.textproto: error: is not a folder");
  expect_refused(bench_, "train m.textproto --out m.textproto/run", "m.textproto/run: error: cannot make the folder");
  for (const char* arguments :
       {"check m.textproto", "help --json", "help train", "--help", "--version", "completion bash"}) {
    const Outcome full = bench_.run(arguments, {"/dev/full", 0, {}});
    EXPECT_EQ(full.exit_code, 1) << arguments;
    EXPECT_EQ(full.err, "stdout: error: cannot write the results\n") << arguments;
  }
  expect_refused(bench_, "train m.textproto --max-memory 1 --batch-size 60000",
                 "m.textproto:1:24: error: with the input \"image\" [60000,1,28,28] the model needs at least "
                 "188160000 bytes");
}

// It ends in the midst of a compilation that takes seconds.
TEST(Interrupt, EndsACommandThatHasNothingToSave) {
  const Workbench bench;
  std::string model = "inputs { name: \"x\" shape: [64] }\n";
  for (int i = 0; i < 600; ++i)
    model += fmt::format("layers {{ name: \"d{}\" dense {{ units: {} activation: TANH }} }}\n", i, 60 + i % 300);
  model += "loss { softmax_cross_entropy {} }\ntraining { learning_rate: 0.1 batch_size: 32 epochs: 1 }\n";
  bench.write("deep.textproto", model);
  RunOptions options;
  options.signal = SIGINT;
  options.file = "stages";
  const Outcome outcome = bench.run("compile deep.textproto --emit asm --print-ir-tree-dir stages -o deep.s", options);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_EQ(outcome.err, "interrupted\n");
}

}  // namespace
}  // namespace minnow
