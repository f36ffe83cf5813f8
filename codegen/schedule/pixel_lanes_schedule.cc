#include "codegen/schedule/pixel_lanes_schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

constexpr int64_t kColumnParts = 4;  // of the registers, of which a tile may have one in columns

}  // namespace

PixelLanesSchedule::PixelLanesSchedule(Contraction contraction, Shape input_shape, const Target& target)
    : whole(std::move(contraction)), phases({whole}), input(std::move(input_shape)), lanes(target.lanes) {
  const std::vector<size_t> rows = whole.axes_of(Kind::kRow), depth = whole.axes_of(Kind::kDepth);
  height = whole.axes[rows[1]].extent;
  width = whole.axes[rows[2]].extent;
  window_height = whole.axes[depth[1]].extent;
  window_width = whole.axes[depth[2]].extent;
  // For the sums of a tile, and what is multiplied for them, all at once: LLVM may put it into any order.
  const int64_t registers = target.processor.registers;
  columns = largest_divisor(whole.extent_of(Kind::kColumn), registers / kColumnParts);
  vectors = even_tile(vectors_of_image(), std::max<int64_t>(1, (registers - 2 - columns) / (columns + 1)));
}

// Along a dimension of the image.
int64_t PixelLanesSchedule::place_in(size_t dim, int64_t pixel, int64_t place_of_window) const {
  const AffineCoord& coord = whole.a[dim];
  int64_t place = coord.offset;
  for (const auto& [axis, scale] : coord.terms)
    place += scale * (whole.axes[axis].kind == Kind::kRow ? pixel : place_of_window);
  if (place < 0 || place % coord.divisor != 0) return -1;
  place /= coord.divisor;
  return place < input[dim] ? place : -1;
}

Places PixelLanesSchedule::places_of(int64_t vector, int64_t row_of_window, int64_t column_of_window) const {
  Places places(static_cast<size_t>(lanes), -1);
  const int64_t first = vector * lanes;
  for (int64_t pixel = first; pixel < std::min(first + lanes, pixels()); ++pixel) {
    const int64_t row = place_in(2, pixel / width, row_of_window);
    const int64_t column = place_in(3, pixel % width, column_of_window);
    if (row >= 0 && column >= 0) places[static_cast<size_t>(pixel - first)] = row * input[3] + column;
  }
  return places;
}

std::optional<int64_t> PixelLanesSchedule::row_step(int64_t first, int64_t count) const {
  const size_t row_of_window = whole.axes_of(Kind::kDepth)[1];
  const int64_t step = whole.a[2].scale_of(row_of_window) * input[3];
  const auto are_apart = [&](const Places& places, const Places& behind, int64_t by) {
    return std::ranges::equal(places, behind, [&](int64_t place, int64_t other) {
      return place < 0 ? other < 0 : other >= 0 && other - place == by;
    });
  };
  for (int64_t vector = first; vector < first + count; ++vector)
    for (int64_t j = 0; j < window_width; ++j)
      for (int64_t i = 1; i < window_height; ++i)
        if (!are_apart(places_of(vector, 0, j), places_of(vector, i, j), i * step)) return std::nullopt;
  return step;
}

std::optional<int64_t> PixelLanesSchedule::run_of(const Places& places) {
  std::optional<int64_t> first;
  for (int64_t lane = 0; lane < std::ssize(places); ++lane) {
    const int64_t place = places[static_cast<size_t>(lane)];
    if (place < 0) continue;
    if (first.value_or(place - lane) != place - lane) return std::nullopt;
    first = place - lane;
  }
  return first;
}

// From the first lane on that is missing, a vector with as many of the others as it reaches, inside of the plane.
std::vector<int64_t> PixelLanesSchedule::pieces_of(const Places& places) const {
  std::vector<int64_t> begins;
  for (const int64_t place : places) {
    const auto reaches = [&](int64_t begin) { return place >= begin && place < begin + lanes; };
    if (place < 0 || std::ranges::any_of(begins, reaches)) continue;
    begins.push_back(std::clamp<int64_t>(place, 0, std::max<int64_t>(0, input[2] * input[3] - lanes)));
  }
  return begins;
}

PixelLanesSchedule::Steps PixelLanesSchedule::steps() const {
  Steps steps;
  for (int64_t vector = 0; vector < vectors_of_image(); ++vector)
    for (int64_t i = 0; i < window_height; ++i)
      for (int64_t j = 0; j < window_width; ++j) {
        const Places places = places_of(vector, i, j);
        const size_t reads = run_of(places) ? 1 : pieces_of(places).size();
        steps.sums += reads > 0 ? 1 : 0;
        steps.reads += static_cast<double>(reads);
      }
  steps.weights = static_cast<double>(ceil_div(vectors_of_image(), vectors) * places_of_window() * columns);
  return steps;
}

int64_t PixelLanesSchedule::units() const {
  return whole.extent_of(Kind::kBatch) * whole.axes[whole.axes_of(Kind::kRow)[0]].extent *
         (whole.extent_of(Kind::kColumn) / columns);
}

std::string PixelLanesSchedule::text() const {
  return fmt::format("vectors of pixels from line to line, tile {} columns x {} vectors, {} units of work", columns,
                     vectors, units());
}

}  // namespace minnow
