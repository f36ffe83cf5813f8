// Line charts as SVG, for training curves and sweeps: one file, no fonts or scripts to fetch, on a white
// ground.
#pragma once

#include <string>
#include <vector>

namespace minnow {

struct ChartPoint {
  double x = 0;
  double y = 0;
};

// A line through its points; one that is not finite breaks the line. A series of one point is a dot.
struct Series {
  std::string name;
  std::vector<ChartPoint> points;
  bool is_dashed = false;
  int colour = -1;  // of the palette, modulo its size; -1 takes the next. Train and validation may share one.
};

// One pair of axes. Panels of a chart are stacked and share their x axis.
struct Panel {
  std::string y_label;
  std::vector<Series> series;
  bool is_percentage = false;  // y is a fraction and is labelled in percent
  bool is_log = false;         // logarithmic y axis; points with y <= 0 are left out
};

struct Chart {
  std::string title;
  std::string x_label;
  bool is_x_whole = false;  // x counts something, such as epochs: no ticks in between
  std::vector<Panel> panels;
  int width = 720;
  int panel_height = 300;
};

// The SVG document. Colours are those of Okabe and Ito (jfly.uni-koeln.de/color), told apart by colour-blind
// readers.
std::string draw_chart(const Chart& chart);

}  // namespace minnow
