// How a contraction is divided: which axis vectors run along, what is in registers, what lies in scratch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/target/target.h"
#include "ir/contraction.h"

namespace minnow {

// An operand as it is copied: of each dimension the places that a piece of work reads, the first of them `low` from
// where the piece begins, `stride` floats apart.
struct StagedDim {
  int64_t low = 0, extent = 1, stride = 0;
};
using StagedShape = std::vector<StagedDim>;
int64_t floats_of(const StagedShape& shape);
// The dimensions of a tensor with this map, those of all phases, row-major; each axis has `block` places of it.
StagedShape staged_shape(const std::vector<Contraction>& phases, AffineMap Contraction::* map,
                         const std::vector<int64_t>& block);

// The part of a block's rows of an image that is a unit, where `units` blocks are all that threads could share. What a
// band reads of its neighbours' input it copies, too: it has no fewer rows than are read for one.
int64_t rows_of_shared_band(const std::vector<Contraction>& phases, std::vector<int64_t> block, size_t row_axis,
                            int64_t units);

// How many of the processor's registers a vector of so many lanes takes.
int64_t registers_of_vector(int64_t lanes, const Processor& processor);

// Vectors run along the columns. A piece of work is a panel of columns: its part of b is packed as [depth][columns],
// and tiles of rows × vectors are summed in registers over the depth. Where the rows or the depth are too many for the
// cache, pieces of them take turns, and sums wait in scratch.
//
//               rows                        depth                             panel
//   dot         rows of a                   k                                 columns of b
//   conv        pixels of the result        input channels × filter           the filter
//   conv_filter input channels × filter     pixels of y, summed over images   y
struct PanelSchedule {
  Contraction whole;
  std::vector<Contraction> phases;
  std::vector<int64_t> block;  // of each axis, what is done at once
  int64_t lanes = 1;
  int64_t vectors = 1;  // of a panel
  int64_t most_tile_rows = 1;
  bool follows_lines = false;  // a tile is a part of one line of pixels, or whole lines
  bool packs = true;           // b; else its columns are read where they lie
  bool is_ahead = false;       // b is packed before, for all iterations of a loop around the kernel, or for all runs
  bool stages = false;         // a is copied, with the zeros of its padding
  bool adds_up = false;        // to what is in the result already
  bool transposes = false;     // sums, on their way into the result, whose rows are along another axis
  int64_t row_parts = 1;       // of the rows of a block
  int64_t splits = 1;          // pieces of rows that are work units of their own

  PanelSchedule(Contraction contraction, const Target& target, bool is_in_block);
  // The same in so much scratch: narrower panels, unpacked where that may be.
  void fit(int64_t bytes);
  // The same with all of b packed already, by emit_panels(): of two matrices, or of images and a filter that all share.
  bool may_pack_ahead() const;
  void pack_ahead(const Target& target);

  int64_t panel() const { return vectors * lanes; }
  int64_t panels() const;
  // Whether a panel is packed by the first tile that reads it, rather than before.
  bool packs_in_passing() const;
  int64_t tile_rows(int64_t rows) const;
  int64_t multiply_adds_of_tile() const { return tile_rows(rows_of_block()) * vectors * places(Axis::Kind::kDepth); }
  int64_t rows_of_block() const { return places(Axis::Kind::kRow); }
  // How many blocks the axes of a kind have.
  int64_t blocks(Axis::Kind kind) const;
  bool keeps_sums() const { return transposes || blocks(Axis::Kind::kDepth) > 1; }
  int64_t pieces() const { return blocks(Axis::Kind::kRow) * row_parts; }
  int64_t pieces_of_work() const { return whole.extent_of(Axis::Kind::kBatch) * panels() * splits; }
  int64_t units() const { return adds_up ? 1 : pieces_of_work(); }
  std::string text() const;

  StagedShape input() const { return staged_shape(phases, &Contraction::a, block); }
  // Of scratch: the input, then the panel, then the sums.
  int64_t input_floats() const;
  int64_t panel_floats() const { return packs && !is_ahead ? (places(Axis::Kind::kDepth) + lanes) * panel() : 0; }
  int64_t sum_floats() const;
  int64_t bytes() const { return (input_floats() + panel_floats() + sum_floats()) * 4; }
  // Of all of b as panels one behind the other. One that is transposed on its way is written by squares of lanes, which
  // end behind the last of the depth.
  int64_t floats_of_packed_panel() const;
  int64_t bytes_packed_ahead() const { return panels() * floats_of_packed_panel() * 4; }

 private:
  int64_t places(Axis::Kind kind) const;
  int64_t most_places(const Target& target) const;  // of a panel's depth, or of its sums, in the cache
  int64_t multiplies() const;
  bool holds_columns(const Target& target, int64_t places) const;
  void divide_product(const Target& target, bool has_columns_innermost);
  void divide_unpacked(const Target& target);
  void divide_depth(const Target& target);
  void divide_rows(const Target& target);
  void follow_lines(const Processor& processor);
  void divide_windows(const Target& target);
};

// Vectors run along an axis of the rows, and a tile is columns × items, each a vector: the examples of a block, the
// pixels of a row, the rows of a matrix that lies transposed.
//
//                                  lane axis   items of a tile
//   convolution in a block         examples    pixels of a row
//   dot in a block                 examples    vectors of examples
//   convolution of a few images    columns     rows of pixels
//   dot of few columns             rows        vectors of rows
struct RowLanesSchedule {
  Contraction whole;
  std::vector<Contraction> phases;
  std::vector<int64_t> block;
  int64_t lanes = 1;
  size_t lane_axis = 0, item_axis = 0;
  bool is_in_block = false;
  bool unrolls = true;  // the innermost axis of the depth, where a window is
  bool stages = false;  // a is copied, image by image, with the zeros of its padding

  RowLanesSchedule(Contraction contraction, const Target& target, bool is_in_block);

  struct Tile {
    int64_t columns = 1, items = 1;
  };
  Tile tile_of(const Contraction& phase) const;

  StagedShape input() const { return staged_shape(phases, &Contraction::a, block); }
  StagedShape sums() const;  // of a tile of columns
  // The last vector of the last row reads on behind it.
  int64_t input_bytes() const;
  int64_t bytes() const { return input_bytes() + (phases.size() > 1 ? floats_of(sums()) * 4 : 0); }
  int64_t units() const;
  std::string text() const;

 private:
  RegisterTiles registers_;
  Processor processor_;
};

// Vectors run along an axis of the depth, in both operands, and their lanes are added up when a tile is done.
//
//                                     lane axis   a tile
//   dot of few rows                   k           a few columns, whose rows of b are long, for all rows
//   dot of few columns                k           all columns, packed by vectors, for a few rows
//   conv_filter of a few images       columns     output channels × places of the filter
//   conv_filter in a block            examples    output channels × places of the filter
struct DepthLanesSchedule {
  Contraction whole;
  std::vector<Contraction> phases;
  std::vector<int64_t> block;
  int64_t lanes = 1;
  size_t lane_axis = 0;
  bool is_in_block = false;
  bool stages = false;        // a is copied, image by image, with the zeros of its padding
  bool packs = false;         // b, as [k / lanes][columns][lanes]
  bool has_bands = false;     // the block is of some rows of the images, and tiles take turns at each
  std::vector<int64_t> tile;  // of each axis
  int64_t steps = 1;          // of the depth, whose sums do not wait for each other

  DepthLanesSchedule(Contraction contraction, const Target& target, bool is_in_block);
  // How many places of a row of a filter are summed side by side in a block. The last of them may be fewer.
  static int64_t places_at_once(int64_t row);

  int64_t columns() const { return tile[whole.axes_of(Axis::Kind::kColumn)[0]]; }
  int64_t items() const;  // of a tile's rows
  // Whether a tile asks for what the next one reads of b, which is too far for the processor to foresee.
  bool asks_ahead(const Processor& processor) const;
  int64_t tiles() const;
  StagedShape input() const { return staged_shape(phases, &Contraction::a, block); }
  int64_t bytes() const;
  int64_t units() const;
  std::string text() const;

 private:
  void divide_product(const Target& target);
  void divide_windows(const Target& target);
  void divide_images(const Processor& processor);
};

}  // namespace minnow
