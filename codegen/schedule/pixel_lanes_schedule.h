// A convolution of few images with vectors along the pixels of an image, from one line on into the next; a tile is
// columns × vectors.
#pragma once

#include <string>
#include <vector>

#include "codegen/schedule/pixel_vectors.h"
#include "codegen/target/target.h"
#include "ir/contraction.h"
#include "ir/type.h"

namespace minnow {

struct PixelLanesSchedule {
  Contraction whole;
  std::vector<Contraction> phases;  // itself: what a stride leaves out is known for each pixel
  Shape input;
  PixelVectors image;                // of a channel of the result
  int64_t columns = 1, vectors = 1;  // of a tile

  PixelLanesSchedule(Contraction contraction, Shape input_shape, const Target& target);

  // The code has them one by one.
  int64_t multiply_adds_in_code() const { return image.vectors() * image.places_of_window() * columns; }

  // Of all vectors of an image, at all places of the window where there is something: their number, that of the vectors
  // of the input which they are made of, and how many weights are read for a tile's columns.
  struct Steps {
    double sums = 0, reads = 0, weights = 0;
  };
  Steps steps() const;

  static int64_t bytes() { return 0; }
  int64_t units() const;
  std::string text() const;
};

}  // namespace minnow
