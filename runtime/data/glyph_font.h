// The digits 0 to 9 as pen strokes, several ways of writing each.
#pragma once

#include <vector>

namespace minnow {

struct Point {
  float x = 0;  // to the right
  float y = 0;  // downwards
};

// One pull of the pen through its points: along straight lines, or, if smooth, a Catmull-Rom curve.
struct Stroke {
  bool is_smooth = false;
  std::vector<Point> points;
};

// Fills about the box x in [0.15, 0.85], y in [0, 1].
using Glyph = std::vector<Stroke>;

// The ways to write `digit`, 0 to 9; at least three.
const std::vector<Glyph>& glyph_variants(int digit);

}  // namespace minnow
