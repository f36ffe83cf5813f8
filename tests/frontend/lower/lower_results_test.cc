#include "frontend/lower/lower_results.h"

#include <gtest/gtest.h>

#include "ir/verify.h"
#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

constexpr char kModel[] =
    "inputs { name: \"x\" shape: [3, 4] }\n"
    "layers { name: \"memory\" gru { units: 5 } }\n"
    "layers { name: \"look\" attention { heads: 1 } }\n"
    "loss { l1 {} }\n";

std::string type_of(const std::string& name) {
  const auto loaded = checked(kModel);
  EXPECT_TRUE(loaded) << error_of(loaded);
  const auto function = lower_result(*loaded, name, {.batch_size = 2});
  if (!function) return error_of(function);
  EXPECT_EQ(error_of(verify(**function)), "");
  return (*function)->results()[0].value->type.to_string();
}

TEST(LowerResult, GivesWhatLayersGive) {
  EXPECT_EQ(type_of("memory"), "f32[2,3,5]");
  EXPECT_EQ(type_of("memory.state"), "f32[2,5]");
  EXPECT_EQ(type_of("memory.update_gate"), "f32[2,3,5]");
  EXPECT_EQ(type_of("look.weights"), "f32[2,1,3,3]");
}

TEST(LowerResult, KnowsNoOther) {
  EXPECT_EQ(type_of("memory.forget_gate"),
            "m.textproto: no layer gives \"memory.forget_gate\" | did you mean "
            "\"memory.reset_gate\"?");
  EXPECT_EQ(type_of("x"),
            "m.textproto: no layer gives \"x\" | known: memory, memory.state, memory.reset_gate, "
            "memory.update_gate, look, look.weights");
}

}  // namespace
}  // namespace minnow
