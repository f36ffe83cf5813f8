#include "runtime/train/schedule.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

constexpr int64_t kStepsPerEpoch = 10;

class ScheduleTest : public testing::Test {
 protected:
  ScheduleTest() {
    training_.set_learning_rate(2);
    training_.set_epochs(4);
  }
  double rate(int64_t step) const { return learning_rate_at(training_, step, kStepsPerEpoch); }
  spec::Schedule& schedule() { return *training_.mutable_schedule(); }
  spec::Training training_;
};

TEST_F(ScheduleTest, ConstantByDefault) {
  EXPECT_EQ(rate(0), 2);
  EXPECT_EQ(rate(39), 2);
}

TEST_F(ScheduleTest, StepFallsEverySoManyEpochs) {
  schedule().mutable_step()->set_every(2);
  schedule().mutable_step()->set_factor(0.25);
  EXPECT_EQ(rate(19), 2);
  EXPECT_EQ(rate(20), 0.5);
}

TEST_F(ScheduleTest, ExponentialFallsWithEachEpoch) {
  schedule().mutable_exponential()->set_decay(0.5);
  EXPECT_EQ(rate(9), 2);
  EXPECT_EQ(rate(10), 1);
  EXPECT_EQ(rate(30), 0.25);
}

TEST_F(ScheduleTest, CosineFallsFromTheRateToItsFinalShare) {
  schedule().mutable_cosine()->set_final(0.1);
  EXPECT_EQ(rate(0), 2);
  EXPECT_NEAR(rate(20), 1.1, 1e-12);
  EXPECT_NEAR(rate(40), 0.2, 1e-12);
  EXPECT_NEAR(rate(100), 0.2, 1e-12) << "a run that goes on longer";
}

TEST_F(ScheduleTest, WarmUpRisesLinearlyAndDelaysTheRest) {
  schedule().set_warmup_epochs(0.5);
  schedule().mutable_cosine();
  EXPECT_NEAR(rate(0), 0.4, 1e-12);
  EXPECT_NEAR(rate(4), 2, 1e-12);
  EXPECT_NEAR(rate(5), 2, 1e-12);
  EXPECT_LT(rate(6), 2);
  EXPECT_NEAR(rate(40), 0, 1e-12);
}

// Products such as 0.29 * 100 = 28.999999999999996 are whole numbers to whoever wrote them.
TEST_F(ScheduleTest, WarmUpOfAShareOfAnEpochHasTheStepsThatItSays) {
  for (const int64_t steps_per_epoch : {7, 10, 100, 1000, 46875}) {
    for (int64_t steps = 1; steps <= 3 * steps_per_epoch; steps += 1 + steps_per_epoch / 100) {
      schedule().set_warmup_epochs(static_cast<double>(steps) / static_cast<double>(steps_per_epoch));
      ASSERT_DOUBLE_EQ(learning_rate_at(training_, 0, steps_per_epoch), 2.0 / static_cast<double>(steps));
    }
  }
  schedule().set_warmup_epochs(0.29);
  EXPECT_DOUBLE_EQ(learning_rate_at(training_, 0, 100), 2.0 / 29);
  EXPECT_DOUBLE_EQ(learning_rate_at(training_, 28, 100), 2);
  schedule().set_warmup_epochs(0.2999);
  EXPECT_DOUBLE_EQ(learning_rate_at(training_, 0, 100), 2.0 / 29) << "anything else is rounded down";
  schedule().set_warmup_epochs(0.009);
  EXPECT_EQ(learning_rate_at(training_, 0, 100), 2) << "not one whole step";
}

TEST_F(ScheduleTest, AfterAWarmUpEpochsAreCountedFromItsEnd) {
  schedule().set_warmup_epochs(0.29);
  schedule().mutable_step()->set_every(2);
  schedule().mutable_step()->set_factor(0.5);
  EXPECT_EQ(learning_rate_at(training_, 28 + 200, 100), 2);
  EXPECT_EQ(learning_rate_at(training_, 29 + 200, 100), 1);
}

}  // namespace
}  // namespace minnow
