// Which bytes of a buffer some of a kernel's work units touch: what must be known where units are done by processes
// that share no memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace minnow {

struct ByteRange {
  int64_t begin = 0, end = 0;
  int64_t bytes() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};
// In order, none empty, none touching another.
using ByteRanges = std::vector<ByteRange>;
ByteRanges joined(std::vector<ByteRange> ranges);
int64_t total_bytes(std::span<const ByteRange> ranges);

// How the work units of a kernel lie in its outputs. An output is seen as a tensor `shape`, row-major, and divided into
// boxes: `digits` are its divided dimensions, box d along one has places [d * chunk, (d + 1) * chunk), as far as there
// are, and dimensions without a digit are whole. Boxes are counted with the first digit as the most significant one. Of
// each `boxes_together` boxes that follow each other `splits` pieces are made, and of all pieces units, each as even as
// whole numbers allow.
struct UnitGrid {
  struct Digit {
    int64_t dim = 0, chunk = 1;
    bool operator==(const Digit&) const = default;
  };
  std::vector<int64_t> shape;  // empty: not known
  std::vector<Digit> digits;
  int64_t boxes_together = 1, splits = 1;

  bool is_known() const { return !shape.empty(); }
  // Whether numbers make sense, wherever they come from.
  bool is_sound() const;
  int64_t elements() const;
  int64_t boxes() const;
  int64_t pieces() const { return boxes() / boxes_together * splits; }
  // The first box of a unit, of a kernel of so many; of unit `units`, behind the last.
  int64_t first_box(int64_t unit, int64_t units) const;
  bool operator==(const UnitGrid&) const = default;
};

// The grid of a tensor that has one dimension of `extent` with places [d * chunk, ...) in box d, and `inner` elements
// of each.
UnitGrid grid_of_rows(int64_t extent, int64_t chunk, int64_t inner);

// Elements of the boxes [begin, end), as ranges of places of the row-major tensor. Only of the first `dims` dimensions.
ByteRanges elements_of_boxes(const UnitGrid& grid, int64_t begin, int64_t end, size_t dims);

}  // namespace minnow
