// A compiler with a planted bug is found out, within the first cases that are drawn.
#include "tests/fuzz/planted_bugs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "ir/text.h"
#include "passes/pass_runner.h"
#include "proof/check_passes.h"
#include "proof/fuzz.h"
#include "proof/model_subject.h"

namespace minnow {
namespace {

// Interpreting the stages is enough for a wrong pass; for the rest, the case is compiled.
std::string complaint_about(const testing::NamedBug& planted, uint32_t seed, ThreadPool& pair) {
  const auto drawn = proof::draw_case(seed, &planted.bug);
  if (!drawn) return "";
  if (planted.bug.passes.empty()) {
    const proof::FuzzOutcome outcome = proof::run_case(*drawn, seed, pair, &planted.bug);
    return outcome.complaints.empty() ? "" : outcome.complaints[0];
  }
  proof::PassChecker checker([&](std::unique_ptr<Function> function) -> Result<proof::Subject> {
    proof::Subject subject{.function = std::move(function), .arguments = {}, .steps = drawn->subject.steps};
    for (const Tensor& argument : drawn->subject.arguments) subject.arguments.push_back(argument.clone());
    return subject;
  });
  PassOptions options;
  options.observers = {&checker};
  auto function = drawn->subject.function->clone();
  const auto records = run_passes(*function, planted.bug.passes, options);
  return records ? "" : records.error().to_string();
}

class PlantedBug : public ::testing::TestWithParam<testing::NamedBug> {};

TEST_P(PlantedBug, IsFoundOut) {
  constexpr uint32_t kSeeds = 400;
  ThreadPool pair(2);
  std::string complaint;
  for (uint32_t seed = 1; seed <= kSeeds && complaint.empty(); ++seed)
    complaint = complaint_about(GetParam(), seed, pair);
  ASSERT_NE(complaint, "");
  // A wrong pass is told by its name.
  for (const Pass& pass : GetParam().bug.passes)
    EXPECT_NE(complaint.find("pass " + std::string(pass.name)), std::string::npos) << complaint;
}

std::string test_name(const ::testing::TestParamInfo<testing::NamedBug>& info) {
  std::string name(info.param.name);
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedBug, ::testing::ValuesIn(testing::planted_bugs()), test_name);

}  // namespace
}  // namespace minnow
