#include "runtime/plot/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/plot/chart_axis.h"

namespace minnow {
namespace {

constexpr double kMarginLeft = 70;
constexpr double kMarginRight = 24;
constexpr double kTitleHeight = 46;
constexpr double kLegendRow = 22;
constexpr double kPanelGap = 26;
constexpr double kFooterHeight = 58;
constexpr double kLegendSwatch = 26;
constexpr double kLegendGap = 24;
constexpr double kLegendText = 13;
constexpr int kMarkedPoints = 16;  // a line of at most so many points shows each as a dot

struct Box {
  double left, top, width, height;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

Colour colour_of(const Series& series, size_t index) {
  return kPalette[(series.colour >= 0 ? static_cast<size_t>(series.colour) : index) % kPaletteSize];
}

// After a turn of the palette lines are dashed, so that no two look alike.
bool is_dashed(const Series& series, size_t index) {
  return series.is_dashed || (series.colour < 0 && index >= kPaletteSize);
}

// Columns of the legend's entries, by row: each row holds as many as fit.
struct LegendPlace {
  double x;
  int row;
};

std::vector<LegendPlace> place_legend(const Panel& panel, double width) {
  std::vector<LegendPlace> places;
  LegendPlace next{0, 0};
  for (const Series& series : panel.series) {
    const double entry = kLegendSwatch + text_width(series.name, kLegendText) + kLegendGap;
    if (next.x > 0 && next.x + entry - kLegendGap > width) next = {0, next.row + 1};
    places.push_back(next);
    next.x += entry;
  }
  return places;
}

double legend_height(const Panel& panel, double width) {
  const auto places = place_legend(panel, width);
  return places.empty() ? 0 : (places.back().row + 1) * kLegendRow;
}

class ChartPainter {
 public:
  explicit ChartPainter(const Chart& chart) : chart_(chart), x_axis_(make_x_axis(chart, chart.width / 80)) {}

  Drawing paint() {
    const double plot_width = std::max(chart_.width - kMarginLeft - kMarginRight, 50.0);
    double top = 16;
    if (!chart_.title.empty()) {
      top = kTitleHeight;
      drawing_.add(Caption{{kMarginLeft, 30}, chart_.title, 17, kInk, Anchor::kStart, true});
    }
    for (size_t i = 0; i < chart_.panels.size(); ++i) {
      const Panel& panel = chart_.panels[i];
      paint_legend(panel, kMarginLeft, top, plot_width);
      top += legend_height(panel, plot_width) + 4;
      const Box box{kMarginLeft, top, plot_width, static_cast<double>(chart_.panel_height)};
      paint_panel(panel, box, i + 1 == chart_.panels.size());
      top = box.bottom() + kPanelGap;
    }
    drawing_.title = chart_.title;
    drawing_.width = chart_.width;
    drawing_.height = top - kPanelGap + kFooterHeight;
    return std::move(drawing_);
  }

 private:
  void paint_legend(const Panel& panel, double left, double top, double width) {
    const std::vector<LegendPlace> places = place_legend(panel, width);
    for (size_t i = 0; i < panel.series.size(); ++i) {
      const Series& series = panel.series[i];
      const double x = left + places[i].x;
      const double y = top + places[i].row * kLegendRow + kLegendRow / 2;
      drawing_.add(Polyline{{{{x, y}, {x + kLegendSwatch - 6, y}}}, colour_of(series, i), 2.5, is_dashed(series, i)});
      drawing_.add(Caption{{x + kLegendSwatch, y + 4.5}, series.name, kLegendText});
    }
  }

  void paint_panel(const Panel& panel, const Box& box, bool is_last) {
    const ChartAxis y_axis = make_y_axis(panel, chart_.panel_height / 50);
    paint_y_axis(panel, y_axis, box);
    paint_x_axis(box, is_last);
    for (size_t i = 0; i < panel.series.size(); ++i) paint_series(panel.series[i], i, y_axis, box);
  }

  void paint_y_axis(const Panel& panel, const ChartAxis& axis, const Box& box) {
    for (const Tick& tick : axis.ticks(panel.is_percentage)) {
      const double y = box.bottom() - axis.position(tick.value) * box.height;
      drawing_.add_line({box.left, y}, {box.right(), y}, kGridGray);
      drawing_.add(Caption{{box.left - 8, y + 4}, tick.label, 12, kSoftInk, Anchor::kEnd});
    }
    const Place middle{18, box.top + box.height / 2};
    drawing_.add(Caption{middle, panel.y_label, 13, kInk, Anchor::kMiddle, false, true});
  }

  void paint_x_axis(const Box& box, bool has_labels) {
    drawing_.add_line({box.left, box.bottom()}, {box.right(), box.bottom()}, kSoftInk);
    for (const Tick& tick : x_axis_.ticks()) {
      const double x = box.left + x_axis_.position(tick.value) * box.width;
      drawing_.add_line({x, box.bottom()}, {x, box.bottom() + 5}, kSoftInk);
      if (has_labels) drawing_.add(Caption{{x, box.bottom() + 20}, tick.label, 12, kSoftInk, Anchor::kMiddle});
    }
    if (has_labels) {
      const Place below{box.left + box.width / 2, box.bottom() + 44};
      drawing_.add(Caption{below, chart_.x_label, 13, kInk, Anchor::kMiddle});
    }
  }

  void paint_series(const Series& series, size_t index, const ChartAxis& y_axis, const Box& box) {
    Polyline line{{}, colour_of(series, index), 2.2, is_dashed(series, index)};
    std::vector<Dot> dots;
    bool is_open = false;
    for (const ChartPoint& point : series.points) {
      if (!is_drawable(point, y_axis.is_log())) {
        is_open = false;
        continue;
      }
      if (!is_open) line.strokes.emplace_back();
      is_open = true;
      const Place place{box.left + x_axis_.position(point.x) * box.width,
                        box.bottom() - y_axis.position(point.y) * box.height};
      line.strokes.back().push_back(place);
      if (series.points.size() <= kMarkedPoints) dots.push_back({place, 3, line.colour});
    }
    drawing_.add(std::move(line));
    for (const Dot& dot : dots) drawing_.add(dot);
  }

  const Chart& chart_;
  ChartAxis x_axis_;
  Drawing drawing_;
};

}  // namespace

bool is_drawable(const ChartPoint& point, bool is_log) {
  return std::isfinite(point.x) && std::isfinite(point.y) && (!is_log || point.y > 0);
}

ChartAxis make_x_axis(const Chart& chart, int about) {
  Range range;
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) {
      for (const ChartPoint& point : series.points)
        if (is_drawable(point, panel.is_log)) range.include(point.x);
    }
  }
  ChartAxis axis(range.low, range.high, about, chart.is_x_log);
  if (chart.is_x_whole) axis.use_whole_steps();
  return axis;
}

ChartAxis make_y_axis(const Panel& panel, int about) {
  Range range;
  for (const Series& series : panel.series) {
    for (const ChartPoint& point : series.points)
      if (is_drawable(point, panel.is_log)) range.include(point.y);
  }
  ChartAxis axis(range.low, range.high, about, panel.is_log);
  axis.round_out();
  return axis;
}

Drawing draw_chart(const Chart& chart) { return ChartPainter(chart).paint(); }

}  // namespace minnow
