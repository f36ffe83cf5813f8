// A maximum is only a shift where nothing but the softmax that it cancels out of reads what it shifts.
#include "passes/simplify/softmax_shift.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/text.h"

namespace minnow {
namespace {

// Whether the maximum of %x: f32[3,3] is a shift, with this behind exp(x - max(x)) and these results.
bool is_shift(const std::string& body, const std::string& results, const std::string& types = "f32[3,3], f32[3,3]") {
  const auto module = parse_module("func @f(%x: f32[3,3], %w: f32[3,3]) -> (" + types + R"() {
      %max = reduce_max(%x) {dims = [1]} : f32[3]
      %shift = broadcast(%max) {dims = [0]} : f32[3,3]
      %z = sub(%x, %shift) : f32[3,3]
      %e = exp(%z) : f32[3,3]
      )" + body + "\nreturn " + results +
                                       "\n}",
                                   "test.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  const Function& function = *(*module)->functions.front();
  return is_softmax_shift(*function.ops().front(), UseMap(function));
}

const std::string kSoftmax = R"(
    %sum = reduce_sum(%e) {dims = [1]} : f32[3]
    %all = broadcast(%sum) {dims = [0]} : f32[3,3]
    %y = div(%e, %all) : f32[3,3]
    )";
const std::string kLogSoftmax = R"(
    %sum = reduce_sum(%e) {dims = [1]} : f32[3]
    %log = log(%sum) : f32[3]
    %all = broadcast(%log) {dims = [0]} : f32[3,3]
    %y = sub(%z, %all) : f32[3,3]
    )";

TEST(SoftmaxShift, IsTheMaximumOfASoftmaxAndOfItsLogarithm) {
  EXPECT_TRUE(is_shift(kSoftmax, "%y, %y"));
  EXPECT_TRUE(is_shift(kLogSoftmax, "%y, %y"));
}

TEST(SoftmaxShift, IsNoneWhereWhatIsShiftedIsAResult) {
  EXPECT_FALSE(is_shift(kSoftmax, "%y, %z"));
  EXPECT_FALSE(is_shift(kSoftmax, "%y, %e"));
  EXPECT_FALSE(is_shift(kSoftmax, "%y, %all"));
  EXPECT_FALSE(is_shift(kSoftmax, "%y, %sum", "f32[3,3], f32[3]"));
  EXPECT_FALSE(is_shift(kLogSoftmax, "%y, %e"));
  EXPECT_FALSE(is_shift(kLogSoftmax, "%y, %z"));
  EXPECT_FALSE(is_shift(kLogSoftmax, "%y, %log", "f32[3,3], f32[3]"));
}

TEST(SoftmaxShift, IsNoneWhereSomethingElseReadsWhatIsShifted) {
  for (const std::string read : {"%z", "%e", "%all", "%shift"})
    EXPECT_FALSE(is_shift(kSoftmax + "%n = neg(" + read + ") : f32[3,3]", "%y, %n")) << read;
  EXPECT_FALSE(is_shift(kSoftmax + "%n = neg(%sum) : f32[3]", "%y, %n", "f32[3,3], f32[3]"));
  EXPECT_FALSE(is_shift(kSoftmax + "%n = neg(%max) : f32[3]", "%y, %n", "f32[3,3], f32[3]"));
}

TEST(SoftmaxShift, IsNoneOfSumsThatAreSpreadAlongColumns) {
  std::string spread = kSoftmax;
  spread.replace(spread.find("dims = [0]"), 10, "dims = [1]");
  EXPECT_FALSE(is_shift(spread, "%y, %y"));
}

TEST(SoftmaxShift, IsNoneOfSumsOverColumns) {
  EXPECT_FALSE(is_shift(R"(
    %sum = reduce_sum(%e) {dims = [0]} : f32[3]
    %all = broadcast(%sum) {dims = [1]} : f32[3,3]
    %y = div(%e, %all) : f32[3,3])",
                        "%y, %y"));
}

TEST(SoftmaxShift, IsNoneOfAnotherQuotient) {
  const auto quotient = [](const std::string& operands) {
    std::string text = kSoftmax;
    return is_shift(text.replace(text.find("(%e, %all)"), 10, operands), "%y, %y");
  };
  EXPECT_FALSE(quotient("(%all, %e)"));
  EXPECT_FALSE(quotient("(%w, %all)"));
  EXPECT_FALSE(quotient("(%e, %w)"));
}

TEST(SoftmaxShift, IsNoneWithoutASum) { EXPECT_FALSE(is_shift("", "%e, %e")); }

}  // namespace
}  // namespace minnow
