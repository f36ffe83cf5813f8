// PNG files of every kind (w3.org/TR/png-3), written without libpng.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minnow {

enum class PngColour { kGray = 0, kRgb = 2, kPalette = 3, kGrayAlpha = 4, kRgbAlpha = 6 };

struct PngPicture {
  uint32_t width = 1, height = 1;
  int depth = 8;  // bits of a sample
  PngColour colour = PngColour::kGray;
  std::vector<uint16_t> samples;  // row by row, a pixel's beside each other
  bool is_interlaced = false;
  std::string chunks = {};  // before the pixels: palette, transparency, gamma
};

inline std::string big_endian_bytes(uint32_t value, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian_bytes(static_cast<uint32_t>(data.size()), 4) + body +
         big_endian_bytes(static_cast<uint32_t>(checksum), 4);
}

inline uint32_t png_channels(PngColour colour) {
  switch (colour) {
    case PngColour::kRgb: return 3;
    case PngColour::kGrayAlpha: return 2;
    case PngColour::kRgbAlpha: return 4;
    default: return 1;
  }
}

// Every so many pixels of every so many rows, as the rows of one pass, each behind a filter byte.
inline std::string png_pass(const PngPicture& picture, uint32_t left, uint32_t top, uint32_t across, uint32_t down) {
  const uint32_t channels = png_channels(picture.colour);
  std::string bytes;
  for (uint32_t y = top; y < picture.height && left < picture.width; y += down) {
    bytes += '\0';
    uint32_t held = 0;
    int bits = 0;
    for (uint32_t x = left; x < picture.width; x += across) {
      for (uint32_t c = 0; c < channels; ++c) {
        held = held << picture.depth | picture.samples[(y * picture.width + x) * channels + c];
        for (bits += picture.depth; bits >= 8; bits -= 8) bytes += static_cast<char>(held >> (bits - 8));
      }
    }
    if (bits > 0) bytes += static_cast<char>(held << (8 - bits));
  }
  return bytes;
}

inline std::string png_bytes(const PngPicture& picture) {
  std::string rows;
  if (picture.is_interlaced) {
    constexpr uint32_t kPasses[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (const auto& [left, top, across, down] : kPasses) rows += png_pass(picture, left, top, across, down);
  } else {
    rows = png_pass(picture, 0, 0, 1, 1);
  }
  std::string packed(compressBound(rows.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  packed.resize(size);
  const std::string header = big_endian_bytes(picture.width, 4) + big_endian_bytes(picture.height, 4) +
                             big_endian_bytes(static_cast<uint32_t>(picture.depth), 1) +
                             big_endian_bytes(static_cast<uint32_t>(picture.colour), 1) + std::string(2, '\0') +
                             (picture.is_interlaced ? '\1' : '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + picture.chunks + png_chunk("IDAT", packed) +
         png_chunk("IEND", "");
}

}  // namespace minnow
