#include "codegen/schedule/picking_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {
namespace {

const Threshold kMaxPickingCode{"vectors in the code for gradients of maxima of an image", 1300};
constexpr int64_t kNoNumber = -2;  // that no window has found, not even one of padding alone

// Cycles as measured on Zen 5, for vectors that the caches hold.
constexpr double kPicked = 1;                                // one more, compared or added up
constexpr double kLinePicked = 2.5, kLinePickedGuarded = 4;  // the same, with a vector along a line

PixelAxis axis_of_windows(const Op& pick, size_t dim) {
  return PixelAxis::of_windows(window_within_picture(pick), dim, pick.operands[1]->type.shape[2 + dim],
                               pick.type().shape[2 + dim]);
}

// The same solved for the windows: of each element, and each place that it may be at, the one it is there in.
PixelAxis axis_of_elements(const PixelAxis& windows) {
  return {.pixels = windows.size,
          .places = windows.places,
          .size = windows.pixels,
          .place_step = -1,
          .offset = -windows.offset,
          .divisor = windows.pixel_step};
}

int64_t vectors_to_pick(const PickingSchedule& s) {
  return s.windows.vectors() * s.windows.places_of_window() + s.elements.vectors() * s.elements.places_of_window();
}

double cycles_to_pick(const PickingSchedule& s) {
  double cycles = 0;
  for (int64_t vector = 0; vector < s.windows.vectors(); ++vector)
    for (const auto& reading : s.elements_of(vector))
      cycles += kPicked + cycles_to_read(reading.places, s.windows.elements());
  for (int64_t vector = 0; vector < s.elements.vectors(); ++vector)
    for (const auto& reading : s.windows_of(vector))
      cycles += kPicked + cycles_to_read(reading.places, s.elements.elements()) + cycles_to_shuffle(reading.places);
  return cycles;
}

// Of a plane, with vectors along lines: of windows, and of elements that the same windows meet.
double cycles_to_pick_along_lines(const PickingSchedule& s, const WindowAttributes& window) {
  const PixelAxis &rows = s.windows.rows, &columns = s.windows.columns;
  const int64_t lanes = s.windows.lanes;
  const int64_t windows = rows.pixels * ceil_div(columns.pixels, lanes);
  const int64_t elements =
      ceil_div(rows.size, rows.pixel_step) * ceil_div(ceil_div(columns.size, columns.pixel_step), lanes);
  const bool is_padded = std::ranges::any_of(window.pad, [](int64_t pad) { return pad != 0; });
  return (is_padded ? kLinePickedGuarded : kLinePicked) *
         static_cast<double>((windows + elements) * s.windows.places_of_window());
}

}  // namespace

PickingSchedule::PickingSchedule(const Op& pick, int64_t lanes)
    : windows(axis_of_windows(pick, 0), axis_of_windows(pick, 1), lanes),
      elements(axis_of_elements(windows.rows), axis_of_elements(windows.columns), lanes) {}

std::vector<PickingSchedule::Reading> PickingSchedule::elements_of(int64_t vector) const {
  const auto lanes = static_cast<size_t>(windows.lanes);
  std::vector<Reading> readings;
  Reading first = {Places(lanes, kNothing), std::vector<int64_t>(lanes, -1)};
  for (int64_t i = 0; i < windows.rows.places; ++i)
    for (int64_t j = 0; j < windows.columns.places; ++j) {
      Reading reading = {windows.places_of(vector, i, j), std::vector<int64_t>(lanes, i * windows.columns.places + j)};
      for (size_t lane = 0; lane < lanes; ++lane)
        if (first.places[lane] == kNothing && reading.places[lane] != kNothing)
          std::tie(first.places[lane], first.numbers[lane]) = std::pair(reading.places[lane], reading.numbers[lane]);
      readings.push_back(std::move(reading));
    }
  std::erase_if(readings, [](const Reading& reading) { return !has_any(reading.places); });
  for (Reading& reading : readings)
    for (size_t lane = 0; lane < lanes; ++lane)
      if (reading.places[lane] == kNothing)
        std::tie(reading.places[lane], reading.numbers[lane]) = std::pair(first.places[lane], first.numbers[lane]);
  return readings;
}

// Elements lie at some place of the window in the stride that begins here.
PickingSchedule::Reading PickingSchedule::windows_at(int64_t vector, int64_t first_row, int64_t first_column) const {
  const auto lanes = static_cast<size_t>(elements.lanes);
  const PixelAxis &rows = elements.rows, &columns = elements.columns;
  Reading reading = {Places(lanes, kAnything), std::vector<int64_t>(lanes, kNoNumber)};
  for (int64_t i = first_row; i < std::min(first_row + rows.divisor, rows.places); ++i)
    for (int64_t j = first_column; j < std::min(first_column + columns.divisor, columns.places); ++j) {
      const Places places = elements.places_of(vector, i, j);
      for (size_t lane = 0; lane < lanes; ++lane)
        if (places[lane] >= 0)
          std::tie(reading.places[lane], reading.numbers[lane]) = std::pair(places[lane], i * columns.places + j);
    }
  return reading;
}

// An element is at the last places of its first windows.
std::vector<PickingSchedule::Reading> PickingSchedule::windows_of(int64_t vector) const {
  const int64_t down = elements.rows.divisor, along = elements.columns.divisor;
  std::vector<Reading> readings;
  for (int64_t t = ceil_div(elements.rows.places, down) - 1; t >= 0; --t)
    for (int64_t u = ceil_div(elements.columns.places, along) - 1; u >= 0; --u) {
      readings.push_back(windows_at(vector, t * down, u * along));
      if (!has_any(readings.back().places)) readings.pop_back();
    }
  return readings;
}

std::string PickingSchedule::text() const {
  return fmt::format("vectors of pixels from line to line, {} of windows and {} of elements", windows.vectors(),
                     elements.vectors());
}

std::optional<PickingSchedule> choose_picking(const Op& op, const Target& target) {
  if (op.kind != OpKind::kWindowPick || op.type().dtype != DType::kF32 || space_dims(op) != 2) return {};
  if (target.lanes < kMaskedLanes || op.type().elements() == 0 || op.operands[1]->type.elements() == 0) return {};
  if (!windows_overlap(op.attr<WindowAttributes>())) return {};
  const PickingSchedule schedule(op, target.lanes);
  if (vectors_to_pick(schedule) > kMaxPickingCode) return {};
  if (cycles_to_pick(schedule) >= cycles_to_pick_along_lines(schedule, window_within_picture(op))) return {};
  return schedule;
}

}  // namespace minnow
