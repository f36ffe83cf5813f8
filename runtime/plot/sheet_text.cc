// Pictures in a terminal: a character is two pixels, the upper in its ink, the lower in its ground.
#include <fmt/format.h>

#include <algorithm>

#include "ir/printable.h"
#include "runtime/plot/image_sheet.h"

namespace minnow {
namespace {

// One picture of a sheet, by its pixels' colours.
class SheetPixels {
 public:
  explicit SheetPixels(const Tensor& pictures)
      : bytes_(pictures.as<uint8_t>()), height_(pictures.dim(1)), width_(pictures.dim(2)),
        channels_(pictures.type().rank() == 4 ? 3 : 1) {}

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  // Black below the last line.
  Colour at(int64_t picture, int64_t y, int64_t x) const {
    if (y >= height_) return {};
    const auto from = static_cast<size_t>(((picture * height_ + y) * width_ + x) * channels_);
    if (channels_ == 1) return {bytes_[from], bytes_[from], bytes_[from]};
    return {bytes_[from], bytes_[from + 1], bytes_[from + 2]};
  }

 private:
  std::span<const uint8_t> bytes_;
  int64_t height_, width_, channels_;
};

// The nearest of the 256 colours that terminals have: 24 shades of grey, or a cube of six levels a channel.
int terminal_colour(Colour colour) {
  if (colour.red == colour.green && colour.green == colour.blue) {
    const int shade = (colour.red + 5) / 10;  // 232 is 8, then every 10
    return shade <= 0 ? 16 : shade > 24 ? 231 : 231 + shade;
  }
  const auto level = [](uint8_t value) { return (value + 25) / 51; };
  return 16 + 36 * level(colour.red) + 6 * level(colour.green) + level(colour.blue);
}

// Whether a dithered pixel is lit (Bayer's ordered dither, 4x4).
bool is_lit(Colour colour, int64_t y, int64_t x) {
  constexpr int kThresholds[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
  const int luminance = (299 * colour.red + 587 * colour.green + 114 * colour.blue) / 1000;
  return luminance * 16 >= (2 * kThresholds[y % 4][x % 4] + 1) * 255 / 2;
}

std::string coloured_line(const SheetPixels& pixels, int64_t picture, int64_t y) {
  std::string line;
  int ink = -1, ground = -1;
  for (int64_t x = 0; x < pixels.width(); ++x) {
    const int upper = terminal_colour(pixels.at(picture, y, x)), lower = terminal_colour(pixels.at(picture, y + 1, x));
    if (upper != ink) line += fmt::format("\x1b[38;5;{}m", upper);
    if (lower != ground) line += fmt::format("\x1b[48;5;{}m", lower);
    line += "▀";
    ink = upper, ground = lower;
  }
  return line + "\x1b[0m";
}

std::string dithered_line(const SheetPixels& pixels, int64_t picture, int64_t y) {
  constexpr std::string_view kBlocks[] = {" ", "▀", "▄", "█"};
  std::string line;
  for (int64_t x = 0; x < pixels.width(); ++x) {
    const bool upper = is_lit(pixels.at(picture, y, x), y, x), lower = is_lit(pixels.at(picture, y + 1, x), y + 1, x);
    line += kBlocks[(upper ? 1 : 0) + (lower ? 2 : 0)];
  }
  return line;
}

std::string padded(std::string_view text, size_t width) {
  const std::string shown = shortened(printable(text), width);
  return shown + std::string(width - letter_count(shown), ' ');
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace

std::string sheet_text(const ImageSheet& sheet, int columns, bool has_colour) {
  const SheetPixels pixels(sheet.pictures);
  const int64_t count = sheet.pictures.dim(0), across = std::max<int64_t>(1, (columns + 1) / (pixels.width() + 2));
  std::string text = sheet.title.empty() ? "" : printable(sheet.title) + "\n";
  for (int64_t first = 0; first < count; first += across) {
    const int64_t last = std::min(count, first + across);
    text += "\n";
    for (int64_t y = 0; y < pixels.height(); y += 2) {
      std::string line;
      for (int64_t i = first; i < last; ++i)
        line += (has_colour ? coloured_line(pixels, i, y) : dithered_line(pixels, i, y)) + "  ";
      text += without_trailing_blanks(line);
    }
    if (sheet.captions.empty()) continue;
    for (size_t row = 0; row < sheet.captions[static_cast<size_t>(first)].size(); ++row) {
      std::string line;
      for (int64_t i = first; i < last; ++i)
        line += padded(sheet.captions[static_cast<size_t>(i)][row], static_cast<size_t>(pixels.width())) + "  ";
      text += without_trailing_blanks(line);
    }
  }
  return text;
}

}  // namespace minnow
