// Functions around fused ops and loops over blocks with arbitrary bodies: what check_kernels takes means the same
// compiled as interpreted, and stays in its buffers; the rest is refused.
//
// MINNOW_FUZZ_CASES says how many to try in each part, MINNOW_FUZZ_SEED with which seed to begin.
#include <gtest/gtest.h>

#include <cstdlib>

#include "proof/fuzz.h"

namespace minnow {
namespace {

uint32_t environment_number(const char* name, uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

class BodyFuzz : public ::testing::TestWithParam<proof::CaseKind> {};

TEST_P(BodyFuzz, IsRefusedOrRunsLikeTheInterpreter) {
  const uint32_t count = environment_number("MINNOW_FUZZ_CASES", 80);
  const uint32_t first = environment_number("MINNOW_FUZZ_SEED", 1);
  ThreadPool pair(2);
  uint32_t refused = 0;
  for (uint32_t seed = first; seed - first < count; ++seed) {
    const auto drawn = proof::draw_case(seed, GetParam());
    ASSERT_TRUE(drawn) << "seed " << seed << ": " << drawn.error().to_string();
    const proof::FuzzOutcome outcome = proof::run_case(*drawn, seed, pair);
    refused += outcome.is_refused ? 1 : 0;
    for (const std::string& complaint : outcome.complaints)
      ADD_FAILURE() << "seed " << seed << ": " << complaint << "\n" << drawn->text;
  }
  EXPECT_GT(refused, count / 10);
  EXPECT_LT(refused, count / 2);
}

INSTANTIATE_TEST_SUITE_P(Bodies, BodyFuzz, ::testing::Values(proof::CaseKind::kBody, proof::CaseKind::kLoop),
                         [](const auto& info) { return info.param == proof::CaseKind::kBody ? "Fused" : "Loops"; });

}  // namespace
}  // namespace minnow
