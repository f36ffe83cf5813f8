#include "passes/pass_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/builder.h"
#include "passes/pipeline.h"
#include "tests/cases/large_network.h"

namespace minnow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool append_op(Function& function) {
  Builder(function).neg(function.parameters()[0].get());
  return true;
}
bool append_op_and_deny_it(Function& function) { return !append_op(function); }
bool break_types(Function& function) {
  function.ops().back()->results[0]->type.shape = {7};
  return true;
}

std::unique_ptr<Function> one_op() {
  auto function = std::make_unique<Function>("f");
  Value* x = function->add_parameter("x", {DType::kF32, {3}});
  function->add_result("", Builder(*function).exp(x));
  return function;
}

// Writes down what it is told, and ends the run before or after `stop`.
class Diary : public PassObserver {
 public:
  explicit Diary(std::string stop = "") : stop_(std::move(stop)) {}
  Status before_pass(const PassRecord& record, const Function& function) override {
    return note("before", record, function);
  }
  Status after_pass(const PassRecord& record, const Function& function) override {
    return note(record.changed ? "changed" : "after", record, function);
  }
  std::vector<std::string> entries;

 private:
  Status note(std::string_view when, const PassRecord& record, const Function& function) {
    entries.push_back(fmt::format("{} {} {}: {} ops", when, record.number, record.name, function.ops().size()));
    if (stop_ == fmt::format("{} {}", when, record.name)) return fail("", "enough");
    return {};
  }
  std::string stop_;
};

TEST(PassRunner, RecordsSkipsAndTellsObservers) {
  Diary diary;
  PassOptions options;
  options.skip = {"dce"};
  options.observers = {&diary};
  const Pass passes[] = {{"grow", append_op, ""}, *find_pass("dce"), *find_pass("cse")};
  auto function = one_op();
  auto records = run_passes(*function, passes, options);
  ASSERT_TRUE(records.has_value());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_TRUE((*records)[0].changed);
  EXPECT_FALSE((*records)[1].changed);
  EXPECT_EQ((*records)[1].number, 3u);
  EXPECT_THAT(diary.entries, ElementsAre("before 1 grow: 1 ops", "changed 1 grow: 2 ops", "before 3 cse: 2 ops",
                                         "after 3 cse: 2 ops"));
}

TEST(PassRunner, EndsWithAnObserversError) {
  for (const std::string stop : {"before cse", "after cse"}) {
    Diary diary(stop);
    PassOptions options;
    options.observers = {&diary};
    const Pass passes[] = {*find_pass("cse"), *find_pass("dce")};
    auto function = one_op();
    auto records = run_passes(*function, passes, options);
    ASSERT_FALSE(records.has_value());
    EXPECT_EQ(records.error().message, "enough");
    EXPECT_THAT(diary.entries.back(), HasSubstr("cse"));
  }
}

TEST(PassRunner, FindsAFalseAnswer) {
  const Pass passes[] = {{"liar", append_op_and_deny_it, ""}};
  PassOptions options;
  options.check_answers = true;
  auto function = one_op();
  auto records = run_passes(*function, passes, options);
  ASSERT_FALSE(records.has_value());
  EXPECT_THAT(records.error().message, HasSubstr("pass liar changed @f but says that it did not"));
}

TEST(PassRunner, NamesThePassThatBrokeTheFunction) {
  const Pass passes[] = {{"vandal", break_types, ""}};
  auto function = one_op();
  auto records = run_passes(*function, passes);
  ASSERT_FALSE(records.has_value());
  EXPECT_THAT(records.error().message, HasSubstr("pass vandal broke @f"));
}

TEST(Pipeline, ParsesNames) {
  auto pipeline = parse_pipeline("cse, dce,default");
  ASSERT_TRUE(pipeline.has_value());
  EXPECT_EQ((*pipeline)[0].name, "cse");
  EXPECT_EQ((*pipeline)[1].name, "dce");
  EXPECT_EQ(pipeline->size(), 2 + default_pipeline().size());
  EXPECT_TRUE(parse_pipeline("")->empty());
  EXPECT_EQ(parse_pipeline("  fuse  , dce ")->at(0).name, "fuse");
}

// Of a training step with batch normalization in blocks of examples, softmax and updates in place.
TEST(Pipeline, OfPassesThatSayWhetherTheyChangedAnything) {
  for (const std::string kind : {"dense", "batch_norm", "residual", "branches"}) {
    const auto step = large_step(kind, 2);
    PassOptions options;
    options.check_answers = true;
    for (int round = 0; round < 2; ++round) {
      const auto records = run_passes(*step, default_pipeline(), options);
      ASSERT_TRUE(records) << records.error().to_string();
    }
  }
}

TEST(Pipeline, SuggestsTheNearestName) {
  auto pipeline = parse_pipeline("canonicalise");
  ASSERT_FALSE(pipeline.has_value());
  EXPECT_EQ(pipeline.error().message, "unknown pass \"canonicalise\"");
  EXPECT_THAT(pipeline.error().hint, HasSubstr("canonicalize"));
}

}  // namespace
}  // namespace minnow
