// How a convolution is divided where vectors hold neighbouring channels of its result.
#pragma once

#include <vector>

#include "codegen/schedule/conv_shape.h"
#include "codegen/target/target.h"

namespace minnow {

// Pixels of the result that are made from the same elements of the filter: every row_step-th row from `row` on, and
// columns likewise. All of them are one phase, except where conv_input spreads y: then there is a phase for each place
// in a stride, with its taps of the filter, every row_tap_step-th from row_tap on.
struct PixelPhase {
  int64_t row = 0, column = 0;
  int64_t row_step = 1, column_step = 1;
  int64_t row_tap = 0, column_tap = 0;
  int64_t row_tap_step = 1, column_tap_step = 1;
};

struct ChannelTiling {
  Correlation c;
  bool is_filter;
  int64_t lanes;
  int64_t vectors;  // of a panel
  int64_t band;     // rows of the correlation's result that go together
  int64_t most_tile_rows;

  ChannelTiling(const Op& conv, const Target& target);

  int64_t panel() const { return vectors * lanes; }  // channels
  int64_t panels() const;                            // of a group
  int64_t bands() const { return c.out_height / band; }
  int64_t taps() const { return c.kernel_height * c.kernel_width; }
  // Rows of a panel's sums, and how many make a tile where `rows` go together.
  int64_t rows() const { return is_filter ? c.group_inputs * taps() : band * c.out_width; }
  int64_t tile_rows(int64_t rows) const;
  int64_t depth() const { return is_filter ? band * c.out_width : c.group_inputs * taps(); }
  // What is divided where there are few panels: tiles of a filter, or bands of all images.
  int64_t pieces() const;
  int64_t splits() const;

  int64_t band_height() const;  // of the input, with its padding
  std::vector<PixelPhase> phases() const;

  // Of scratch: the band, then the panel, then the sums.
  int64_t input_floats() const;
  int64_t panel_floats() const { return (depth() + lanes) * panel(); }
  int64_t sum_floats() const { return (rows() + lanes) * panel(); }
  int64_t bytes() const { return (input_floats() + panel_floats() + sum_floats()) * 4; }
  int64_t units() const { return c.groups * panels() * splits(); }
};

}  // namespace minnow
