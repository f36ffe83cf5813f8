// Pictures side by side with a caption under each, as a drawing or in a terminal.
#pragma once

#include <string>
#include <vector>

#include "runtime/plot/drawing.h"

namespace minnow {

struct ImageSheet {
  std::string title;
  Tensor pictures;                                 // u8 [N,H,W] or [N,H,W,3]
  std::vector<std::vector<std::string>> captions;  // lines for each picture, or none at all
};

// Examples [N,C,H,W] with 1 or 3 channels, [N,H,W] or [N,F] with F a square number from 49 on, as pictures. Numbers
// that are no bytes are scaled: from [0,1] or [0,255] if they all lie there, else from their own range. `name` is what
// the data are called in errors.
Result<Tensor> as_pictures(const Tensor& examples, const std::string& name);

Drawing draw_sheet(const ImageSheet& sheet);

// In half-block characters, two pixels above each other, in shades of grey or, without colour, dithered; as many
// side by side as `columns` hold.
std::string sheet_text(const ImageSheet& sheet, int columns, bool has_colour);

}  // namespace minnow
