// Runs that are under way, on stderr.
#pragma once

#include "runtime/train/progress.h"
#include "runtime/train/sweep.h"

namespace minnow {

// On a terminal a table that redraws itself, otherwise a line per run as it ends.
class LiveTable {
 public:
  explicit LiveTable(const Sweep& sweep);
  void show(const SweepRun& changed);

 private:
  std::string line(const SweepRun& run) const;
  void redraw();

  const Sweep& sweep_;
  ProgressStyle style_;
  size_t width_ = 0;
  size_t lines_ = 0;
};

}  // namespace minnow
