// The colours of all pictures.
#pragma once

#include <cstddef>
#include <cstdint>

namespace minnow {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;

  bool operator==(const Colour&) const = default;
};

inline constexpr Colour kWhite{0xFF, 0xFF, 0xFF};
inline constexpr Colour kInk{0x22, 0x22, 0x22};
inline constexpr Colour kSoftInk{0x5A, 0x5A, 0x5A};
inline constexpr Colour kGridGray{0xE6, 0xE6, 0xE6};

// Colours of Okabe and Ito (jfly.uni-koeln.de/color), told apart by colour-blind readers; strongest on white first.
// Their yellow is too pale for a line and is left out.
inline constexpr Colour kPalette[] = {{0x00, 0x72, 0xB2}, {0xD5, 0x5E, 0x00}, {0x00, 0x9E, 0x73}, {0xCC, 0x79, 0xA7},
                                      {0xE6, 0x9F, 0x00}, {0x56, 0xB4, 0xE9}, {0x00, 0x00, 0x00}};
inline constexpr size_t kPaletteSize = sizeof kPalette / sizeof kPalette[0];

// The colour at `share` of the way from one to the other, 0 to 1.
constexpr Colour blend(Colour from, Colour to, double share) {
  const auto mix = [share](uint8_t a, uint8_t b) { return static_cast<uint8_t>(a + (b - a) * share + 0.5); };
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

}  // namespace minnow
