// Line charts, for training curves, sweeps and functions: as a drawing, or as text.
#pragma once

#include <string>
#include <vector>

#include "runtime/plot/chart_axis.h"
#include "runtime/plot/drawing.h"

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
  bool is_x_log = false;  // logarithmic x axis; every x is positive
};

// What may stand at a point of a chart; other points break the line.
bool is_drawable(const ChartPoint& point, bool is_log);
// The axes that hold every drawable point, with about so many ticks.
ChartAxis make_x_axis(const Chart& chart, int about);
ChartAxis make_y_axis(const Panel& panel, int about);

Drawing draw_chart(const Chart& chart);

// The chart in ASCII, `columns` wide: each series is a letter of its own, explained above the panel.
std::string chart_text(const Chart& chart, int columns);

}  // namespace minnow
