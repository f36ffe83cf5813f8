// Transposes that move the innermost dimension, of every shape of edge, alone and read by others.
#include <gtest/gtest.h>

#include "codegen/compile.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

struct Case {
  Shape shape;
  std::vector<int64_t> permutation;
};

class Transpose : public ::testing::TestWithParam<Case> {};

TEST_P(Transpose, MovesEveryElement) {
  const auto& [shape, permutation] = GetParam();
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kF64, DType::kU8}) {
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {dtype, shape});
    Value* y = b.transpose(x, permutation);
    function.add_result("y", y);
    if (dtype != DType::kU8) function.add_result("sum", b.add(y, y));
    proof::Rng rng(3);
    const auto arguments = draw_arguments(function, {{}}, proof::Numbers::kWhole, rng);
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    testing::CompiledProgram program(function);
    const auto actual = program.run(arguments);
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << print(function);
    EXPECT_TRUE(testing::ignores_threads(program, arguments));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Transpose,
                         ::testing::Values(Case{{16, 16}, {1, 0}}, Case{{33, 8}, {1, 0}}, Case{{8, 100}, {1, 0}},
                                           Case{{70, 35}, {1, 0}}, Case{{3, 17, 20}, {0, 2, 1}},
                                           Case{{3, 17, 20}, {2, 0, 1}}, Case{{19, 3, 16}, {2, 1, 0}},
                                           Case{{2, 9, 3, 11}, {0, 3, 2, 1}}, Case{{2, 9, 3, 11}, {3, 0, 2, 1}},
                                           Case{{1, 40, 1}, {2, 0, 1}}, Case{{5, 7}, {1, 0}}, Case{{5001, 9}, {1, 0}},
                                           Case{{2, 1100, 17}, {2, 0, 1}}, Case{{2, 20, 7, 5}, {0, 2, 3, 1}},
                                           Case{{2, 7, 5, 20}, {0, 3, 1, 2}}, Case{{3, 5, 7, 2, 9}, {3, 4, 0, 1, 2}},
                                           Case{{3, 5, 7, 2, 9}, {4, 0, 3, 1, 2}}));

// One kernel of a transpose and what reads it and is read by it; of two transposes; of one that a slice reads
// elsewhere.
TEST(Transposes, AreWhatTheInterpreterSaysBesideOtherOps) {
  const auto build = [](int variant) {
    auto function = std::make_unique<Function>("f");
    Builder b(*function);
    Value* x = function->add_parameter("x", {DType::kF32, {3, 35, 20}});
    Value* w = function->add_parameter("w", {DType::kF32, {3, 20, 35}});
    Value* y = b.transpose(b.neg(x), {0, 2, 1});
    if (variant == 1) y = b.add(y, b.transpose(x, {0, 2, 1}));
    if (variant == 2) y = b.concat({b.slice(y, 2, 1, 35), b.slice(y, 2, 0, 1)}, 2);
    if (variant == 3) y = b.transpose(b.add(y, w), {1, 0, 2});
    function->add_result("sum", b.add(y, variant == 3 ? b.transpose(w, {1, 0, 2}) : w));
    function->add_result("is_more", b.create(OpKind::kGreater, {y, b.like(y, 0.5)}));
    if (variant == 0) function->add_result("y", y);
    return function;
  };
  for (const int variant : {0, 1, 2, 3}) {
    const auto function = build(variant);
    const auto fused = function->clone();
    ASSERT_TRUE(run_passes(*fused, default_pipeline()));
    proof::Rng rng(3);
    const auto arguments = draw_arguments(*function, {{}, {}}, proof::Numbers::kWhole, rng);
    const testing::Reference expected = testing::interpret_reference(*function, arguments);
    testing::CompiledProgram program(*fused);
    EXPECT_TRUE(testing::agrees(expected, program.run(arguments))) << print(*fused);
    EXPECT_TRUE(testing::ignores_threads(program, arguments));
  }
}

TEST(Transposes, OfFewColumnsAreSeveralUnits) {
  Function function("f");
  Builder b(function);
  function.add_result("y", b.transpose(function.add_parameter("x", {DType::kF32, {5001, 9}}), {1, 0}));
  const auto compiled = compile(function, plan_memory(function));
  ASSERT_TRUE(compiled) << compiled.error().to_string();
  ASSERT_EQ((*compiled)->kernels.size(), 1U);
  EXPECT_GT((*compiled)->kernels[0].units, 4);
}

}  // namespace
}  // namespace minnow
