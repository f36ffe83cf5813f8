#include "runtime/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>

#include "runtime/chart_axis.h"

namespace minnow {
namespace {

// Okabe and Ito's colours, strongest on white first; their yellow is too pale for a line and is left out.
constexpr std::array<std::string_view, 7> kPalette = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                      "#E69F00", "#56B4E9", "#000000"};
constexpr std::string_view kInk = "#222222";
constexpr std::string_view kSoftInk = "#5A5A5A";
constexpr std::string_view kGrid = "#E6E6E6";
constexpr double kMarginLeft = 70;
constexpr double kMarginRight = 24;
constexpr double kTitleHeight = 46;
constexpr double kLegendRow = 22;
constexpr double kPanelGap = 26;
constexpr double kFooterHeight = 58;
constexpr double kLegendSwatch = 26;
constexpr double kLegendGap = 24;
constexpr double kLetterWidth = 7.2;  // of 13 px text, on the generous side
constexpr int kMarkedPoints = 16;     // a line of at most so many points shows each as a dot

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

// Text of the user's as XML; what XML 1.0 does not allow is left out.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) result += c;
    }
  }
  return result;
}

std::string_view colour_of(const Series& series, size_t index) {
  return kPalette[(series.colour >= 0 ? static_cast<size_t>(series.colour) : index) % kPalette.size()];
}

// After a turn of the palette lines are dashed, so that no two look alike.
std::string_view dash_of(const Series& series, size_t index) {
  const bool is_second_turn = series.colour < 0 && index >= kPalette.size();
  return series.is_dashed || is_second_turn ? " stroke-dasharray=\"6 4\"" : "";
}

bool is_drawable(const ChartPoint& point, bool is_log) {
  return std::isfinite(point.x) && std::isfinite(point.y) && (!is_log || point.y > 0);
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
    const double entry = kLegendSwatch + kLetterWidth * static_cast<double>(series.name.size()) + kLegendGap;
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

class ChartWriter {
 public:
  explicit ChartWriter(const Chart& chart) : chart_(chart), x_axis_(make_x_axis(chart)) {}

  std::string write() {
    const double plot_width = std::max(chart_.width - kMarginLeft - kMarginRight, 50.0);
    double top = chart_.title.empty() ? 16 : kTitleHeight;
    for (size_t i = 0; i < chart_.panels.size(); ++i) {
      const Panel& panel = chart_.panels[i];
      write_legend(panel, kMarginLeft, top, plot_width);
      top += legend_height(panel, plot_width) + 4;
      const Box box{kMarginLeft, top, plot_width, static_cast<double>(chart_.panel_height)};
      write_panel(panel, box, i + 1 == chart_.panels.size());
      top = box.bottom() + kPanelGap;
    }
    return wrap(top - kPanelGap + kFooterHeight);
  }

 private:
  static ChartAxis make_x_axis(const Chart& chart) {
    Range range;
    for (const Panel& panel : chart.panels) {
      for (const Series& series : panel.series) {
        for (const ChartPoint& point : series.points)
          if (is_drawable(point, panel.is_log)) range.include(point.x);
      }
    }
    ChartAxis axis(range.low, range.high, chart.width / 80);
    if (chart.is_x_whole) axis.use_whole_steps();
    return axis;
  }

  ChartAxis make_y_axis(const Panel& panel) const {
    Range range;
    for (const Series& series : panel.series) {
      for (const ChartPoint& point : series.points)
        if (is_drawable(point, panel.is_log)) range.include(point.y);
    }
    ChartAxis axis(range.low, range.high, chart_.panel_height / 50, panel.is_log);
    axis.round_out();
    return axis;
  }

  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
    body_ += '\n';
  }

  void write_legend(const Panel& panel, double left, double top, double width) {
    const std::vector<LegendPlace> places = place_legend(panel, width);
    for (size_t i = 0; i < panel.series.size(); ++i) {
      const double x = left + places[i].x;
      const double y = top + places[i].row * kLegendRow + kLegendRow / 2;
      put(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="2.5"{}/>)", x, y,
          x + kLegendSwatch - 6, y, colour_of(panel.series[i], i), dash_of(panel.series[i], i));
      put(R"(<text x="{:.1f}" y="{:.1f}" font-size="13" fill="{}">{}</text>)", x + kLegendSwatch, y + 4.5,
          kInk, escaped(panel.series[i].name));
    }
  }

  void write_panel(const Panel& panel, const Box& box, bool is_last) {
    const ChartAxis y_axis = make_y_axis(panel);
    write_y_axis(panel, y_axis, box);
    write_x_axis(box, is_last);
    for (size_t i = 0; i < panel.series.size(); ++i) write_series(panel.series[i], i, y_axis, box);
  }

  void write_y_axis(const Panel& panel, const ChartAxis& axis, const Box& box) {
    for (const Tick& tick : axis.ticks(panel.is_percentage)) {
      const double y = box.bottom() - axis.position(tick.value) * box.height;
      put(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}"/>)", box.left, y, box.right(),
          y, kGrid);
      put(R"(<text x="{:.1f}" y="{:.1f}" font-size="12" fill="{}" text-anchor="end">{}</text>)", box.left - 8,
          y + 4, kSoftInk, tick.label);
    }
    const double middle = box.top + box.height / 2;
    put(R"svg(<text transform="translate(18 {:.1f}) rotate(-90)" font-size="13" fill="{}" text-anchor="middle">{}</text>)svg",
        middle, kInk, escaped(panel.y_label));
  }

  void write_x_axis(const Box& box, bool has_labels) {
    put(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}"/>)", box.left, box.bottom(),
        box.right(), box.bottom(), kSoftInk);
    for (const Tick& tick : x_axis_.ticks()) {
      const double x = box.left + x_axis_.position(tick.value) * box.width;
      put(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}"/>)", x, box.bottom(), x,
          box.bottom() + 5, kSoftInk);
      if (has_labels) {
        put(R"(<text x="{:.1f}" y="{:.1f}" font-size="12" fill="{}" text-anchor="middle">{}</text>)", x,
            box.bottom() + 20, kSoftInk, tick.label);
      }
    }
    if (has_labels) {
      put(R"(<text x="{:.1f}" y="{:.1f}" font-size="13" fill="{}" text-anchor="middle">{}</text>)",
          box.left + box.width / 2, box.bottom() + 44, kInk, escaped(chart_.x_label));
    }
  }

  void write_series(const Series& series, size_t index, const ChartAxis& y_axis, const Box& box) {
    const std::string_view colour = colour_of(series, index);
    const bool has_dots = series.points.size() <= kMarkedPoints;
    std::string path;
    std::string dots;
    bool is_line_open = false;
    for (const ChartPoint& point : series.points) {
      if (!is_drawable(point, y_axis.is_log())) {
        is_line_open = false;
        continue;
      }
      const double x = box.left + x_axis_.position(point.x) * box.width;
      const double y = box.bottom() - y_axis.position(point.y) * box.height;
      path += fmt::format("{}{:.1f} {:.1f}", is_line_open ? "L" : "M", x, y);
      if (has_dots) dots += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3"/>)", x, y);
      is_line_open = true;
    }
    put(R"(<path d="{}" fill="none" stroke="{}" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round"{}/>)",
        path, colour, dash_of(series, index));
    if (!dots.empty()) put(R"(<g fill="{}">{}</g>)", colour, dots);
  }

  std::string wrap(double height) const {
    std::string document = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1:.0f}" viewBox="0 0 {0} {1:.0f}" )"
        R"(font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">)"
        "\n<title>{2}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n",
        chart_.width, height, escaped(chart_.title));
    if (!chart_.title.empty()) {
      document += fmt::format(
          "<text x=\"{:.1f}\" y=\"30\" font-size=\"17\" font-weight=\"bold\" fill=\"{}\">{}</text>\n",
          kMarginLeft, kInk, escaped(chart_.title));
    }
    return document + body_ + "</svg>\n";
  }

  const Chart& chart_;
  ChartAxis x_axis_;
  std::string body_;
};

}  // namespace

std::string draw_chart(const Chart& chart) { return ChartWriter(chart).write(); }

}  // namespace minnow
