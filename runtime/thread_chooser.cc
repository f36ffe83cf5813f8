#include "runtime/thread_chooser.h"

#include <algorithm>
#include <cmath>

namespace minnow {
namespace {

constexpr double kShare = 0.01;   // of the time, that finding out may cost
constexpr double kEnough = 0.97;  // of the time on one thread: for less gain the others may do something else

constexpr int kRunsOnOne = 4;  // at least, of which the first has its data in the others' caches and does not count
constexpr double kWaking = 200e-6;      // at most, of threads that sleep
constexpr double kMostAllowances = 25;  // in the account: what is long past says little about now
constexpr double kLeastDebt = 2;        // in allowances, too, that is always remembered: see most_debt()

}  // namespace

void ThreadChooser::add(double seconds) {
  ++streak_;
  takes_all_ ? add_on_all(seconds) : add_on_one(seconds);
}

void ThreadChooser::add_on_one(double seconds) {
  if (streak_ == 1) return;
  latest_[known_++ % latest_.size()] = seconds;
  std::array<double, 5> sorted = latest_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(known_, sorted.size()));
  const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
  std::nth_element(sorted.begin(), middle, end);
  one_ = *middle;
  account_ = std::min(account_ + kShare * seconds, kMostAllowances * allowance());
  if (streak_ >= kRunsOnOne && account_ >= 0) change();
}

void ThreadChooser::add_on_all(double seconds) {
  account_ =
      std::clamp(account_ + kShare * seconds + kEnough * one_ - seconds, -most_debt(), kMostAllowances * allowance());
  unseen_ += seconds;
  const bool has_lost = account_ < -allowance();
  const bool is_one_forgotten = kShare * unseen_ > allowance();  // to time it costs about that
  if (!has_lost && !is_one_forgotten) return;
  lost_trials_ = has_lost ? lost_trials_ + 1 : 0;
  change();
}

void ThreadChooser::change() {
  takes_all_ = !takes_all_;
  streak_ = 0;
  unseen_ = 0;
}

// One late thread says little about the next second, a trial lost after another does.
double ThreadChooser::most_debt() const {
  const double allowances = std::ldexp(kLeastDebt, std::min(lost_trials_, 8));
  return std::min(allowances, kMostAllowances) * allowance();
}

// For a trial to get going.
double ThreadChooser::allowance() const { return kWaking + kRunsOnOne * one_; }

}  // namespace minnow
