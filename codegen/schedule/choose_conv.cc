#include "codegen/schedule/choose_conv.h"

#include <algorithm>
#include <limits>

#include "codegen/schedule/winograd_schedule.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

const Threshold kMaxPhases{"places in a stride with code for each", 16};
const Threshold kMaxBytes{"bytes of an image with its panel and its sums", 8 << 20};
const Threshold kMaxTiles{"tiles of minimal filtering with code of their own", 1300};
const Threshold kMaxCode{"multiply-adds in the code for an image", 1300};

// Cycles as measured on Zen 5, for vectors that the caches hold.
constexpr double kCopy = 5;          // of the input into scratch, with its padding
constexpr double kTranspose = 5;     // of sums on their way into the result
constexpr double kStore = 3;         // of sums that are where they belong
constexpr double kRead = 1;          // in scratch, for sums of few columns
constexpr double kReadApart = 4.5;   // of pixels that a stride takes apart
constexpr double kReadAnywhere = 1;  // of what ends in the next line of the cache, under a mask that costs nothing
constexpr double kReadMasked = 1.3;  // the same where vectors are short, and masks vectors, too

// The part of the lanes of its vectors that `count` neighbours fill.
double filled(int64_t count, int64_t lanes) {
  return static_cast<double>(count) / static_cast<double>(ceil_div(count, lanes) * lanes);
}

// Multiply-adds of one column and channel for all pixels of an image.
int64_t multiplies_of(const std::vector<Contraction>& phases) {
  int64_t count = 0;
  for (const Contraction& phase : phases) {
    const std::vector<size_t> rows = phase.axes_of(Kind::kRow), depth = phase.axes_of(Kind::kDepth);
    count += phase.axes[rows[1]].extent * phase.axes[rows[2]].extent * phase.axes[depth[1]].extent *
             phase.axes[depth[2]].extent;
  }
  return count;
}

// Estimates of the cycles that an image and a group take, divided as the first argument says.
class Cycles {
 public:
  Cycles(const Contraction& c, const Shape& input, const Target& target)
      : lanes_(target.lanes), columns_(c.extent_of(Kind::kColumn)),
        channels_(static_cast<double>(c.axes[c.axes_of(Kind::kDepth)[0]].extent)),
        multiply_adds_(target.processor.multiply_adds), loads_(target.processor.loads),
        read_(target.lanes > kMaskedLanes ? kReadAnywhere : kReadMasked),
        copy_(kCopy * channels_ * static_cast<double>(input[2] * ceil_div(input[3], lanes_))) {}

  double of(const PanelSchedule& s, const PixelLanesSchedule& in_place) const {
    const auto columns = static_cast<double>(ceil_div(columns_, lanes_));
    const double sums = channels_ * static_cast<double>(multiplies_of(s.phases)) * columns / multiply_adds_;
    const double transposes = kTranspose * columns * static_cast<double>(in_place.image.pixels());
    return sums + copy_ + transposes;
  }

  double of(const RowLanesSchedule& s, const PixelLanesSchedule& in_place) const {
    const auto columns = static_cast<double>(s.tile_of(s.phases[0]).columns);
    const int64_t width = in_place.image.columns.pixels;
    const auto of_line = static_cast<double>(ceil_div(width, lanes_)) / static_cast<double>(width);
    const double vectors = static_cast<double>(multiplies_of(s.phases)) * of_line;
    const bool is_apart = s.whole.a.back().scale_of(s.lane_axis) > 1;
    const double step = std::max(columns / multiply_adds_, is_apart ? kReadApart : kRead);
    return copy_ + channels_ * vectors * step * columns_ / columns;
  }

  // Element by element, the last resort.
  double of(const auto&, const PixelLanesSchedule&) const { return std::numeric_limits<double>::max(); }

  double of(const PixelLanesSchedule& s) const {
    const auto columns = static_cast<double>(s.columns);
    const auto [sums, reads, weights] = s.steps();
    const double steps = std::max(columns * sums / multiply_adds_, read_ * reads + weights / loads_);
    const auto stores = kStore * static_cast<double>(s.image.vectors()) * columns_;
    return channels_ * steps * columns_ / columns + stores;
  }

 private:
  int64_t lanes_, columns_;
  double channels_, multiply_adds_, loads_, read_, copy_;
};

// Channels or pixels of a line in lanes, whichever fill them better. Pixels that a stride takes apart are put together
// first.
ContractionSchedule choose_copied(const Contraction& c, const Target& target) {
  const size_t pixel = c.a.back().terms[0].axis;
  const double by_channels = filled(c.extent_of(Kind::kColumn), target.lanes);
  const double by_pixels =
      filled(c.axes[pixel].extent, target.lanes) / static_cast<double>(std::max<int64_t>(1, c.a.back().terms[0].scale));
  const auto if_fits = [](auto schedule) -> ContractionSchedule {
    if (schedule.bytes() <= kMaxBytes) return schedule;
    return ElementSchedule{};
  };
  const bool is_other = !c.sums_pixels() && target.schedule.alternative > 0;
  ContractionSchedule by_panels = if_fits(PanelSchedule(c, target, false));
  if (std::holds_alternative<PanelSchedule>(by_panels) && (by_channels > by_pixels) != is_other) return by_panels;
  if (c.sums_pixels()) return if_fits(DepthLanesSchedule(c, target, false));
  return if_fits(RowLanesSchedule(c, target, false));
}

}  // namespace

ContractionSchedule choose_conv(const Op& op, const Target& target) {
  const Contraction c = contraction_of(op);
  int64_t phases = 1;
  for (const AffineCoord& coord : c.a) phases *= coord.divisor;
  if (phases > kMaxPhases) return ElementSchedule{};
  const Shape& input = op.operands[0]->type.shape;
  if (target.has_threads && target.lanes >= kMaskedLanes && WinogradSchedule::pays_for_images(c)) {
    WinogradSchedule filtering(c, input, target);
    if (filtering.tiles_in_code() <= kMaxTiles) return filtering;
  }
  ContractionSchedule copied = choose_copied(c, target);
  if (c.sums_pixels() || target.lanes < kMaskedLanes) return copied;
  PixelLanesSchedule in_place(c, input, target);
  if (in_place.multiply_adds_in_code() > kMaxCode) return copied;
  const Cycles cycles(c, input, target);
  const double others = std::visit([&](const auto& schedule) { return cycles.of(schedule, in_place); }, copied);
  const bool is_other = target.schedule.alternative > 0;
  if ((cycles.of(in_place) < others) != is_other) return in_place;
  return copied;
}

}  // namespace minnow
