// Every shipped model, trained by ranks: the same bits as in one process.
#include <gtest/gtest.h>

#include <algorithm>

#include "frontend/load/load_experiment.h"
#include "tests/division/divided_steps.h"
#include "tests/zoo/zoo_model.h"

namespace minnow {
namespace {

using testing::SteppedFunction;

constexpr char kFolder[] = MINNOW_SOURCE_DIR "/models";

LoadedModel read_small(const std::string& name, const std::string& batch_size) {
  const std::vector<std::string> changes = {"training.batch_size=" + batch_size};
  constexpr double kFlops = 1e6;
  if (std::ranges::count(zoo_models(), name) > 0) return read_with_small_images(name, kFlops, changes);
  Result<LoadedModel> loaded = read_experiment(std::string(kFolder) + "/" + name + ".textproto", changes);
  MINNOW_CHECK(loaded, "{}", loaded.error().to_string());
  return *std::move(loaded);
}

// Those of the zoo among them.
std::vector<std::string> all_models() { return shipped_names(kFolder); }

class DividedModel : public ::testing::TestWithParam<std::string> {};

// Two blocks of examples and two that are left.
TEST_P(DividedModel, HasTheWeightsOfOneProcess) {
  const SteppedFunction step = SteppedFunction::train_step(read_small(GetParam(), "34"));
  const auto once = step.alone(1);
  EXPECT_EQ(step.difference(once, 1, {.count = 3, .is_guarded = true}), "");
  const auto often = step.alone(10);
  EXPECT_EQ(step.difference(often, 10, {.count = 3, .threads = 2}), "");
  EXPECT_EQ(step.difference(often, 10, {.count = 2, .divides_all = false}), "");
}

// No block of examples, one and a rest, blocks alone; more ranks than there are partitions, or rows.
TEST(DividedBatches, OfAnySizeHaveTheWeightsOfOneProcess) {
  for (const char* name : {"lenet-relu", "lstm", "transformer-encoder"})
    for (const char* batch_size : {"1", "17", "64"}) {
      const SteppedFunction step = SteppedFunction::train_step(read_small(name, batch_size));
      const auto expected = step.alone(3);
      for (const int ranks : {1, 2, 4, 8})
        EXPECT_EQ(step.difference(expected, 3, {.count = ranks, .threads = ranks == 2 ? 2 : 1}), "")
            << name << ", " << batch_size << " examples, " << ranks << " ranks";
    }
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, DividedModel, ::testing::ValuesIn(all_models()), test_name);

}  // namespace
}  // namespace minnow
