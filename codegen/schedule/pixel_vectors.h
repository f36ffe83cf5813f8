// Vectors along the pixels of images, from one line on into the next, where a window stands at each pixel. Where the
// elements that they meet lie in the input is known when the code is made: nothing is copied, and a stride or the
// padding costs no more than to put together a vector of what is there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/function.h"

namespace minnow {

// At least, of vectors that are read under a mask, or shuffled, as fast as without.
inline constexpr int64_t kMaskedLanes = 8;

// Of each lane, the number of an element in what a piece of work reads.
using Places = std::vector<int64_t>;
inline constexpr int64_t kNothing = -1;   // zero: there is no such element
inline constexpr int64_t kAnything = -2;  // the lane has no pixel, and nobody uses what it holds

// Along a dimension, pixel p of the result meets at place w of its window the element
// (pixel_step * p + place_step * w + offset) / divisor of the input, if that is one of its `size`.
struct PixelAxis {
  int64_t pixels = 1, places = 1, size = 1;
  int64_t pixel_step = 1, place_step = 1, offset = 0, divisor = 1;

  int64_t element(int64_t pixel, int64_t place) const;  // or kNothing

  // A window's, at each of so many pixels, over so many elements, along a dimension of space.
  static PixelAxis of_windows(const WindowAttributes& window, size_t dim, int64_t pixels, int64_t elements);
};

struct PixelVectors {
  PixelAxis rows, columns;
  int64_t lanes = 1;
  int64_t planes = 1;       // images one behind the other, in the input as in the result
  int64_t pitch = 1;        // lanes from a line to the next
  int64_t input_pitch = 1;  // elements from a line of the input to the next

  PixelVectors(const PixelAxis& along_rows, const PixelAxis& along_columns, int64_t count_of_lanes)
      : rows(along_rows), columns(along_columns), lanes(count_of_lanes), pitch(columns.pixels),
        input_pitch(columns.size) {}

  int64_t pixels() const { return planes * rows.pixels * pitch; }
  int64_t vectors() const { return ceil_div(pixels(), lanes); }
  int64_t places_of_window() const { return rows.places * columns.places; }
  int64_t elements() const { return planes * rows.size * input_pitch; }  // of the input

  Places places_of(int64_t vector, int64_t row_of_window, int64_t column_of_window) const;
  // By how much what these vectors read lies further on for each row of the window; nullopt: not all do alike.
  std::optional<int64_t> row_step(int64_t first, int64_t count) const;
};

bool has_any(const Places& places);
// Where lane 0 would be if all followed each other as lanes do, which may be in front of the input; nullopt: not all
// do, or there is none.
std::optional<int64_t> run_of(const Places& places);
// Vectors of so many elements, by the first of each, in which all places lie.
std::vector<int64_t> pieces_of(const Places& places, int64_t elements);
// The same, of vectors that follow each other without a gap.
std::vector<int64_t> whole_pieces_of(const Places& places);

// Estimates of the cycles that it takes to read them from memory that the caches hold, of so many elements, or from
// vectors that follow each other in registers.
double cycles_to_read(const Places& places, int64_t elements);
double cycles_to_shuffle(const Places& places);

}  // namespace minnow
