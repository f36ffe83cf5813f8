#include "runtime/train/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>

#include "runtime/safetensors.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "x" shape: 2 }
  layers { name: "fc" dense { units: 3 } }
  loss { softmax_cross_entropy {} }
  training { adam {} }
)";

class CheckpointTest : public testing::Test {
 protected:
  std::unique_ptr<Session> session(const std::vector<std::string>& changes = {}) {
    loaded_.push_back(std::make_unique<LoadedModel>(*read_experiment(folder_.write("m.textproto", kModel), changes)));
    return *Session::create(*loaded_.back(), {}, pool_);
  }
  std::string path() const { return folder_.file("w.safetensors"); }

  TemporaryFolder folder_;
  ThreadPool pool_{1};
  std::vector<std::unique_ptr<LoadedModel>> loaded_;
};

TEST_F(CheckpointTest, RestoresTensorsAndState) {
  const auto saved = session();
  const TrainingState state{7, 3, 8, 1.25, 4, {{1, 4, 0.1, 2.5, 0.25, std::nan(""), 0.5, 1}}};
  ASSERT_TRUE(save_checkpoint(path(), *saved, state));
  const auto restored = session({"training.seed=9"});
  EXPECT_NE(restored->tensors().at("fc.weight").bytes(), saved->tensors().at("fc.weight").bytes());
  const auto found = load_checkpoint(path(), *restored);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->step, 7);
  EXPECT_EQ(found->batch_in_epoch, 3);
  EXPECT_EQ(found->batch_size, 8);
  EXPECT_EQ(found->loss_sum, 1.25);
  EXPECT_EQ(found->history.at(0).train_loss, 2.5);
  EXPECT_TRUE(std::isnan(found->history.at(0).validation_loss));
  for (const auto& [name, tensor] : saved->tensors())
    EXPECT_EQ(restored->tensors().at(name).bytes(), tensor.bytes()) << name;
}

TEST_F(CheckpointTest, WeightsServeUnderAnotherOptimizer) {
  const auto saved = session();
  ASSERT_TRUE(save_checkpoint(path(), *saved, {}));
  const auto other = session({"training.sgd={}"});
  EXPECT_TRUE(load_weights(path(), *other));
  EXPECT_EQ(other->tensors().at("fc.weight").bytes(), saved->tensors().at("fc.weight").bytes());
  const auto third = session({"training.momentum={}"});
  EXPECT_NE(load_checkpoint(path(), *third).error().message.find("another optimiser: momentum needs"),
            std::string::npos);
}

// What no run leaves behind must not be trained on.
TEST_F(CheckpointTest, RefusesAStateThatMakesNoSense) {
  const auto saved = session();
  const std::vector<TrainingState> states = {
      {-1, 0, 0, 0, 0, {}}, {5, -1, 8, 0, 0, {}}, {5, 6, 8, 0, 0, {}}, {5, 0, 8, 0, 0, {{2, 5, 0, 0, 0, 0, 0, 0}}}};
  for (const TrainingState& state : states) {
    ASSERT_TRUE(save_checkpoint(path(), *saved, state));
    const auto found = load_checkpoint(path(), *saved);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, "the training state in the metadata makes no sense");
  }
}

TEST_F(CheckpointTest, RefusesCountsThatAreNone) {
  const auto saved = session();
  for (const char* step : {"1e300", "-1e300", "1.5", "null", "\"4\""}) {
    std::vector<NamedTensorRef> tensors;
    for (const auto& [name, tensor] : saved->tensors()) tensors.push_back({name, &tensor});
    const std::string state = fmt::format(
        R"({{"step":{},"batch_in_epoch":0,"batch_size":8,"loss_sum":0,"correct_sum":0,"history":[]}})", step);
    ASSERT_TRUE(write_safetensors(path(), tensors, {{"minnow.training", state}}));
    const auto found = load_checkpoint(path(), *saved);
    ASSERT_FALSE(found) << step;
    EXPECT_TRUE(found.error().message.starts_with("the training state in the metadata cannot be read")) << step;
  }
}

// Nothing that is computed from them would be worth a look, and training would not get better.
TEST_F(CheckpointTest, RefusesTensorsThatAreNotFinite) {
  for (const float bad : {NAN, -NAN, INFINITY, -INFINITY}) {
    for (const auto& [tensor, element] : {std::pair("fc.weight", 5), std::pair("fc.bias.v", 2)}) {
      const auto saved = session();
      saved->tensors().at(tensor).as<float>()[element] = bad;
      ASSERT_TRUE(save_checkpoint(path(), *saved, {}));
      const auto found = load_checkpoint(path(), *session());
      ASSERT_FALSE(found);
      EXPECT_EQ(found.error().message, fmt::format("tensor \"{}\" is not finite: element {} is {}", tensor, element,
                                                   std::isnan(bad) ? "nan" : fmt::format("{}", bad)));
      EXPECT_EQ(found.error().code, ExitCode::kInput);
      // Without the optimiser its state does not matter.
      EXPECT_EQ(load_weights(path(), *session({"training.sgd={}"})).has_value(), std::string(tensor) == "fc.bias.v");
    }
  }
}

// The name is only told; the weights matter.
TEST_F(CheckpointTest, KeepsAModelWhoseNameIsNotUtf8) {
  const auto saved = session({"name=caf\xe9"});
  EXPECT_TRUE(save_checkpoint(path(), *saved, {}));
  EXPECT_TRUE(load_weights(path(), *saved));
}

TEST_F(CheckpointTest, KeepsTheNamesOfClasses) {
  const auto saved = session();
  ASSERT_TRUE(save_checkpoint(path(), *saved, {}));
  EXPECT_EQ(load_weights(path(), *saved).value(), std::vector<std::string>{});
  const std::vector<std::string> names = {"cat \"x\"", "zèbre", ""};
  ASSERT_TRUE(save_checkpoint(path(), *saved, {}, names));
  EXPECT_EQ(load_weights(path(), *saved).value(), names);
  ASSERT_TRUE(save_checkpoint(path(), *saved, {}, {"\xff"})) << "a folder may be named so";
  EXPECT_EQ(load_weights(path(), *saved).value(), std::vector<std::string>{"\xEF\xBF\xBD"});
  std::vector<NamedTensorRef> tensors;
  for (const auto& [name, tensor] : saved->tensors()) tensors.push_back({name, &tensor});
  for (const char* text : {"[1]", "{}", "[\"a\""}) {
    ASSERT_TRUE(write_safetensors(path(), tensors, {{"minnow.classes", text}}));
    EXPECT_FALSE(load_weights(path(), *saved)) << text;
  }
}

}  // namespace
}  // namespace minnow
