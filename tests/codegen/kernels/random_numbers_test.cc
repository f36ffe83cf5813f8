// Random numbers whose vectors begin inside of a block of four, and at its beginning.
#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

TEST(RandomNumbers, AreTheSameWhereverAVectorBegins) {
  for (const Shape& shape : {Shape{64}, Shape{5, 17}, Shape{7, 20}, Shape{3, 2, 33}, Shape{40, 16}, Shape{9, 1}}) {
    Function function("f");
    Builder b(function);
    Value* seed = function.add_parameter("seed", {DType::kI32, {}});
    Value* step = function.add_parameter("step", {DType::kI32, {}});
    Value* x = function.add_parameter("x", {DType::kF32, {shape.back()}});
    Value* numbers = b.random(shape, seed, step, 5);
    function.add_result("flat", numbers);
    function.add_result("by_row", b.add(numbers, b.broadcast(x, {static_cast<int64_t>(shape.size()) - 1}, shape)));
    ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
    proof::Rng rng(3);
    const auto arguments = draw_arguments(function, {{}, {}, {}}, proof::Numbers::kWhole, rng);
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    const auto actual = testing::CompiledProgram(function).run(arguments);
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << print(function);
  }
}

}  // namespace
}  // namespace minnow
