// The text of every shipped model reads back to the same bytes: every function, before and after every pass.
#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "tests/e2e/model_run.h"

namespace minnow {
namespace {

class ReadsBack : public PassObserver {
 public:
  Status before_pass(const PassRecord& record, const Function& function) override {
    return record.number == 1 ? check(function) : Status();
  }
  Status after_pass(const PassRecord& record, const Function& function) override {
    return record.changed ? check(function) : Status();
  }
  int checked = 0;

 private:
  Status check(const Function& function) {
    ++checked;
    const std::string text = print(function);
    MINNOW_ASSIGN(const auto module, parse_module(text, function.name()));
    if (print(*module) == text) return {};
    return fail(function.name(), "reads back as other text");
  }
};

class RoundTrip : public testing::TestWithParam<std::string> {};

TEST_P(RoundTrip, EveryFunctionAtEveryStage) {
  constexpr int64_t kBatch = 19;  // a block and a remainder
  const auto model = read_experiment(model_path(GetParam()));
  ASSERT_TRUE(model.has_value());
  for (const char* function : {"infer", "evaluate", "loss", "train_step"}) {
    ReadsBack observer;
    BuildOptions options{{kBatch}, default_pipeline(), {}};
    options.passes.observers = {&observer};
    const auto built = build_function(*model, function, options);
    EXPECT_TRUE(built.has_value()) << built.error().to_string();
    EXPECT_GE(observer.checked, 2) << function;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, RoundTrip, testing::ValuesIn(shipped_models()),
                         [](const auto& info) { return test_name(info.param); });

}  // namespace
}  // namespace minnow
