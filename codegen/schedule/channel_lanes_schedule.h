// A convolution of few images whose channels lie innermost, as ir/channels_last.h says: vectors run along the channels
// of the result, which are those of the images, or each of their pixels' numbers goes into all of them. A tile is
// neighbouring pixels of a line, whose sums are in registers.
#pragma once

#include <string>
#include <vector>

#include "codegen/target/target.h"
#include "ir/contraction.h"

namespace minnow {

struct ChannelLanesSchedule {
  Contraction whole;
  std::vector<Contraction> phases;  // itself
  int64_t lanes = 1;
  size_t lane_axis = 0;
  int64_t tile = 1;  // pixels

  ChannelLanesSchedule(Contraction contraction, const Target& target);

  int64_t images() const { return whole.axes[whole.axes_of(Axis::Kind::kRow)[0]].extent; }
  int64_t lines() const { return whole.axes[whole.axes_of(Axis::Kind::kRow)[1]].extent; }
  int64_t pixels() const { return whole.axes[whole.axes_of(Axis::Kind::kRow)[2]].extent; }  // of a line
  int64_t channels() const { return whole.axes[lane_axis].extent; }
  int64_t vectors() const { return ceil_div(channels(), lanes); }
  // The code has them one by one: of each tile of a line.
  int64_t multiply_adds_in_code() const;

  static int64_t bytes() { return 0; }
  int64_t units() const { return images() * vectors() * lines(); }
  std::string text() const;
};

}  // namespace minnow
