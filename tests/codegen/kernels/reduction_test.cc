// Reductions over every set of dimensions, alone and fused with what they read.
#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

constexpr int64_t kRank = 4;

std::vector<int64_t> dims_of(unsigned set) {
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < kRank; ++i)
    if (set >> i & 1U) dims.push_back(i);
  return dims;
}

class Reduction : public ::testing::TestWithParam<Shape> {
 protected:
  // Whole numbers, so that sums are exact.
  void expect_exact(const Function& function) {
    SCOPED_TRACE(print(function));
    proof::Rng rng(5);
    const auto arguments = draw_arguments(function, {{}}, proof::Numbers::kWhole, rng);
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    const auto actual = testing::CompiledProgram(function).run(arguments);
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << "result " << i;
  }
};

TEST_P(Reduction, IsExactOverEverySetOfDimensions) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, GetParam()});
  for (unsigned set = 0; set < 1U << kRank; ++set) {
    function.add_result(fmt::format("sum{}", set), b.reduce_sum(x, dims_of(set)));
    function.add_result(fmt::format("max{}", set), b.reduce_max(x, dims_of(set)));
  }
  expect_exact(function);
}

TEST_P(Reduction, IsExactOfWhatItIsFusedWith) {
  for (unsigned set = 1; set < 1U << kRank; ++set) {
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {DType::kF32, GetParam()});
    Value* square = b.mul(x, x);
    function.add_result("sum", b.reduce_sum(b.max(square, b.like(x, 1)), dims_of(set)));
    function.add_result("max", b.reduce_max(b.neg(square), dims_of(set)));
    ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
    expect_exact(function);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Reduction,
                         ::testing::Values(Shape{3, 5, 2, 17}, Shape{2, 1, 16, 3}, Shape{33, 2, 1, 1},
                                           Shape{1, 31, 7, 15}));

}  // namespace
}  // namespace minnow
