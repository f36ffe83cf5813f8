// Quantities side by side, each a bar from left to right.
#pragma once

#include <string>
#include <vector>

#include "runtime/plot/drawing.h"

namespace minnow {

struct Bar {
  std::string name;
  double value = 0;   // at least 0
  std::string label;  // the value in words
  Colour colour = kPalette[0];
  std::string note = {};  // what an SVG shows under the pointer; may be empty
};

struct BarChart {
  std::string title;
  std::vector<std::pair<std::string, Colour>> legend;  // may be empty
  std::vector<Bar> bars;
};

// The longest bar takes all the room there is; the others their share of it.
Drawing draw_bars(const BarChart& chart);

}  // namespace minnow
