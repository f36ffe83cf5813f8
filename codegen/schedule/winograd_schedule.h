// A convolution of 3 x 3 windows by minimal filtering, F(2 x 2, 3 x 3): of a tile of 4 x 4 pixels and of the filter
// sums are made such that 16 products give 2 x 2 pixels of the result, where the windows' own sums take 36. What comes
// out is rounded otherwise, by about as much.
//
// S. Winograd, Arithmetic Complexity of Computations, 1980, and A. Lavin, S. Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2016.
#pragma once

#include <string>
#include <vector>

#include "codegen/schedule/pixel_vectors.h"
#include "codegen/target/target.h"
#include "ir/contraction.h"

namespace minnow {

// Numbers x vectors whose products are summed in registers, with what is multiplied for them, so that all of either
// take the fewest cycles. A number serves all vectors, and a vector, which comes from further away, all numbers.
struct SumTile {
  int64_t numbers = 1, vectors = 1;

  // Vectors of so many lanes; the last tile may have fewer of them, if they need not be divided evenly.
  SumTile(int64_t all_numbers, int64_t all_vectors, bool evenly, int64_t lanes, const Processor& processor);
};

// Whether windows of 3 x 3 neighbours stand at each pixel of a, forwards or backwards.
bool has_small_windows(const Contraction& contraction);

struct WinogradSchedule {
  static constexpr int64_t kSide = 4, kPlaces = kSide * kSide;  // of a tile
  static constexpr int64_t kStep = 2;                           // pixels from a tile to the next
  static constexpr int64_t kTaps = 3, kWindow = kTaps * kTaps;  // of a window

  Contraction whole;
  std::vector<Contraction> phases;  // itself
  int64_t lanes = 1;
  int64_t rows = 1, columns = 1;          // of tiles, of an image
  int64_t tile_columns = 1, vectors = 1;  // summed at once: output channels x vectors of tiles

  // Lines of tiles of an image, with code for each vector of them. `repeats` of them follow each other, all alike.
  struct Band {
    int64_t row = 0, rows = 1, repeats = 1;
    PixelVectors tiles;
  };
  std::vector<Band> bands;  // of few images: vectors along the tiles of one; else of a block's examples

  // Whether it is less work than the windows' sums, by a count that is the same for all machines: what is computed
  // depends on it. Of a block of examples, whose sums leave out the padding, with a filter that many blocks share; of a
  // few images with one that many runs share, if it is not much more work for one run either.
  static bool pays_in_block(const Contraction& contraction, const Shape& input);
  static bool pays_for_images(const Contraction& contraction);

  // In a block of examples.
  WinogradSchedule(Contraction contraction, const Target& target);
  // Of few images with so many pixels.
  WinogradSchedule(Contraction contraction, const Shape& input, const Target& target);

  size_t row_axis(size_t dim) const { return whole.axes_of(Axis::Kind::kRow)[dim]; }
  size_t column_axis() const { return whole.axes_of(Axis::Kind::kColumn)[0]; }
  size_t channel_axis() const { return whole.axes_of(Axis::Kind::kDepth)[0]; }
  int64_t channels() const { return whole.axes[channel_axis()].extent; }
  // Of the first pixel of the first tile, in dimension `dim` of the input.
  int64_t first_pixel(size_t dim) const;
  // Of vectors that are summed at once, in one of a band's repeats.
  int64_t groups(const Band& band) const { return ceil_div(band.tiles.vectors(), vectors); }
  int64_t groups() const;  // of an image, or of a block
  int64_t tiles_in_code() const;

  // The filter's planes lie one behind the other. It is transformed ahead: for all blocks, maybe for all runs.
  int64_t floats_of_plane() const;
  int64_t bytes_packed_ahead() const { return kPlaces * floats_of_plane() * 4; }
  // From a place of the tiles to the next: an odd number, so that all places of a tile lie in sets of their own of a
  // cache.
  int64_t pixel_vectors() const { return channels() * vectors | 1; }
  int64_t sum_vectors() const { return tile_columns * vectors | 1; }
  // Of scratch: tiles of the input, then sums.
  int64_t pixel_floats() const { return kPlaces * pixel_vectors() * lanes; }
  int64_t sum_floats() const { return kPlaces * sum_vectors() * lanes; }
  int64_t bytes() const { return (pixel_floats() + sum_floats()) * 4; }
  // Images, each of a group of channels, or where these are few, groups of their vectors of tiles.
  int64_t images() const { return whole.extent_of(Axis::Kind::kBatch) * whole.axes[row_axis(0)].extent; }
  bool divides_images() const;
  int64_t units() const;
  std::string text() const;

 private:
  void divide(const Target& target, int64_t most_vectors);
  void add_band(const Shape& input, int64_t row, int64_t rows, int64_t repeats);
};

}  // namespace minnow
