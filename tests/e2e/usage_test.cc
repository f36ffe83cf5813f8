// Command lines that are wrong are answered with the command and the nearest flag.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(const std::string& arguments) {
  const Workbench bench;
  const Outcome outcome = bench.run(arguments);
  EXPECT_EQ(outcome.exit_code, 2) << arguments;
  return outcome.err;
}

TEST(Usage, UnknownFlagsNameTheNearest) {
  EXPECT_EQ(refusal("train m.textproto --batchsize 10"),
            "error: minnow train has no flag --batchsize\n  hint: did you mean --batch-size?\n");
  EXPECT_EQ(refusal("data show glyphs --cuont 3"),
            "error: minnow data show has no flag --cuont\n  hint: did you mean --count?\n");
  EXPECT_THAT(refusal("bench m.textproto --weight-decay=1"),
              HasSubstr("a field of the model is changed by --set training.weight_decay=VALUE"));
  EXPECT_THAT(refusal("info --frobnicate"), HasSubstr("minnow info --help lists what it takes"));
}

TEST(Usage, WhatIsMissingOrTooMuchIsTold) {
  EXPECT_THAT(refusal("train a.textproto b.textproto"),
              StartsWith("error: minnow train takes no further argument \"b.textproto\""));
  EXPECT_THAT(refusal("data show"), HasSubstr("hint: minnow data show --help lists what it takes"));
  EXPECT_EQ(refusal("hlep"), "error: there is no command \"hlep\"\n  hint: did you mean help?\n");
}

TEST(Usage, ValuesThatAreNoneNameTheNearest) {
  EXPECT_EQ(refusal("train m.textproto --optimizer Adam"),
            "error: --optimizer: there is no \"Adam\", only sgd, momentum, adam, adamw, rmsprop\n"
            "  hint: did you mean adam?\n");
  EXPECT_THAT(refusal("eval m.textproto --split test"),
              StartsWith("error: --split: there is no \"test\", only train, validation\n"));
  EXPECT_THAT(refusal("train m.textproto --backend gpu"),
              StartsWith("error: --backend: there is no \"gpu\", only jit, interpreter\n"));
  EXPECT_THAT(refusal("gradcheck m.textproto --tolerance 0"), StartsWith("error: --tolerance: 0 is not more than 0\n"));
  EXPECT_THAT(refusal("gradcheck m.textproto --tolerance -1"), StartsWith("error: --tolerance: -1 is negative\n"));
}

TEST(Usage, HelpIsThatOfACommand) {
  const Workbench bench;
  const std::string all = bench.succeed("--help").out;
  EXPECT_EQ(bench.succeed("help").out, all);
  EXPECT_EQ(bench.succeed("help help").out, all);
  const std::string train = bench.succeed("train --help").out;
  EXPECT_EQ(bench.succeed("help train").out.substr(0, 1000), train.substr(0, 1000));  // behind, the memory that is free
  EXPECT_THAT(train, HasSubstr("Model and data:\n"));
  EXPECT_THAT(train, HasSubstr("Running:\n"));
  EXPECT_THAT(train, HasSubstr("examples:\n  minnow train "));
  EXPECT_EQ(bench.succeed("help data show").out, bench.succeed("data show --help").out);
  EXPECT_EQ(refusal("help trian"), "error: there is no command \"trian\"\n  hint: did you mean train?\n");
}

// The flags in the examples of a help text, below which no others stand.
void expect_known_flags(const std::string& command, const std::string& help) {
  const size_t begin = help.find("\nexamples:\n");
  if (begin == std::string::npos) return;
  const std::string examples = help.substr(begin);
  static const std::regex kFlag("--[a-z-]+");
  for (auto it = std::sregex_iterator(examples.begin(), examples.end(), kFlag); it != std::sregex_iterator(); ++it)
    EXPECT_THAT(help.substr(0, begin), HasSubstr(it->str())) << command;
}

TEST(Usage, ExamplesHaveTheFlagsOfTheirCommand) {
  const Workbench bench;
  const auto listed = nlohmann::json::parse(bench.succeed("help --json").out);
  for (const auto& command : listed["commands"]) {
    const std::string name = command["name"];
    if (!command.contains("commands")) expect_known_flags(name, bench.succeed(name + " --help").out);
    for (const auto& inner : command.value("commands", nlohmann::json::array())) {
      const std::string words = name + " " + inner["name"].get<std::string>();
      const std::string help = bench.succeed(words + " --help").out;
      EXPECT_THAT(help, HasSubstr("\nexamples:\n")) << words;
      expect_known_flags(words, help);
    }
  }
}

constexpr char kSmallModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "fc" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { epochs: 1 batch_size: 10 }
  data { builtin: GLYPHS train_examples: 20 validation_examples: 10 }
)";

TEST(Usage, MistakesAreToldInTheWordsThatWereGiven) {
  const Workbench bench;
  bench.write("m.textproto", kSmallModel);
  bench.write("run/notes.txt", "");
  bench.write("w.safetensors", "");
  const auto told = [&](const std::string& arguments) { return bench.run(arguments).err; };
  EXPECT_THAT(told("explain m.textproto"), HasSubstr("value is required"));
  EXPECT_THAT(told("run m.textproto"), HasSubstr("m.textproto: error: is a model, not IR text\n"));
  EXPECT_THAT(told("train m.textproto --epochs 0"), StartsWith("--epochs: error: epochs is 0"));
  EXPECT_THAT(told("train m.textproto --set training.epochs=0"), StartsWith("--set training.epochs: error:"));
  EXPECT_THAT(told("predict w.safetensors --index 0"),
              StartsWith("w.safetensors: error: holds weights, but no model\n"));
  EXPECT_THAT(told("train m.textproto --out run"),
              HasSubstr("what is in it is no run\n  hint: name another with --out"));
  EXPECT_THAT(
      told("compile m.textproto --emit=bundle --target thumbv7em-none-eabihf --cpu cortexm4 -o b"),
      StartsWith("error: LLVM knows no cpu \"cortexm4\" for thumbv7em-unknown-none-eabihf\n  hint: did you mean "
                 "cortex-m4?\n"));
  EXPECT_THAT(told("compile m.textproto --emit=bundle --target xtensa-esp32-elf -o b"),
              HasSubstr("hint: --emit=c writes"));
  EXPECT_THAT(told("compile m.textproto --emit=bundle -o b.c"), HasSubstr("would be a folder"));
  bench.write("x.npy", "");
  bench.write("f.ir", "func @f(%x: f32[]) -> (y: f32[]) {\n  return %x\n}\n");
  EXPECT_THAT(told("run f.ir --input x=x.npy"), HasSubstr("hint: @x.npy is the array in the file"));
}

// What is declared is listed: every command, its arguments and its flags.
TEST(Usage, HelpForPrograms) {
  const Workbench bench;
  const auto listed = nlohmann::json::parse(bench.succeed("help --json").out);
  EXPECT_EQ(listed["name"], "minnow");
  bool has_image = false;
  for (const auto& command : listed["commands"]) {
    EXPECT_FALSE(command["summary"].get<std::string>().empty()) << command;
    for (const auto& flag : command.value("flags", nlohmann::json::array())) {
      EXPECT_FALSE(flag["help"].get<std::string>().empty()) << command["name"] << flag;
      has_image =
          has_image || (command["name"] == "predict" && flag["flags"][0] == "--image" && flag["repeats"] == true);
    }
  }
  EXPECT_TRUE(has_image);
}

TEST(Usage, NothingAtAllPrintsTheHelp) {
  const Workbench bench;
  const Outcome outcome = bench.run("");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("train a model"));
}

TEST(Usage, NewListsTheModelsToStartFrom) {
  const Workbench bench;
  EXPECT_THAT(bench.succeed("new").out,
              HasSubstr("mlp-1                mlp-256 with its hidden layer squeezed to a single unit\n"));
}

TEST(Usage, WhatIsNotThereIsTold) {
  const Workbench bench;
  for (const char* command : {"eval nosuch", "predict nosuch", "eval nosuch.textproto"})
    EXPECT_THAT(bench.run(command).err, HasSubstr("No such file or directory")) << command;
  EXPECT_THAT(bench.run("eval lenet").err, HasSubstr("minnow new lenet"));
  EXPECT_THAT(bench.run("data stats nofile.csv").err, StartsWith("nofile.csv: error: there is no such file in "));
}

TEST(Usage, AFolderOfDataMustExist) {
  EXPECT_THAT(refusal("train m.textproto --data-dir nowhere"), HasSubstr("nowhere"));
}

// The true gradient of a bias before batch_norm is 0: what differences find is rounding.
TEST(Gradcheck, RoundingIsNoError) {
  const Workbench bench;
  bench.write("m.textproto", R"(
    inputs { name: "image" shape: [1, 28, 28] }
    layers { name: "conv1" conv2d { filters: 4 kernel: 3 } }
    layers { name: "bn1" batch_norm {} }
    layers { name: "relu1" activation { function: RELU } }
    layers { name: "fc" dense { units: 10 } }
    loss { softmax_cross_entropy {} }
    data { builtin: GLYPHS }
  )");
  for (const char* seed : {"0", "1", "2", "3"})
    EXPECT_THAT(bench.succeed("gradcheck m.textproto --set training.seed=" + std::string(seed)).out,
                HasSubstr("all gradients agree"));
}

}  // namespace
}  // namespace minnow
