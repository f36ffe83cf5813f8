// A picture as a list of marks, in order of painting, on a white ground. Whatever Minnow draws becomes a Drawing; a
// Drawing becomes SVG, which scales and has text that can be copied, or PNG.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/plot/colours.h"

namespace minnow {

// Lengths are pixels; x grows to the right, y downwards.
struct Place {
  double x = 0, y = 0;
};

// Lines through places, each a stroke of its own.
struct Polyline {
  std::vector<std::vector<Place>> strokes;
  Colour colour = kInk;
  double width = 1;
  bool is_dashed = false;
};

struct Dot {
  Place centre;
  double radius = 3;
  Colour colour = kInk;
};

struct Block {
  double left = 0, top = 0, width = 0, height = 0;
  Colour colour = kInk;
  std::string note;  // what an SVG shows under the pointer; may be empty
};

enum class Anchor { kStart, kMiddle, kEnd };

// One line of text, its baseline at `at`. Escaped by the writers, so that names can go in as they are.
struct Caption {
  Place at;
  std::string text;
  double size = 13;
  Colour colour = kInk;
  Anchor anchor = Anchor::kStart;
  bool is_bold = false;
  bool is_upright = false;  // reads from bottom to top
};

// Pixels, u8 [H,W] or [H,W,3], with hard edges at any size.
struct Picture {
  double left = 0, top = 0, width = 0, height = 0;
  Tensor pixels;
};

using Mark = std::variant<Polyline, Dot, Block, Caption, Picture>;

struct Drawing {
  double width = 0, height = 0;
  std::string title;  // of the document
  std::vector<Mark> marks;

  template <typename M>
  void add(M mark) {
    marks.emplace_back(std::move(mark));
  }
  // A straight line.
  void add_line(Place from, Place to, Colour colour, double width = 1) { add(Polyline{{{from, to}}, colour, width}); }
};

// The SVG document: one file, no fonts or scripts to fetch.
std::string to_svg(const Drawing& drawing);
// u8 [H,W,3], `scale` pixels to one of the drawing's.
Result<Tensor> rasterize(const Drawing& drawing, double scale = 1);

// Checks that a picture of this name can be written: it ends in .svg or .png, or is "-", SVG on the standard output.
// For before the work.
Status check_picture_path(const std::string& path);
// Writes what the name asks for, atomically; a PNG has two pixels to one of the drawing's.
Status write_drawing(const std::string& path, const Drawing& drawing);

// About how wide text of that size is, on the generous side.
double text_width(std::string_view text, double size);

}  // namespace minnow
