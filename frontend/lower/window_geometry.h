// Where the window of a convolution or a pool stands on its image.
#pragma once

#include <array>

#include "frontend/lower/layer_scope.h"

namespace minnow {

using Numbers = google::protobuf::RepeatedField<int64_t>;

struct WindowGeometry {
  std::array<int64_t, 2> kernel;
  std::array<int64_t, 2> stride;
  std::array<int64_t, 2> dilation;
  std::array<int64_t, 4> pad;     // top, bottom, left, right
  std::array<int64_t, 2> output;  // height, width
};

// Refuses padding that is given twice.
Status check_padding(const LayerFields& fields, spec::Padding::Rule rule, const Numbers& pad);

// What a field says of both directions: one value, or (vertical, horizontal).
std::array<int64_t, 2> pair_of(const Numbers& values);
// Of `pad`: top, bottom, left, right.
std::array<int64_t, 4> explicit_pad(const Numbers& pad);

// On the input of the scope's layer, which is an image. A kernel that is larger than its padded input is an
// error.
Result<WindowGeometry> conv_geometry(const LayerScope& scope, const spec::Conv2D& conv);
Result<WindowGeometry> pool_geometry(const LayerScope& scope, const spec::Pool& pool);

}  // namespace minnow
