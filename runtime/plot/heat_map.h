// Tables of numbers as squares of colour.
#pragma once

#include <string>
#include <vector>

#include "runtime/plot/drawing.h"

namespace minnow {

// Maps of one size beside each other, all on one scale: from white for 0 to blue for the largest number or, where some
// lie below 0, from blue over white to orange. What is not finite is grey.
struct HeatMaps {
  std::string title;
  Tensor values;                                // f32 [maps,rows,columns], at least one of each
  std::vector<std::string> captions = {};       // of each map, or none
  std::vector<std::string> row_labels = {};     // of each row, from above, or none
  std::vector<std::string> column_labels = {};  // of each column, or none
  std::string x_label = {}, y_label = {};
};

Drawing draw_heat_maps(const HeatMaps& maps);

}  // namespace minnow
