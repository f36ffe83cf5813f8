#include "runtime/plot/bar_chart.h"

#include <algorithm>

#include "ir/printable.h"

namespace minnow {
namespace {

constexpr double kMargin = 16, kBarWidth = 380, kRowHeight = 24, kTextSize = 12;
constexpr size_t kLongestName = 44;

// Operators such as + are wider than letters.
double room_for(const std::string& text) { return 1.25 * text_width(text, kTextSize); }

void add_legend(Drawing& drawing, const BarChart& chart, double y) {
  double x = kMargin;
  for (const auto& [name, colour] : chart.legend) {
    drawing.add(Block{x, y - 11, 14, 12, colour, ""});
    drawing.add(Caption{{x + 20, y}, name, kTextSize});
    x += 44 + text_width(name, kTextSize);
  }
}

}  // namespace

Drawing draw_bars(const BarChart& chart) {
  double names = 0, labels = 0, longest = 0;
  for (const Bar& bar : chart.bars) {
    names = std::max(names, room_for(shortened(printable(bar.name), kLongestName)));
    labels = std::max(labels, room_for(bar.label));
    longest = std::max(longest, bar.value);
  }
  const double left = kMargin + names + 10;
  Drawing drawing{left + kBarWidth + 10 + labels + kMargin, 0, chart.title, {}};
  double y = 28;
  drawing.add(Caption{{kMargin, y}, chart.title, 15, kInk, Anchor::kStart, true});
  if (!chart.legend.empty()) add_legend(drawing, chart, y += 28);
  y += 14;
  for (const Bar& bar : chart.bars) {
    const double width = longest > 0 ? kBarWidth * bar.value / longest : 0;
    const double baseline = y + kRowHeight / 2 + 4;
    drawing.add(
        Caption{{left - 10, baseline}, shortened(printable(bar.name), kLongestName), kTextSize, kInk, Anchor::kEnd});
    drawing.add(Block{left, y + 3, std::max(width, 1.0), kRowHeight - 6, bar.colour, bar.note});
    drawing.add(Caption{{left + width + 8, baseline}, bar.label, kTextSize, kSoftInk});
    y += kRowHeight;
  }
  drawing.height = y + kMargin;
  return drawing;
}

}  // namespace minnow
