// Charts in ASCII, for a terminal or a log.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ir/printable.h"
#include "runtime/plot/chart.h"

namespace minnow {
namespace {

constexpr std::string_view kLetters = "ox+*#@%&sdwz";
constexpr int kPlotRows = 16;
constexpr int kMarginColumns = 10;  // for the labels of the y axis
constexpr int kLeastColumns = 20;

class TextPlot {
 public:
  TextPlot(const Panel& panel, const ChartAxis& x_axis, int columns)
      : x_axis_(x_axis), y_axis_(make_y_axis(panel, 5)), columns_(columns),
        rows_(kPlotRows, std::string(static_cast<size_t>(columns), ' ')) {
    for (size_t i = 0; i < panel.series.size(); ++i) draw(panel.series[i], kLetters[i % kLetters.size()], panel.is_log);
    for (const Tick& tick : y_axis_.ticks(panel.is_percentage)) labels_[row_of(tick.value)] = tick.label;
  }

  std::string text() const {
    std::string text;
    for (int row = 0; row < kPlotRows; ++row) {
      const std::string line = fmt::format("{:>{}} |{}", labels_[row], kMarginColumns - 2, rows_[row]);
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
  }

 private:
  int column_of(double x) const { return place(x_axis_.position(x), columns_); }
  int row_of(double y) const { return kPlotRows - 1 - place(y_axis_.position(y), kPlotRows); }
  static int place(double position, int cells) {
    return static_cast<int>(std::lround(std::clamp(position, 0.0, 1.0) * (cells - 1)));
  }

  void draw(const Series& series, char letter, bool is_log) {
    const ChartPoint* before = nullptr;
    for (const ChartPoint& point : series.points) {
      if (!is_drawable(point, is_log)) {
        before = nullptr;
        continue;
      }
      if (before) connect(*before, point, letter);
      rows_[row_of(point.y)][column_of(point.x)] = letter;
      before = &point;
    }
  }

  // A straight line in the plot's own cells: a letter in every column, or every row where it is steep.
  void connect(const ChartPoint& from, const ChartPoint& to, char letter) {
    const int x0 = column_of(from.x), y0 = row_of(from.y), x1 = column_of(to.x), y1 = row_of(to.y);
    const int steps = std::max(std::abs(x1 - x0), std::abs(y1 - y0));
    for (int i = 1; i < steps; ++i) {
      const double share = static_cast<double>(i) / steps;
      rows_[y0 + std::lround(share * (y1 - y0))][x0 + std::lround(share * (x1 - x0))] = letter;
    }
  }

  const ChartAxis& x_axis_;
  ChartAxis y_axis_;
  int columns_;
  std::vector<std::string> rows_;
  std::string labels_[kPlotRows];
};

std::string legend(const Panel& panel) {
  std::string text = printable(panel.y_label) + "\n";
  for (size_t i = 0; i < panel.series.size(); ++i)
    text += fmt::format("  {} {}\n", kLetters[i % kLetters.size()], printable(panel.series[i].name));
  return text;
}

std::string x_labels(const Chart& chart, const ChartAxis& axis, int columns) {
  std::string line(static_cast<size_t>(columns + kMarginColumns), ' ');
  size_t free = 0;
  for (const Tick& tick : axis.ticks()) {
    const auto middle = static_cast<size_t>(kMarginColumns + std::lround(axis.position(tick.value) * (columns - 1)));
    const size_t left = middle - std::min(middle, tick.label.size() / 2);
    if (left < free) continue;
    line.replace(left, tick.label.size(), tick.label);
    free = left + tick.label.size() + 1;
  }
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n" +
         fmt::format("{:>{}}\n", printable(chart.x_label), kMarginColumns + columns);
}

}  // namespace

std::string chart_text(const Chart& chart, int columns) {
  const int plot_columns = std::max(columns - kMarginColumns - 1, kLeastColumns);
  const ChartAxis x_axis = make_x_axis(chart, plot_columns / 12);
  std::string text = chart.title.empty() ? "" : printable(chart.title) + "\n\n";
  for (const Panel& panel : chart.panels) {
    text += legend(panel) + TextPlot(panel, x_axis, plot_columns).text();
    text += fmt::format("{:>{}}+{:->{}}\n", "", kMarginColumns - 1, "", plot_columns);
    text += x_labels(chart, x_axis, plot_columns) + "\n";
  }
  return text;
}

}  // namespace minnow
