#include "runtime/plot/chart_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace minnow {
namespace {

constexpr int kFewDecades = 2;

// The smallest of 1, 2, 5 times a power of ten that is at least `rough`.
double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

int decimals_of(double step) { return std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12); }

std::string label_of(double value, double step) {
  if (std::abs(value) < step * 1e-6) value = 0;
  const bool is_plain = step >= 1e-5 && std::abs(value) < 1e7;
  return is_plain ? fmt::format("{:.{}f}", value, decimals_of(step)) : fmt::format("{:.3g}", value);
}

}  // namespace

ChartAxis::ChartAxis(double low, double high, int about, bool is_log) : low_(low), high_(high), is_log_(is_log) {
  if (!std::isfinite(low_) || !std::isfinite(high_) || low_ > high_ || (is_log_ && low_ <= 0)) {
    low_ = is_log_ ? 0.1 : 0;
    high_ = 1;
  }
  if (is_log_) {
    if (high_ / low_ < 1.1) low_ /= 2, high_ *= 2;
    return;
  }
  const double least = std::max(std::max(std::abs(low_), std::abs(high_)) * 1e-9, 1e-12);
  if (high_ - low_ < least) {
    const double margin = std::max(std::abs(low_) * 0.5, 0.5);
    low_ -= margin;
    high_ += margin;
  }
  step_ = round_step((high_ - low_) / std::max(about, 1));
}

double ChartAxis::position(double value) const {
  if (is_log_) return std::log(value / low_) / std::log(high_ / low_);
  return (value - low_) / (high_ - low_);
}

void ChartAxis::use_whole_steps() { step_ = std::max(step_, 1.0); }

void ChartAxis::round_out() {
  if (is_log_) return;
  low_ = std::floor(low_ / step_ + 1e-9) * step_;
  high_ = std::ceil(high_ / step_ - 1e-9) * step_;
}

std::vector<Tick> ChartAxis::ticks(bool as_percentage) const {
  if (is_log_) return log_ticks();
  std::vector<Tick> ticks;
  const double last = std::floor(high_ / step_ + 1e-9);
  for (double i = std::ceil(low_ / step_ - 1e-9); i <= last; ++i) {
    const double value = i * step_;
    ticks.push_back({value, as_percentage ? label_of(value * 100, step_ * 100) + "%" : label_of(value, step_)});
  }
  return ticks;
}

std::vector<Tick> ChartAxis::log_ticks() const {
  const double decades = std::log10(high_ / low_);
  const std::vector<double> factors = decades > kFewDecades ? std::vector{1.0} : std::vector{1.0, 2.0, 5.0};
  const double stride = std::max(1.0, std::ceil(decades / 8));
  std::vector<Tick> ticks;
  for (double power = std::floor(std::log10(low_)); power <= std::log10(high_); power += stride) {
    for (const double factor : factors) {
      const double value = factor * std::pow(10.0, power);
      if (value >= low_ * (1 - 1e-9) && value <= high_ * (1 + 1e-9))
        ticks.push_back({value, fmt::format("{:g}", value)});
    }
  }
  return ticks;
}

}  // namespace minnow
