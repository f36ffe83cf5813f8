// A pooling of few images with vectors along the pixels, from one line on into the next, and from one image into the
// next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/schedule/pixel_vectors.h"
#include "codegen/target/target.h"
#include "ir/function.h"

namespace minnow {

struct PoolingSchedule {
  // Of what the step before makes, the first of the input. The largest of a window is that of the largest of its
  // columns, which its neighbours share; a sum has the order of its window, and is one step.
  std::vector<PixelVectors> steps;
  bool is_max = false;

  int64_t planes() const { return steps[0].planes; }  // of a unit of work
  int64_t pixels() const { return steps.back().pixels(); }
  // Vectors of what a step reads, which it adds up or takes the largest of; none has nothing. A maximum reads another
  // element of the window again where there is none, the first of these where that has one.
  std::vector<Places> elements_of(size_t step, int64_t vector) const;

  double cycles() const;  // of a unit of work, an estimate
  std::string text() const;
};

// Outside of blocks of examples. nullopt: it is no pooling of images that is faster so than with vectors along lines.
std::optional<PoolingSchedule> choose_pooling(const Op& op, const Target& target);

}  // namespace minnow
