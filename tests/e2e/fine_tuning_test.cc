// Runs that start from the weights of others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "runtime/safetensors.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "conv" conv2d { filters: 4 kernel: 5 stride: 4 } }
  layers { name: "norm" batch_norm {} }
  layers { name: "relu" activation { function: RELU } }
  layers { name: "fc" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.01 batch_size: 16 epochs: 2 adam {} }
  data { builtin: GLYPHS train_examples: 100 validation_examples: 40 }
)";

class FineTuning : public testing::Test {
 protected:
  void SetUp() override {
    bench_.write("m.textproto", kModel);
    ASSERT_EQ(bench_.run("train m.textproto --out first").exit_code, 0);
  }
  std::map<std::string, std::string> tensors_of(const std::string& file) const {
    std::map<std::string, std::string> tensors;
    const auto read = read_safetensors(bench_.path() + "/" + file);
    if (!read) return {{"error", read.error().to_string()}};
    for (const NamedTensor& named : read->tensors) tensors[named.name] = named.tensor.bytes();
    return tensors;
  }

  Workbench bench_;
};

TEST_F(FineTuning, LeavesWhatIsFrozenAsItWas) {
  const Outcome tuned = bench_.run(
      "train m.textproto --weights first --set training.freeze=conv,norm --set training.seed=3 --out second");
  ASSERT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_NE(tuned.err.find("by Minnow's names: 8 weights matched, 0 missing, 0 left over"), std::string::npos)
      << tuned.err;
  const auto before = tensors_of("first/best.safetensors"), after = tensors_of("second/weights.safetensors");
  for (const char* name :
       {"conv.weight", "conv.bias", "norm.gain", "norm.offset", "norm.running_mean", "norm.running_variance"})
    EXPECT_EQ(after.at(name), before.at(name)) << name;
  EXPECT_NE(after.at("fc.weight"), before.at("fc.weight"));
  EXPECT_FALSE(after.contains("conv.weight.m"));
  EXPECT_TRUE(after.contains("fc.weight.m"));
}

// A resumed run is the uninterrupted one, and reads the file no more.
TEST_F(FineTuning, ResumesWithoutTheFile) {
  const std::string train = "train m.textproto --weights first/best.safetensors --out ";
  ASSERT_EQ(bench_.run(train + "whole").exit_code, 0);
  ASSERT_EQ(bench_.run(train + "part --steps 5").exit_code, 0);
  bench_.write("first/best.safetensors", "");
  const Outcome resumed = bench_.run("train --resume part");
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(tensors_of("part/weights.safetensors"), tensors_of("whole/weights.safetensors"));
}

TEST_F(FineTuning, TakesWhatFitsIfAsked) {
  const std::string train = "train m.textproto --weights first --set layers.fc.dense.units=11 ";
  const Outcome refused = bench_.run(train);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("first/best.safetensors: error: weights of another model: tensor \"fc.weight\" is "
                             "f32[144,10], but the model needs f32[144,11] (and 1 more)"),
            std::string::npos)
      << refused.err;
  const Outcome tuned = bench_.run(train + "--partial");
  EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_NE(tuned.err.find("fc.bias                missing: [11] is needed, fc.bias is f32[10]"), std::string::npos)
      << tuned.err;
}

// Seen from the model file, wherever the program runs.
TEST_F(FineTuning, StartsFromTheWeightsOfTheModelFile) {
  std::string model = kModel;
  model.insert(model.find("adam"), "weights_from: \"../first/best.safetensors\" freeze: \"conv\" ");
  std::filesystem::create_directory(bench_.path() + "/models");
  bench_.write("models/n.textproto", model);
  const Outcome tuned = bench_.run("train models/n.textproto --out second");
  ASSERT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_EQ(tensors_of("second/weights.safetensors").at("conv.bias"),
            tensors_of("first/best.safetensors").at("conv.bias"));
  EXPECT_NE(bench_.read("second/config.textproto").find(bench_.path() + "/first/best.safetensors"), std::string::npos);
}

TEST_F(FineTuning, NeedsSomethingToTrain) {
  expect_refused(bench_, "train m.textproto --set training.freeze=*",
                 "--set training.freeze: error: every weight is frozen, so there is nothing to train");
}

// Neither counted as trained, nor held against differences.
TEST_F(FineTuning, TellsWhatIsFrozen) {
  const Outcome table = bench_.run("check m.textproto --set training.freeze=conv,norm.gain");
  EXPECT_THAT(table.out, testing::ContainsRegex("total +1,562 .*\ntrained +1,454 *\n"));
  EXPECT_THAT(bench_.run("check m.textproto").out, Not(testing::HasSubstr("trained")));
  EXPECT_THAT(bench_.run("check m.textproto --json --set training.freeze=conv").out,
              testing::HasSubstr("\"trained\": 1458"));
  const Outcome gradients = bench_.run("gradcheck m.textproto --samples 4 --set training.freeze=conv,norm.gain");
  EXPECT_EQ(gradients.exit_code, 0) << gradients.err;
  for (const char* trained : {"norm.offset ", "fc.weight ", "fc.bias "})
    EXPECT_THAT(gradients.out, testing::HasSubstr(trained));
  for (const char* frozen : {"conv", "norm.gain"}) EXPECT_THAT(gradients.out, Not(testing::HasSubstr(frozen)));
  expect_refused(bench_, "gradcheck m.textproto --set training.freeze=*",
                 "--set training.freeze: error: every weight is frozen, so there is no gradient to check");
}

TEST_F(FineTuning, WritesNamesOfOthersAndReadsThem) {
  ASSERT_EQ(bench_.run("export first -o w.safetensors --names pytorch").exit_code, 0);
  const auto own = tensors_of("first/best.safetensors"), theirs = tensors_of("w.safetensors");
  EXPECT_EQ(theirs.at("norm.running_var"), own.at("norm.running_variance"));
  EXPECT_NE(theirs.at("fc.weight"), own.at("fc.weight"));
  const auto assessed = [&](const std::string& arguments) {
    const std::string out = bench_.run("eval " + arguments).out;
    return out.substr(std::min(out.find("loss"), out.size()));
  };
  EXPECT_NE(assessed("first"), "");
  for (const std::string names : {"pytorch", "keras", "minnow"}) {
    ASSERT_EQ(bench_.run("export first -o w.safetensors --names " + names).exit_code, 0);
    EXPECT_EQ(assessed("m.textproto --weights w.safetensors"), assessed("first")) << names;
  }
}

TEST_F(FineTuning, ExportTellsWhatItCannotWrite) {
  EXPECT_EQ(bench_.run("export first -o net.txt").exit_code, 2);
  EXPECT_EQ(bench_.run("export first -o net.onnx --names keras").exit_code, 2);
  expect_refused(bench_, "export none.textproto -o net.onnx", "none.textproto");
}

}  // namespace
}  // namespace minnow
