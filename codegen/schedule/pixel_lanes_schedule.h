// A convolution of few images with vectors along the pixels of an image, from one line on into the next; a tile is
// columns × vectors. Where a vector's pixels lie in the input is known when the code is made: nothing is copied, and a
// stride or the padding costs no more than to put together a vector of what is there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/target/target.h"
#include "ir/contraction.h"
#include "ir/type.h"

namespace minnow {

// The window's place of each lane in a plane of the input, a channel of an image; -1: there is nothing.
using Places = std::vector<int64_t>;

struct PixelLanesSchedule {
  Contraction whole;
  std::vector<Contraction> phases;  // itself: what a stride leaves out is known for each pixel
  Shape input;
  int64_t lanes = 1;
  int64_t height = 1, width = 1;  // of an image of the result
  int64_t window_height = 1, window_width = 1;
  int64_t columns = 1, vectors = 1;  // of a tile

  PixelLanesSchedule(Contraction contraction, Shape input_shape, const Target& target);

  int64_t pixels() const { return height * width; }
  int64_t vectors_of_image() const { return ceil_div(pixels(), lanes); }
  int64_t places_of_window() const { return window_height * window_width; }
  // The code has them one by one.
  int64_t multiply_adds_in_code() const { return vectors_of_image() * places_of_window() * columns; }
  Places places_of(int64_t vector, int64_t row_of_window, int64_t column_of_window) const;
  // By how much what these vectors read lies further on for each row of the window; nullopt: not all do alike.
  std::optional<int64_t> row_step(int64_t first, int64_t count) const;
  // Where lane 0 would be if all followed each other as lanes do, which may be in front of the plane; nullopt: not all
  // do, or there is none.
  static std::optional<int64_t> run_of(const Places& places);
  // Vectors of the plane, by their first places, in which they all lie.
  std::vector<int64_t> pieces_of(const Places& places) const;

  // Of all vectors of an image, at all places of the window where there is something: their number, that of the vectors
  // of the input which they are made of, and how many weights are read for a tile's columns.
  struct Steps {
    double sums = 0, reads = 0, weights = 0;
  };
  Steps steps() const;

  static int64_t bytes() { return 0; }
  int64_t units() const;
  std::string text() const;

 private:
  int64_t place_in(size_t dim, int64_t pixel, int64_t place_of_window) const;
};

}  // namespace minnow
