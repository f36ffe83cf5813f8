// Whole models, step by step: interpreted and compiled training agree, and threads make no difference to a
// bit.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/model_run.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class ShippedModel : public testing::TestWithParam<std::string> {};

// Those of pictures and numbers, and of texts the smallest: an example of these is many.
std::vector<std::string> quick_models() {
  std::vector<std::string> names = shipped_models();
  std::erase_if(names, [](const std::string& name) { return reads_text(name) && name != "rnn-scratch"; });
  return names;
}

// Six images leave most of the vector lanes to the tail. Batch norms of so few magnify what is rounded otherwise, from
// step to step, the more the larger the steps.
TEST_P(ShippedModel, TrainsTheSameCompiledAndInterpreted) {
  std::vector<std::string> changes = {reads_text(GetParam()) ? "training.batch_size=2" : "training.batch_size=6"};
  if (GetParam() == "resnet-tiny") changes.push_back("training.learning_rate=0.01");
  expect_agreement(model_path(GetParam()), changes);
}

class QuickModel : public testing::TestWithParam<std::string> {};

// Two blocks of examples and four that are left.
TEST_P(QuickModel, TrainsTheSameInBlocks) { expect_agreement(model_path(GetParam()), {"training.batch_size=36"}); }

int steps_of(const std::string& name) { return reads_text(name) ? 10 : 50; }

TEST_P(ShippedModel, HasRightGradients) { expect_right_gradients(model_path(GetParam())); }

TEST_P(ShippedModel, LearnsTheSameBitsOnOneThreadAndOnTwo) {
  const std::vector<std::string> changes = {"training.batch_size=33"};
  ModelRun one(model_path(GetParam()), changes, Backend::kJit, 1);
  ModelRun two(model_path(GetParam()), changes, Backend::kJit, 2);
  one.train(steps_of(GetParam()));
  two.train(steps_of(GetParam()));
  for (const auto& [name, tensor] : one.tensors()) EXPECT_EQ(tensor.bytes(), two.tensors().at(name).bytes()) << name;
}

TEST_P(ShippedModel, LearnsTheSameBitsFromCachedCode) {
  const TemporaryFolder cache;
  const std::vector<std::string> changes = {"training.batch_size=33"};
  const auto train = [&] {
    auto run = std::make_unique<ModelRun>(model_path(GetParam()), changes, Backend::kJit, 2,
                                          CodeOptions{.cache_folder = cache.path()});
    run->train(steps_of(GetParam()));
    return run;
  };
  const auto fresh = train();
  ASSERT_FALSE(std::filesystem::is_empty(cache.path()));
  const auto cached = train();
  for (const auto& [name, tensor] : fresh->tensors())
    EXPECT_EQ(tensor.bytes(), cached->tensors().at(name).bytes()) << name;
}

INSTANTIATE_TEST_SUITE_P(All, ShippedModel, testing::ValuesIn(shipped_models()),
                         [](const auto& info) { return test_name(info.param); });
INSTANTIATE_TEST_SUITE_P(All, QuickModel, testing::ValuesIn(quick_models()),
                         [](const auto& info) { return test_name(info.param); });

struct OptimizerCase {
  std::string name;
  std::vector<std::string> changes;
};

class Optimizer : public testing::TestWithParam<std::tuple<std::string, OptimizerCase>> {};

TEST_P(Optimizer, AgreesOn) {
  const auto& [model, optimizer] = GetParam();
  std::vector<std::string> changes = optimizer.changes;
  changes.emplace_back("training.batch_size=4");
  expect_agreement(model_path(model), changes);
}

INSTANTIATE_TEST_SUITE_P(
    All, Optimizer,
    testing::Combine(
        testing::ValuesIn(quick_models()),
        testing::Values(
            OptimizerCase{"sgd", {"training.sgd={}"}},
            OptimizerCase{"momentum", {"training.momentum={}", "training.learning_rate=0.01"}},
            OptimizerCase{"nesterov", {"training.momentum.nesterov=true", "training.learning_rate=0.01"}},
            OptimizerCase{"adam", {"training.adam={}", "training.learning_rate=0.001"}},
            OptimizerCase{"adamw", {"training.adamw={}", "training.learning_rate=0.001", "training.weight_decay=0.01"}},
            OptimizerCase{"rmsprop", {"training.rmsprop={}", "training.learning_rate=0.001"}},
            OptimizerCase{"decay_and_global_norm", {"training.weight_decay=0.01", "training.clip.global_norm=0.1"}},
            OptimizerCase{"clip_by_value", {"training.clip.value=0.001"}})),
    [](const auto& info) { return test_name(std::get<0>(info.param)) + "_" + std::get<1>(info.param).name; });

}  // namespace
}  // namespace minnow
