#include "runtime/plot/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace minnow {
namespace {

constexpr double kMapMargin = 16, kMapGap = 18, kMapTitleHeight = 60, kMapCaptionHeight = 20, kMapLabelSize = 11,
                 kMapAxisHeight = 20;
constexpr double kMapSide = 360, kSmallestCell = 3, kLargestCell = 26, kLabelledCell = 13;
constexpr size_t kMostLabels = 80;
constexpr Colour kLow = kPalette[0], kHigh = kPalette[1], kNoNumber{0x99, 0x99, 0x99};

// 0 is white.
struct ColourScale {
  double low = 0, high = 0;

  explicit ColourScale(std::span<const float> values) {
    for (const float value : values) {
      if (!std::isfinite(value)) continue;
      low = std::min<double>(low, value);
      high = std::max<double>(high, value);
    }
    if (low == 0 && high <= 1 && high > 0.5) high = 1;  // shares and gates
    if (low < 0) high = std::max(high, -low), low = -high;
  }

  Colour colour(float value) const {
    if (!std::isfinite(value)) return kNoNumber;
    const double share = high > 0 ? std::abs(value) / high : 0;
    return blend(kWhite, low < 0 && value > 0 ? kHigh : kLow, share);
  }
  std::string text() const {
    return low < 0 ? fmt::format("-{0:.3g} (blue) to {0:.3g} (orange)", high)
                   : fmt::format("0 (white) to {:.3g} (blue)", high);
  }
};

Tensor paint_cells(std::span<const float> values, int64_t rows, int64_t columns, const ColourScale& scale) {
  Tensor pixels = Tensor::uninitialized({DType::kU8, {rows, columns, 3}});
  auto to = pixels.as<uint8_t>().begin();
  for (const float value : values) {
    const Colour colour = scale.colour(value);
    for (const uint8_t part : {colour.red, colour.green, colour.blue}) *to++ = part;
  }
  return pixels;
}

double widest_label(const std::vector<std::string>& labels) {
  double width = 0;
  for (const std::string& label : labels) width = std::max(width, text_width(label, kMapLabelSize));
  return width;
}

// Where things lie in one map, its upper left corner being 0, 0. Cells are squares, but as wide or high as their labels
// need.
struct MapLayout {
  int64_t rows, columns;
  double width, height;        // of a cell
  double left = 0, below = 0;  // room for the labels

  explicit MapLayout(const HeatMaps& maps) : rows(maps.values.dim(1)), columns(maps.values.dim(2)) {
    const double most = static_cast<double>(std::max(rows, columns));
    const double side = std::clamp(std::floor(kMapSide / most), kSmallestCell, kLargestCell);
    const auto with_room = [&](bool is_labelled) { return is_labelled ? std::max(side, kLabelledCell) : side; };
    width = with_room(shows(maps.column_labels));
    height = with_room(shows(maps.row_labels));
    if (shows(maps.row_labels)) left += widest_label(maps.row_labels) + 6;
    if (shows(maps.column_labels)) below += widest_label(maps.column_labels) + 8;
    if (!maps.y_label.empty()) left += kMapAxisHeight;
    if (!maps.x_label.empty()) below += kMapAxisHeight;
  }
  static bool shows(const std::vector<std::string>& labels) { return !labels.empty() && labels.size() <= kMostLabels; }
  double map_width() const { return width * static_cast<double>(columns); }
  double map_height() const { return height * static_cast<double>(rows); }
};

// At `at` the corner of the cells.
void add_map_labels(Drawing& drawing, const HeatMaps& maps, const MapLayout& layout, Place at) {
  const auto middle = [](double cell, size_t i) { return cell * (static_cast<double>(i) + 0.5); };
  const double bottom = at.y + layout.map_height();
  if (layout.shows(maps.row_labels))
    for (size_t i = 0; i < maps.row_labels.size(); ++i)
      drawing.add(Caption{
          {at.x - 4, at.y + middle(layout.height, i) + 4}, maps.row_labels[i], kMapLabelSize, kInk, Anchor::kEnd});
  if (layout.shows(maps.column_labels))
    for (size_t i = 0; i < maps.column_labels.size(); ++i)
      drawing.add(Caption{{at.x + middle(layout.width, i) + 4, bottom + 5},
                          maps.column_labels[i],
                          kMapLabelSize,
                          kInk,
                          Anchor::kEnd,
                          false,
                          true});
  if (!maps.x_label.empty())
    drawing.add(Caption{
        {at.x + layout.map_width() / 2, bottom + layout.below - 4}, maps.x_label, 12, kSoftInk, Anchor::kMiddle});
  if (!maps.y_label.empty())
    drawing.add(Caption{{at.x - layout.left + 12, at.y + layout.map_height() / 2},
                        maps.y_label,
                        12,
                        kSoftInk,
                        Anchor::kMiddle,
                        false,
                        true});
}

}  // namespace

Drawing draw_heat_maps(const HeatMaps& maps) {
  const MapLayout layout(maps);
  const auto values = maps.values.as<float>();
  const ColourScale scale(values);
  const auto count = static_cast<size_t>(maps.values.dim(0)), cells = values.size() / count;
  const auto across = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const double caption = maps.captions.empty() ? 0 : kMapCaptionHeight;
  const double width = layout.left + layout.map_width() + kMapGap,
               height = caption + layout.map_height() + layout.below + kMapGap;
  Drawing drawing{2 * kMapMargin - kMapGap + width * static_cast<double>(across),
                  kMapTitleHeight + kMapMargin - kMapGap + height * static_cast<double>((count + across - 1) / across),
                  fmt::format("{}, {}", maps.title, scale.text()),
                  {}};
  drawing.width = std::max(drawing.width, 2 * kMapMargin + text_width(maps.title, 14));
  drawing.add(Caption{{kMapMargin, 26}, maps.title, 14, kInk, Anchor::kStart, true});
  drawing.add(Caption{{kMapMargin, 44}, scale.text(), 12, kSoftInk});
  for (size_t i = 0; i < count; ++i) {
    const Place at{kMapMargin + width * static_cast<double>(i % across) + layout.left,
                   kMapTitleHeight + height * static_cast<double>(i / across) + caption};
    drawing.add(Block{at.x - 1, at.y - 1, layout.map_width() + 2, layout.map_height() + 2, kGridGray, {}});
    drawing.add(Picture{at.x, at.y, layout.map_width(), layout.map_height(),
                        paint_cells(values.subspan(i * cells, cells), layout.rows, layout.columns, scale)});
    if (caption > 0) drawing.add(Caption{{at.x, at.y - 6}, maps.captions[i], 12, kInk, Anchor::kStart});
    add_map_labels(drawing, maps, layout, at);
  }
  return drawing;
}

}  // namespace minnow
