#include "codegen/schedule/pooling_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {
namespace {

const Threshold kMaxPoolingCode{"vectors in the code for poolings of an image", 1300};

// Cycles as measured on Zen 5, for vectors that the caches hold.
constexpr double kPooled = 0.25;  // one more, compared or added up
constexpr double kPooledStore = 1;
constexpr double kLineMax = 2, kLineSum = 1;  // the first, with a vector along a line
constexpr double kLineGuarded = 2;            // times as many, where an element may lie on padding
constexpr double kLineApart = 1.3;            // more, to read every second element
constexpr double kLineAnywhere = 20;
constexpr double kGain = 0.75;  // for which the code may be longer

int64_t count_of(const Places& places) {
  return std::ranges::count_if(places, [](int64_t place) { return place >= 0; });
}

// Puts the fullest in front, and has it, or another, stand in where there is nothing.
void let_others_stand_in(std::vector<Places>& elements) {
  std::iter_swap(elements.begin(), std::ranges::max_element(elements, {}, count_of));
  const auto fill = [](Places& places, const Places& others) {
    for (size_t lane = 0; lane < places.size(); ++lane)
      if (places[lane] == kNothing) places[lane] = others[lane];
  };
  for (const Places& others : elements) fill(elements[0], others);
  for (Places& places : elements) fill(places, elements[0]);
}

// Those that are the same as one before add nothing to a maximum.
void drop_duplicates(std::vector<Places>& elements) {
  for (size_t i = 0; i < elements.size(); ++i)
    elements.erase(std::remove(elements.begin() + static_cast<ptrdiff_t>(i) + 1, elements.end(), elements[i]),
                   elements.end());
}

PixelAxis unchanged(int64_t size) { return {.pixels = size, .size = size}; }

int64_t vectors_in_code(const PoolingSchedule& s) {
  int64_t count = 0;
  for (const PixelVectors& step : s.steps) count += step.vectors() * step.places_of_window();
  return count;
}

// Of so many planes at once, and lines of what comes in between so long.
PoolingSchedule schedule_of(const Op& op, int64_t lanes, int64_t planes, int64_t pitch) {
  const WindowAttributes window = window_within_picture(op);
  const Shape &x = op.operands[0]->type.shape, &y = op.type().shape;
  const PixelAxis rows = PixelAxis::of_windows(window, 0, y[2], x[2]);
  const PixelAxis columns = PixelAxis::of_windows(window, 1, y[3], x[3]);
  PoolingSchedule s;
  s.is_max = op.kind == OpKind::kWindowMax;
  if (!s.is_max || rows.places == 1 || columns.places == 1) {
    s.steps = {PixelVectors(rows, columns, lanes)};
  } else {
    s.steps = {PixelVectors(rows, unchanged(columns.size), lanes),
               PixelVectors(unchanged(rows.pixels), columns, lanes)};
    s.steps[0].pitch = s.steps[1].input_pitch = pitch;
  }
  for (PixelVectors& step : s.steps) step.planes = planes;
  return s;
}

// Of a plane, with vectors along lines.
double cycles_to_pool_along_lines(const Op& op, int64_t lanes) {
  const WindowAttributes window = window_within_picture(op);
  const Shape& shape = op.type().shape;
  const bool is_padded = std::ranges::any_of(window.pad, [](int64_t pad) { return pad != 0; });
  const int64_t stride = window.stride[1];
  const double step = (op.kind == OpKind::kWindowMax ? kLineMax : kLineSum) * (is_padded ? kLineGuarded : 1);
  const double read = stride == 1 ? 0 : stride == 2 ? kLineApart : kLineAnywhere;
  return (step + read) * static_cast<double>(shape[2] * ceil_div(shape[3], lanes) * places_of(window));
}

// Whether no window lies on padding alone, for which there would be nothing to stand in.
bool has_elements(const PoolingSchedule& s) {
  for (size_t step = 0; step < s.steps.size(); ++step)
    for (int64_t vector = 0; vector < s.steps[step].vectors(); ++vector) {
      const std::vector<Places> elements = s.elements_of(step, vector);
      if (elements.empty() || std::ranges::count(elements[0], kNothing) > 0) return false;
    }
  return true;
}

}  // namespace

std::vector<Places> PoolingSchedule::elements_of(size_t step, int64_t vector) const {
  const PixelVectors& vectors = steps[step];
  std::vector<Places> elements;
  for (int64_t i = 0; i < vectors.rows.places; ++i)
    for (int64_t j = 0; j < vectors.columns.places; ++j) {
      elements.push_back(vectors.places_of(vector, i, j));
      if (!has_any(elements.back())) elements.pop_back();
    }
  if (is_max && !elements.empty()) {
    let_others_stand_in(elements);
    drop_duplicates(elements);
  }
  return elements;
}

double PoolingSchedule::cycles() const {
  double cycles = kPooledStore * static_cast<double>(steps.back().vectors());
  for (size_t step = 0; step < steps.size(); ++step)
    for (int64_t vector = 0; vector < steps[step].vectors(); ++vector)
      for (const Places& places : elements_of(step, vector))
        cycles += kPooled + (step > 0 ? cycles_to_shuffle(places) : cycles_to_read(places, steps[0].elements()));
  return cycles;
}

std::string PoolingSchedule::text() const {
  return fmt::format("vectors of pixels from line to line, {} of them for {} image{}{}", steps.back().vectors(),
                     planes(), planes() > 1 ? "s" : "", steps.size() > 1 ? ", of columns first" : "");
}

std::optional<PoolingSchedule> choose_pooling(const Op& op, const Target& target) {
  if (op.kind != OpKind::kWindowMax && op.kind != OpKind::kWindowSum) return {};
  if (op.type().dtype != DType::kF32 || space_dims(op) != 2 || op.operands[0]->type.elements() == 0) return {};
  if (target.lanes < kMaskedLanes) return {};
  const int64_t all = op.type().shape[0] * op.type().shape[1], width = op.operands[0]->type.shape[3];
  const int64_t lines = width > target.lanes ? ceil_div(width, target.lanes) * target.lanes
                                             : static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(width)));
  std::optional<PoolingSchedule> best;
  double least = cycles_to_pool_along_lines(op, target.lanes);
  for (int64_t planes = 1; planes <= target.lanes && all % planes == 0; planes *= 2)
    for (const int64_t pitch : {width, lines}) {
      PoolingSchedule s = schedule_of(op, target.lanes, planes, pitch);
      if (vectors_in_code(s) > kMaxPoolingCode) break;
      const double cycles = s.cycles() / static_cast<double>(planes);
      const bool is_longer = best && planes > best->planes();
      if (cycles >= (is_longer ? kGain * least : least) || (s.is_max && !has_elements(s))) continue;
      least = cycles;
      best = std::move(s);
    }
  return best;
}

}  // namespace minnow
