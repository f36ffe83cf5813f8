// What holding a result against the interpreter's sees, and what it leaves open.
#include "proof/compare.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/text.h"

namespace minnow::proof {
namespace {

constexpr float kInfinity = HUGE_VALF;

// A function of f32 parameters, on these numbers.
class CompareTest : public ::testing::Test {
 protected:
  void use(const std::string& text, const std::vector<std::vector<float>>& arguments) {
    auto module = parse_module(text, "f.ir");
    ASSERT_TRUE(module) << module.error().to_string();
    subject_.function = std::move((*module)->functions.front());
    for (size_t i = 0; i < arguments.size(); ++i)
      subject_.arguments.push_back(
          Tensor::from<float>(subject_.function->parameters()[i]->type, std::span<const float>(arguments[i])));
    auto reference = Reference::create(subject_);
    ASSERT_TRUE(reference);
    reference_ = std::make_unique<Reference>(*std::move(reference));
  }

  // Whether these results would pass for right.
  bool agrees(const std::vector<float>& results) const {
    std::vector<Tensor> step;
    step.push_back(Tensor::from<float>(subject_.function->results()[0].value->type, std::span<const float>(results)));
    Trace trace;
    trace.push_back(std::move(step));
    const auto comparisons = compare(subject_, *reference_, trace, "test");
    return comparisons && (*comparisons)[0].agrees;
  }

  Subject subject_;
  std::unique_ptr<Reference> reference_;
};

TEST_F(CompareTest, SeesWhatIsNotFinite) {
  use("func @f(%x: f32[4], %y: f32[4]) -> (f32[4]) { %0 = div(%x, %y) : f32[4] return %0 }",
      {{1, -1, 0, 1}, {0, 0, 0, 2}});
  EXPECT_TRUE(agrees({kInfinity, -kInfinity, NAN, 0.5F}));
  EXPECT_FALSE(agrees({NAN, -kInfinity, NAN, 0.5F}));
  EXPECT_FALSE(agrees({kInfinity, kInfinity, NAN, 0.5F}));
  EXPECT_FALSE(agrees({kInfinity, -kInfinity, 0, 0.5F}));
  EXPECT_FALSE(agrees({kInfinity, -kInfinity, NAN, NAN}));
  EXPECT_FALSE(agrees({kInfinity, -kInfinity, NAN, 0.6F}));
}

TEST_F(CompareTest, MeasuresEachElementByItself) {
  use("func @f(%x: f32[2], %y: f32[2]) -> (f32[2]) { %0 = mul(%x, %y) : f32[2] return %0 }", {{1e20F, 1e-10F}, {3, 3}});
  EXPECT_TRUE(agrees({3e20F, 3e-10F}));
  EXPECT_FALSE(agrees({3e20F, 4e-10F}));
}

TEST_F(CompareTest, LeavesOpenWhatOverflowsInOneTypeOnly) {
  use("func @f(%x: f32[2]) -> (f32[2]) { %0 = mul(%x, %x) : f32[2] return %0 }", {{1e30F, 2}});
  EXPECT_TRUE(agrees({kInfinity, 4}));
  EXPECT_TRUE(agrees({3e38F, 4}));
  EXPECT_FALSE(agrees({kInfinity, 5}));
}

TEST_F(CompareTest, LeavesOpenASumWhosePartsMayOverflow) {
  const std::string sum = "func @f(%x: f32[3]) -> (f32[]) { %0 = reduce_sum(%x) {dims = [0]} : f32[] return %0 }";
  use(sum, {{3e38F, -3e38F, 3e38F}});
  EXPECT_TRUE(agrees({kInfinity}));
}

TEST_F(CompareTest, SeesInfinitiesInASum) {
  use("func @f(%x: f32[3]) -> (f32[]) { %0 = reduce_sum(%x) {dims = [0]} : f32[] return %0 }", {{1, kInfinity, 3}});
  EXPECT_TRUE(agrees({kInfinity}));
  EXPECT_FALSE(agrees({NAN}));
}

TEST_F(CompareTest, LeavesOpenWhatAConvolutionMakesOfInfinities) {
  use("func @f(%x: f32[1,1,2,2], %w: f32[1,1,3,3]) -> (f32[1,1,2,2]) {\n"
      "  %0 = conv(%x, %w) {pad = [1, 1, 1, 1]} : f32[1,1,2,2]\n  return %0\n}",
      {{1, 1, 1, 1}, {kInfinity, 0, 0, 0, 1, 0, 0, 0, 0}});
  EXPECT_TRUE(agrees({1, 1, 1, kInfinity}));
  EXPECT_TRUE(agrees({NAN, NAN, NAN, kInfinity}));
}

}  // namespace
}  // namespace minnow::proof
