#include "codegen/schedule/pixel_vectors.h"

#include <algorithm>

namespace minnow {
namespace {

// As measured on Zen 5.
constexpr double kLoad = 0.5;  // of what ends in the next line of the cache
constexpr double kShuffle = 0.75;

}  // namespace

int64_t PixelAxis::element(int64_t pixel, int64_t place) const {
  const int64_t scaled = pixel_step * pixel + place_step * place + offset;
  if (scaled < 0 || scaled % divisor != 0) return kNothing;
  return scaled / divisor < size ? scaled / divisor : kNothing;
}

PixelAxis PixelAxis::of_windows(const WindowAttributes& window, size_t dim, int64_t pixels, int64_t elements) {
  return {.pixels = pixels,
          .places = window.window[dim],
          .size = elements,
          .pixel_step = window.stride[dim],
          .offset = -window.pad[2 * dim]};
}

Places PixelVectors::places_of(int64_t vector, int64_t row_of_window, int64_t column_of_window) const {
  Places places(static_cast<size_t>(lanes), kAnything);
  for (int64_t lane = 0; lane < lanes; ++lane) {
    const int64_t pixel = vector * lanes + lane;
    if (pixel >= pixels() || pixel % pitch >= columns.pixels) continue;
    const int64_t line = pixel / pitch;
    const int64_t row = rows.element(line % rows.pixels, row_of_window);
    const int64_t column = columns.element(pixel % pitch, column_of_window);
    places[static_cast<size_t>(lane)] = row == kNothing || column == kNothing
                                            ? kNothing
                                            : (line / rows.pixels * rows.size + row) * input_pitch + column;
  }
  return places;
}

std::optional<int64_t> PixelVectors::row_step(int64_t first, int64_t count) const {
  const int64_t step = rows.place_step * input_pitch;
  const auto are_apart = [&](const Places& places, const Places& behind, int64_t by) {
    return std::ranges::equal(places, behind, [&](int64_t place, int64_t other) {
      return place < 0 ? other < 0 : other >= 0 && other - place == by;
    });
  };
  for (int64_t vector = first; vector < first + count; ++vector)
    for (int64_t j = 0; j < columns.places; ++j)
      for (int64_t i = 1; i < rows.places; ++i)
        if (!are_apart(places_of(vector, 0, j), places_of(vector, i, j), i * step)) return std::nullopt;
  return step;
}

bool has_any(const Places& places) {
  return std::ranges::any_of(places, [](int64_t place) { return place >= 0; });
}

std::optional<int64_t> run_of(const Places& places) {
  std::optional<int64_t> first;
  for (int64_t lane = 0; lane < std::ssize(places); ++lane) {
    const int64_t place = places[static_cast<size_t>(lane)];
    if (place < 0) continue;
    if (first.value_or(place - lane) != place - lane) return std::nullopt;
    first = place - lane;
  }
  return first;
}

// From the first lane on that is missing, a vector with as many of the others as it reaches. Where as many run on from
// there as lanes do, it begins so far in front that these are in their lanes: no shuffle, then, but a mask.
std::vector<int64_t> pieces_of(const Places& places, int64_t elements) {
  const int64_t lanes = std::ssize(places), last = std::max<int64_t>(0, elements - lanes);
  std::vector<int64_t> begins;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    const int64_t place = places[static_cast<size_t>(lane)];
    const auto has_it = [&](int64_t begin) { return place >= begin && place < begin + lanes; };
    if (place < 0 || std::ranges::any_of(begins, has_it)) continue;
    int64_t reached = 0, in_their_lanes = 0;
    for (int64_t other = lane; other < lanes; ++other) {
      const int64_t beyond = places[static_cast<size_t>(other)] - place;
      reached += beyond >= 0 && beyond < lanes ? 1 : 0;
      in_their_lanes += beyond == other - lane ? 1 : 0;
    }
    const bool runs_on = in_their_lanes >= reached && place >= lane && place - lane <= last;
    begins.push_back(runs_on ? place - lane : std::min(place, last));
  }
  return begins;
}

std::vector<int64_t> whole_pieces_of(const Places& places) {
  const int64_t lanes = std::ssize(places);
  std::vector<int64_t> begins;
  for (const int64_t place : places)
    if (place >= 0 && std::ranges::count(begins, place / lanes * lanes) == 0) begins.push_back(place / lanes * lanes);
  return begins;
}

double cycles_to_read(const Places& places, int64_t elements) {
  if (run_of(places)) return kLoad;
  const auto pieces = static_cast<double>(pieces_of(places, elements).size());
  return kLoad * pieces + kShuffle * std::max(1.0, pieces - 1);
}

double cycles_to_shuffle(const Places& places) {
  const auto run = run_of(places);
  if (run && *run % std::ssize(places) == 0) return 0;
  return kShuffle * std::max(1.0, static_cast<double>(whole_pieces_of(places).size()) - 1);
}

}  // namespace minnow
