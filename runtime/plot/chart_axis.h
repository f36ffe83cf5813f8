// One axis of a chart: its range, its round ticks, and where a value lies on it.
#pragma once

#include <string>
#include <vector>

namespace minnow {

struct Tick {
  double value = 0;
  std::string label;
};

class ChartAxis {
 public:
  // An axis over [low, high], widened to be drawable if it is empty or not finite. `about` ticks are aimed
  // for; a log axis has them at powers of ten and, if these are few, at 2 and 5 times them.
  ChartAxis(double low, double high, int about, bool is_log = false);

  // 0 at the low end, 1 at the high end.
  double position(double value) const;
  // Ticks at round values within the range, labelled alike; as percentages of 1 if asked.
  std::vector<Tick> ticks(bool as_percentage = false) const;
  // Ticks at whole numbers only.
  void use_whole_steps();
  // Moves both ends out to the next tick.
  void round_out();
  bool is_log() const { return is_log_; }

 private:
  std::vector<Tick> log_ticks() const;

  double low_;
  double high_;
  double step_ = 1;  // between ticks: 1, 2 or 5 times a power of ten
  bool is_log_;
};

}  // namespace minnow
