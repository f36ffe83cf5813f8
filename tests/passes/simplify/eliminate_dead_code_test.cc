// tests/ir/dce.ir has what becomes of ops.
#include "passes/simplify/eliminate_dead_code.h"

#include <gtest/gtest.h>

#include "ir/text.h"

namespace minnow {
namespace {

TEST(DropUnreadWeights, LeavesWhatIsReadOrChangedOrFed) {
  const auto module = parse_module(R"(
func @f(%fed: f32[2], %read: f32[2] weight, %unread: f32[3] weight, %kept: f32[2] state, %changed: f32[2] state, %same: f32[2] weight) -> (y: f32[2], changed: f32[2], f32[2]) {
  %0 = exp(%read) : f32[2]
  return %0, %0, %same
}
)",
                                   "f.ir");
  ASSERT_TRUE(module) << module.error().to_string();
  Function& function = *(*module)->functions.front();
  drop_unread_weights(function);
  std::vector<std::string> names;
  for (const auto& parameter : function.parameters()) names.push_back(parameter->name);
  EXPECT_EQ(names, (std::vector<std::string>{"fed", "read", "changed", "same"}));
  EXPECT_EQ(function.parameters()[2]->index, 2);
}

}  // namespace
}  // namespace minnow
