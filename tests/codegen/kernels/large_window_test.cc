// Windows that are larger than their picture, most of them padding.
#include <gtest/gtest.h>

#include <cmath>

#include "ir/text.h"
#include "ir/windows.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

std::unique_ptr<Module> parsed(const std::string& text) {
  auto module = parse_module(text, "test.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return *std::move(module);
}

// All four ops with these windows over x, which give pictures y.
std::string program(const std::string& window, const std::string& x, const std::string& y) {
  const std::string shape = x.substr(x.find('['));
  return fmt::format(
      "func @f(%x: {1}, %y: {2}) -> (max: {2}, sum: {2}, spread: {1}, pick: {1}) {{\n"
      "  %0 = window_max(%x) {{{0}}} : {2}\n  %1 = window_sum(%x) {{{0}}} : {2}\n"
      "  %2 = window_spread(%y) {{{0}, shape = {3}}} : {1}\n  %3 = window_pick(%x, %y) {{{0}}} : {1}\n"
      "  return %0, %1, %2, %3\n}}\n",
      window, x, y, shape);
}

void expect_agreement(const std::string& text, bool is_fused) {
  SCOPED_TRACE(text);
  const auto module = parsed(text);
  Function& function = *module->functions[0];
  if (is_fused) {
    ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
  }
  proof::Rng rng(3);
  const auto arguments =
      draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kWhole, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  const auto actual = testing::CompiledProgram(function).run(arguments);
  ASSERT_EQ(actual.size(), 4U);
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << "result " << i;
}

TEST(LargeWindow, CostsNoMoreThanItsPicture) {
  constexpr const char* kHuge = "window = [1048576,1048576], stride = [1,1], ";
  for (const bool is_fused : {false, true}) {
    const auto expect = [&](const std::string& pad, const std::string& x, const std::string& y) {
      expect_agreement(program(kHuge + ("pad = " + pad), x, y), is_fused);
    };
    expect("[1048575,0,1048575,0]", "f32[1,1,1,1]", "f32[1,1,1,1]");
    expect("[1048570,3,524288,524287]", "f32[1,1,5,3]", "f32[1,1,3,3]");
    expect("[1048574,1,1048575,2]", "f32[1,1,2,2]", "f32[1,1,2,4]");
  }
}

TEST(LargeWindow, OfEveryPlaceAgreesWithTheInterpreter) {
  for (const auto& [window, x, y] :
       {std::tuple("window = [7,7], stride = [3,3], pad = [6,6,6,6]", "f32[1,2,4,4]", "f32[1,2,4,4]"),
        std::tuple("window = [3,5], stride = [1,1], pad = [0,0,3,0]", "f32[2,2,4,4]", "f32[2,2,2,3]"),
        std::tuple("window = [4,9], stride = [4,9], pad = [3,0,8,8]", "f32[3,1,1,2]", "f32[3,1,1,2]")})
    for (const bool is_fused : {false, true}) expect_agreement(program(window, x, y), is_fused);
}

// Beyond 256 places they are walked by loops.
TEST(LargeWindow, OfManyPlacesAgreesWithTheInterpreter) {
  for (const auto& [window, x, y] :
       {std::tuple("window = [17,16], stride = [17,16], pad = [0,0,0,0]", "f32[2,1,35,32]", "f32[2,1,2,2]"),
        std::tuple("window = [20,20], stride = [3,3], pad = [5,5,19,0]", "f32[1,2,20,18]", "f32[1,2,4,6]")})
    for (const bool is_fused : {false, true}) expect_agreement(program(window, x, y), is_fused);
}

TEST(LargeWindow, KeepsWhatIsSeenOfIt) {
  const auto seen = [](const std::string& window, const std::string& x, const std::string& y) {
    const auto module = parsed(program(window, x, y));
    std::vector<WindowAttributes> all;
    for (const auto& op : module->functions[0]->ops()) all.push_back(window_within_picture(*op));
    for (WindowAttributes& each : all) {
      each.shape.clear();
      EXPECT_EQ(each, all[0]);
    }
    return all[0];
  };
  EXPECT_EQ(seen("window = [9,9], stride = [1,1], pad = [8,0,0,8]", "f32[1,1,1,1]", "f32[1,1,1,1]"),
            (WindowAttributes{{1, 1}, {1, 1}, {0, 0, 0, 0}, {}}));
  EXPECT_EQ(seen("window = [3,3], stride = [1,1], pad = [1,1,1,1]", "f32[1,1,4,4]", "f32[1,1,4,4]"),
            (WindowAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}, {}}));
  EXPECT_EQ(seen("window = [9,9], stride = [2,1], pad = [5,5,8,1]", "f32[1,1,3,2]", "f32[1,1,3,3]"),
            (WindowAttributes{{7, 3}, {2, 1}, {4, 4, 2, 1}, {}}));
}

// Where each element is met once, it is still a sum that starts at 0.
TEST(Windows, ThatDoNotOverlapMakeNoNegativeZeros) {
  for (const char* window :
       {"window = [1,1], stride = [1,1], pad = [0,0,0,0]", "window = [2,2], stride = [2,2], pad = [0,0,0,0]"}) {
    const bool is_single = std::string_view(window).starts_with("window = [1");
    const std::string shape = is_single ? "f32[1,1,4,4]" : "f32[1,1,2,2]";
    const auto module = parsed(program(window, "f32[1,1,4,4]", shape));
    const Function& function = *module->functions[0];
    std::vector<Tensor> arguments;
    for (const auto& parameter : function.parameters()) {
      const std::vector<float> zeros(static_cast<size_t>(parameter->type.elements()), -0.0F);
      arguments.push_back(Tensor::from<float>(parameter->type, std::span<const float>(zeros)));
    }
    const auto results = testing::CompiledProgram(function).run(arguments);
    for (const size_t result : {2, 3})
      for (const float x : results[result].as<float>())
        EXPECT_FALSE(std::signbit(x)) << window << ", result " << result;
  }
}

}  // namespace
}  // namespace minnow
