// The gradient of a filter of 3 x 3 in a block of examples by minimal filtering, F(3 x 3, 2 x 2): the transpose of
// WinogradSchedule's. Of a tile of 4 x 4 pixels and of 2 x 2 of the output's gradient 16 products are made, which are
// summed over tiles and examples, and give 9 numbers for each pair of channels.
//
// Vectors run along the output's channels, a number for each of which is multiplied with that of one pixel.
#pragma once

#include <string>
#include <vector>

#include "codegen/target/target.h"
#include "ir/contraction.h"
#include "ir/function.h"

namespace minnow {

struct WinogradFilterSchedule {
  Contraction whole;
  std::vector<Contraction> phases;  // itself
  int64_t lanes = 1;
  int64_t rows = 1, columns = 1;                // of tiles, of an image
  int64_t tiles = 1;                            // at once, over which sums stay in registers
  int64_t tile_channels = 1, tile_vectors = 1;  // of the input x of the output, summed in registers

  // Whether it is less work than the windows' sums; see WinogradSchedule::pays_in_block().
  static bool pays(const Contraction& contraction, const Shape& input);

  WinogradFilterSchedule(Contraction contraction, const Target& target);

  size_t channel_axis() const { return whole.axes_of(Axis::Kind::kRow)[0]; }
  size_t column_axis() const { return whole.axes_of(Axis::Kind::kColumn)[0]; }
  int64_t channels() const { return whole.axes[channel_axis()].extent; }
  int64_t vectors() const { return ceil_div(whole.axes[column_axis()].extent, lanes); }

  // Floats from a place of the tiles to the next, odd numbers of vectors: of pixels, as [channel][tile][example], of
  // the output's gradients, as [tile][example][channel], and of sums, as [channel of the input][of the output].
  int64_t pixel_plane() const;
  int64_t gradient_plane() const;
  int64_t sum_plane() const { return (channels() * vectors() | 1) * lanes; }
  int64_t bytes() const;
  static int64_t units() { return 1; }
  std::string text() const;
};

// Whether a block's part of the op, if that is such a gradient, is computed so.
bool filters_minimally(const Op& op);

}  // namespace minnow
