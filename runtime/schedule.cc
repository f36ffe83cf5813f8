#include "runtime/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace minnow {

double learning_rate_at(const spec::Training& training, int64_t step, int64_t steps_per_epoch) {
  const spec::Schedule& schedule = training.schedule();
  const double rate = training.learning_rate();
  const double per_epoch = static_cast<double>(steps_per_epoch);
  const double warmup_steps = std::floor(schedule.warmup_epochs() * per_epoch);
  const double done = static_cast<double>(step);
  if (done < warmup_steps) return rate * (done + 1) / warmup_steps;

  const double epochs_done = (done - warmup_steps) / per_epoch;
  switch (schedule.kind_case()) {
    case spec::Schedule::kStep:
      return rate *
             std::pow(schedule.step().factor(), std::floor(epochs_done / static_cast<double>(schedule.step().every())));
    case spec::Schedule::kExponential: return rate * std::pow(schedule.exponential().decay(), std::floor(epochs_done));
    case spec::Schedule::kCosine: {
      const double length = static_cast<double>(training.epochs()) - warmup_steps / per_epoch;
      const double progress = length > 0 ? std::min(epochs_done / length, 1.0) : 1.0;
      const double final = schedule.cosine().final();
      return rate * (final + (1 - final) * 0.5 * (1 + std::cos(std::numbers::pi * progress)));
    }
    case spec::Schedule::kConstant:
    case spec::Schedule::KIND_NOT_SET: break;
  }
  return rate;
}

}  // namespace minnow
