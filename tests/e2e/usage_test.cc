// Command lines that are wrong are answered with the command and the nearest flag.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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
