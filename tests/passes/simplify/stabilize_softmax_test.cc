#include "passes/simplify/stabilize_softmax.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "interpreter/interpreter.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parse(const std::string& text) {
  auto module = parse_module(text, "test.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return std::move((*module)->functions.front());
}

std::vector<float> run(const Function& function, std::vector<float> x) {
  const Tensor argument = Tensor::from<float>(function.parameters()[0]->type, std::span<const float>(x));
  const Tensor* arguments[] = {&argument};
  auto results = interpret(function, arguments);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  const auto values = results->front().as<float>();
  return {values.begin(), values.end()};
}

constexpr char kSoftmax[] = R"(
    func @f(%x: f32[1,3]) -> (f32[1,3]) {
      %0 = exp(%x) : f32[1,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[1]  loc("p")
      %2 = broadcast(%1) {dims = [0]} : f32[1,3]  loc("p")
      %3 = div(%0, %2) : f32[1,3]  loc("p")
      return %3
    })";

constexpr char kLogSumExp[] = R"(
    func @f(%x: f32[1,3]) -> (f32[1]) {
      %0 = exp(%x) : f32[1,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[1]  loc("p")
      %2 = log(%1) : f32[1]  loc("p")
      return %2
    })";

constexpr char kLogSoftmax[] = R"(
    func @f(%x: f32[1,3]) -> (f32[1,3]) {
      %0 = exp(%x) : f32[1,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[1]  loc("p")
      %2 = broadcast(%1) {dims = [0]} : f32[1,3]  loc("p")
      %3 = div(%0, %2) : f32[1,3]  loc("p")
      %4 = log(%3) : f32[1,3]  loc("p")
      return %4
    })";

class Forms : public testing::TestWithParam<const char*> {};

TEST_P(Forms, MeansTheSameAndFiresOnce) {
  auto function = parse(GetParam());
  const std::vector<float> before = run(*function, {0.5, -1, 2});
  EXPECT_TRUE(stabilize_softmax(*function));
  const Status status = verify(*function);
  ASSERT_TRUE(status) << status.error().to_string() << print(*function);
  EXPECT_THAT(run(*function, {0.5, -1, 2}), testing::Pointwise(testing::FloatNear(1e-6F), before));
  EXPECT_FALSE(stabilize_softmax(*function)) << print(*function);
}

INSTANTIATE_TEST_SUITE_P(StabilizeSoftmax, Forms, testing::Values(kSoftmax, kLogSumExp, kLogSoftmax));

TEST(StabilizeSoftmax, LargeLogitsStayFinite) {
  auto softmax = parse(kSoftmax), log_sum_exp = parse(kLogSumExp), log_softmax = parse(kLogSoftmax);
  for (Function* function : {softmax.get(), log_sum_exp.get(), log_softmax.get()}) stabilize_softmax(*function);
  EXPECT_THAT(run(*softmax, {1000, 0, -1000}), testing::ElementsAre(1, 0, 0));
  EXPECT_THAT(run(*log_sum_exp, {1000, 0, -1000}), testing::ElementsAre(1000));
  EXPECT_THAT(run(*log_softmax, {1000, 0, -1000}), testing::ElementsAre(0, -1000, -2000));
}

// What is not shifted is right there, so the shift is to change nothing.
TEST(StabilizeSoftmax, RowsWithInfinitiesAndNanKeepTheirValues) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> rows = {{kInfinity, 0, 1},
                                                {-kInfinity, -kInfinity, -kInfinity},
                                                {-kInfinity, 0, 1},
                                                {NAN, 0, 1},
                                                {kInfinity, -kInfinity, 1}};
  for (const char* text : {kSoftmax, kLogSumExp})
    for (const std::vector<float>& row : rows) {
      auto function = parse(text);
      const std::vector<float> before = run(*function, row);
      stabilize_softmax(*function);
      EXPECT_THAT(run(*function, row), testing::Pointwise(testing::NanSensitiveFloatEq(), before)) << text;
    }
}

void expect_untouched(const std::string& text) {
  auto function = parse(text);
  const std::string before = print(*function);
  EXPECT_FALSE(stabilize_softmax(*function));
  EXPECT_EQ(print(*function), before);
}

TEST(StabilizeSoftmax, LeavesTheShiftedForm) {
  expect_untouched(R"(
    func @f(%x: f32[2,3]) -> (f32[2]) {
      %0 = reduce_max(%x) {dims = [1]} : f32[2]  loc("p")
      %1 = broadcast(%0) {dims = [0]} : f32[2,3]  loc("p")
      %2 = sub(%x, %1) : f32[2,3]  loc("p")
      %3 = exp(%2) : f32[2,3]  loc("p")
      %4 = reduce_sum(%3) {dims = [1]} : f32[2]  loc("p")
      %5 = log(%4) : f32[2]  loc("p")
      return %5
    })");
}

TEST(StabilizeSoftmax, LeavesAnExponentialUsedElsewhere) {
  expect_untouched(R"(
    func @f(%x: f32[2,3]) -> (f32[2,3], f32[2,3]) {
      %0 = exp(%x) : f32[2,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[2]  loc("p")
      %2 = broadcast(%1) {dims = [0]} : f32[2,3]  loc("p")
      %3 = div(%0, %2) : f32[2,3]  loc("p")
      return %3, %0
    })");
}

TEST(StabilizeSoftmax, LeavesASumUsedElsewhere) {
  expect_untouched(R"(
    func @f(%x: f32[2,3]) -> (f32[2], f32[2]) {
      %0 = exp(%x) : f32[2,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[2]  loc("p")
      %2 = log(%1) : f32[2]  loc("p")
      %3 = neg(%1) : f32[2]  loc("p")
      return %2, %3
    })");
}

TEST(StabilizeSoftmax, LeavesTheSumOfAnotherDimension) {
  expect_untouched(R"(
    func @f(%x: f32[3,3]) -> (f32[3,3]) {
      %0 = exp(%x) : f32[3,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [0]} : f32[3]  loc("p")
      %2 = broadcast(%1) {dims = [1]} : f32[3,3]  loc("p")
      %3 = div(%0, %2) : f32[3,3]  loc("p")
      return %3
    })");
}

// Sums per row laid along the columns: not a softmax, though the shapes agree.
TEST(StabilizeSoftmax, LeavesASumSpreadTheWrongWay) {
  expect_untouched(R"(
    func @f(%x: f32[3,3]) -> (f32[3,3]) {
      %0 = exp(%x) : f32[3,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[3]  loc("p")
      %2 = broadcast(%1) {dims = [1]} : f32[3,3]  loc("p")
      %3 = div(%0, %2) : f32[3,3]  loc("p")
      return %3
    })");
}

TEST(StabilizeSoftmax, LeavesTheOtherDivision) {
  expect_untouched(R"(
    func @f(%x: f32[2,3]) -> (f32[2,3]) {
      %0 = exp(%x) : f32[2,3]  loc("p")
      %1 = reduce_sum(%0) {dims = [1]} : f32[2]  loc("p")
      %2 = broadcast(%1) {dims = [0]} : f32[2,3]  loc("p")
      %3 = div(%2, %0) : f32[2,3]  loc("p")
      return %3
    })");
}

// Neither the maximum of something else nor one that is laid along the columns keeps the exponents small.
TEST(StabilizeSoftmax, ShiftsWhatOnlyLooksShifted) {
  for (const std::string shift : {"reduce_max(%w) {dims = [1]} : f32[3] %1 = broadcast(%0) {dims = [0]}",
                                  "reduce_max(%x) {dims = [1]} : f32[3] %1 = broadcast(%0) {dims = [1]}",
                                  "reduce_max(%x) {dims = [0]} : f32[3] %1 = broadcast(%0) {dims = [0]}",
                                  "reduce_sum(%x) {dims = [1]} : f32[3] %1 = broadcast(%0) {dims = [0]}"}) {
    const auto function = parse("func @f(%x: f32[3,3], %w: f32[3,3]) -> (f32[3]) { %0 = " + shift + R"( : f32[3,3]
      %2 = sub(%x, %1) : f32[3,3]
      %3 = exp(%2) : f32[3,3]
      %4 = reduce_sum(%3) {dims = [1]} : f32[3]
      %5 = log(%4) : f32[3]
      return %5
    })");
    EXPECT_TRUE(stabilize_softmax(*function)) << shift;
  }
}

// They have no maximum to be shifted by.
TEST(StabilizeSoftmax, RowsOfNoElementStay) {
  const auto function = parse(R"(func @f(%x: f32[3,0]) -> (f32[3,0], f32[3]) {
  %0 = exp(%x) : f32[3,0]
  %1 = reduce_sum(%0) {dims = [1]} : f32[3]
  %2 = broadcast(%1) {dims = [0]} : f32[3,0]
  %3 = div(%0, %2) : f32[3,0]
  %4 = log(%1) : f32[3]
  return %3, %4
})");
  EXPECT_FALSE(stabilize_softmax(*function));
}

}  // namespace
}  // namespace minnow
