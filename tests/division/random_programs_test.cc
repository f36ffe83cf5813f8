// Programs, models and loops drawn at random, run by three ranks on guarded memory: the bits of one process. What a
// rank does not have is NaN there, so that what is not fetched shows.
#include <gtest/gtest.h>

#include "proof/fuzz.h"

namespace minnow::proof {
namespace {

constexpr uint32_t kSeeds = 24;

class RandomPrograms : public ::testing::TestWithParam<std::pair<const char*, CaseKind>> {};

TEST_P(RandomPrograms, HaveTheBitsOfOneProcess) {
  const auto [name, kind] = GetParam();
  const bool is_body = kind == CaseKind::kBody || kind == CaseKind::kLoop;
  ThreadPool pair(2);
  int run = 0;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    const Result<FuzzCase> drawn = draw_case(seed, kind);
    ASSERT_TRUE(drawn) << drawn.error().to_string();
    Way way{.name = "jit", .opt_level = 0, .has_passes = !is_body};
    if (is_body && !trace_way(drawn->subject, way, pair)) continue;  // a body that compiled code refuses
    way.is_divided = true;
    const Result<WayTraces> traces = trace_way(drawn->subject, way, pair);
    ASSERT_TRUE(traces) << name << " " << seed << ": " << traces.error().to_string();
    for (const Comparison& difference : compare_bits(drawn->subject, *traces, way.name))
      ADD_FAILURE() << name << " " << seed << ": " << difference.to_string();
    ++run;
  }
  EXPECT_GT(run, 0);
}

INSTANTIATE_TEST_SUITE_P(All, RandomPrograms,
                         ::testing::Values(std::pair("Program", CaseKind::kProgram),
                                           std::pair("Extreme", CaseKind::kExtreme),
                                           std::pair("Model", CaseKind::kModel), std::pair("Body", CaseKind::kBody),
                                           std::pair("Loop", CaseKind::kLoop)),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace minnow::proof
