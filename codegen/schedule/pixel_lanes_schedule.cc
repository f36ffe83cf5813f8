#include "codegen/schedule/pixel_lanes_schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

constexpr int64_t kColumnParts = 4;  // of the registers, of which a tile may have one in columns

// Along a dimension of the image.
PixelAxis axis_of(const Contraction& c, const Shape& input, size_t dim) {
  const AffineCoord& coord = c.a[dim];
  const size_t pixel = c.axes_of(Kind::kRow)[dim - 1], place = c.axes_of(Kind::kDepth)[dim - 1];
  return {.pixels = c.axes[pixel].extent,
          .places = c.axes[place].extent,
          .size = input[dim],
          .pixel_step = coord.scale_of(pixel),
          .place_step = coord.scale_of(place),
          .offset = coord.offset,
          .divisor = coord.divisor};
}

}  // namespace

PixelLanesSchedule::PixelLanesSchedule(Contraction contraction, Shape input_shape, const Target& target)
    : whole(std::move(contraction)), phases({whole}), input(std::move(input_shape)),
      image(axis_of(whole, input, 2), axis_of(whole, input, 3), target.lanes) {
  // For the sums of a tile, and what is multiplied for them, all at once: LLVM may put it into any order.
  const int64_t registers = target.processor.registers;
  columns = largest_divisor(whole.extent_of(Kind::kColumn), registers / kColumnParts);
  vectors = even_tile(image.vectors(), std::max<int64_t>(1, (registers - 2 - columns) / (columns + 1)));
}

PixelLanesSchedule::Steps PixelLanesSchedule::steps() const {
  Steps steps;
  for (int64_t vector = 0; vector < image.vectors(); ++vector)
    for (int64_t i = 0; i < image.rows.places; ++i)
      for (int64_t j = 0; j < image.columns.places; ++j) {
        const Places places = image.places_of(vector, i, j);
        const size_t reads = run_of(places) ? 1 : pieces_of(places, image.elements()).size();
        steps.sums += reads > 0 ? 1 : 0;
        steps.reads += static_cast<double>(reads);
      }
  steps.weights = static_cast<double>(ceil_div(image.vectors(), vectors) * image.places_of_window() * columns);
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
