#include "runtime/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace minnow {
namespace {

// 0.29 epochs of 100 steps are 29 steps, though 0.29 * 100 is a little less than 29 in floating point: where the
// product is within its own rounding error of a whole number, that is the number meant.
int64_t whole_steps(double epochs, int64_t steps_per_epoch) {
  const double steps = epochs * static_cast<double>(steps_per_epoch);
  const double nearest = std::round(steps);
  const double rounding = steps * std::numeric_limits<double>::epsilon();
  return static_cast<int64_t>(std::abs(steps - nearest) <= rounding ? nearest : std::floor(steps));
}

}  // namespace

double learning_rate_at(const spec::Training& training, int64_t step, int64_t steps_per_epoch) {
  const spec::Schedule& schedule = training.schedule();
  const double rate = training.learning_rate();
  const int64_t warmup_steps = whole_steps(schedule.warmup_epochs(), steps_per_epoch);
  if (step < warmup_steps) return rate * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);

  const int64_t steps_done = step - warmup_steps;
  const int64_t epochs_done = steps_done / steps_per_epoch;
  switch (schedule.kind_case()) {
    case spec::Schedule::kStep:
      return rate * std::pow(schedule.step().factor(), static_cast<double>(epochs_done / schedule.step().every()));
    case spec::Schedule::kExponential:
      return rate * std::pow(schedule.exponential().decay(), static_cast<double>(epochs_done));
    case spec::Schedule::kCosine: {
      const int64_t length = training.epochs() * steps_per_epoch - warmup_steps;
      const double progress =
          length > 0 ? std::min(static_cast<double>(steps_done) / static_cast<double>(length), 1.0) : 1.0;
      const double final = schedule.cosine().final();
      return rate * (final + (1 - final) * 0.5 * (1 + std::cos(std::numbers::pi * progress)));
    }
    case spec::Schedule::kConstant:
    case spec::Schedule::KIND_NOT_SET: break;
  }
  return rate;
}

}  // namespace minnow
