// No bundle needs anything but memcpy and memset: no library of mathematics.
#include <gmock/gmock.h>

#include "frontend/load/load_experiment.h"
#include "passes/pipeline.h"
#include "runtime/session.h"
#include "tests/bundle/bundle_run.h"
#include "tests/zoo/zoo_model.h"

namespace minnow {
namespace {

using testing::AnyOf;
using testing::Each;

// Of f64, on a machine that has it in software: a part of every C compiler for it, not of its library.
const auto kArithmeticOfDoubles = testing::MatchesRegex("__[a-z]+(df|sf)[a-z0-9]*|__aeabi_(d[a-z0-9]+|[a-z]+2d)");

// Made from every network that the project ships, on small images, for some of the targets: each has a third of them.
class Needs : public testing::TestWithParam<std::string> {};

std::vector<std::string> needs_of(const LoadedModel& model, const std::string& function, const BundleTarget& target) {
  const auto built = build_function(model, function, {{2}, default_pipeline(), {}});
  MINNOW_CHECK(built, "{}", built.error().to_string());
  const Function* const functions[] = {built->get()};
  BundleOptions options{.name = "b", .triple = target.triple, .cpu = target.cpu};
  const auto bundle = make_bundle(functions, options);
  MINNOW_CHECK(bundle, "{}", bundle.error().to_string());
  return bundle->needs;
}

TEST_P(Needs, OnlyMemcpyAndMemset) {
  const LoadedModel model = read_with_small_images(GetParam(), 1e5, {"training.batch_size=2"});
  const std::vector<std::string> models = zoo_models();
  const auto place = static_cast<size_t>(std::ranges::find(models, GetParam()) - models.begin());
  for (size_t i = 0; const BundleTarget& target : bundle_targets()) {
    if (target.is_c || i++ % 3 != place % 3) continue;
    EXPECT_THAT(needs_of(model, "train_step", target), Each(AnyOf("memcpy", "memset", kArithmeticOfDoubles)))
        << target.name;
  }
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Needs, testing::ValuesIn(zoo_models()), test_name);

}  // namespace
}  // namespace minnow
