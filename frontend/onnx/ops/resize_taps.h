// Where the results of a resized axis lie in the input, and what they take of which elements: what Resize's modes and
// ways to map coordinates amount to.
#pragma once

#include <string>
#include <vector>

#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {

struct ResizeAxis {
  int64_t dim;
  int64_t input;
  int64_t output;
  double scale;
  double roi_start = 0;
  double roi_end = 1;
};

struct ResizeForm {
  std::string mode;
  std::string coordinates;
  std::string nearest;
  double cubic;
  bool excludes_outside;
  bool antialias;
  double extrapolation;
};

// What a result is made of: elements of the input, those outside standing for the outermost, and what each counts.
struct Taps {
  std::vector<int64_t> places;
  std::vector<double> weights;
};

// Where the centre of result i lies in the input.
double coordinate(const ResizeForm& form, const ResizeAxis& axis, int64_t i);
Taps taps_of(const ResizeForm& form, const ResizeAxis& axis, int64_t i);
// How many taps a result may have, those of weight 0 among them.
double taps_at_most(const ResizeForm& form, const ResizeAxis& axis);

}  // namespace minnow::onnx_ops
