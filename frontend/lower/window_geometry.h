// Where the window of a convolution or a pool stands on its image, or on a sequence or a volume.
#pragma once

#include <vector>

#include "frontend/lower/layer_scope.h"

namespace minnow {

using Numbers = google::protobuf::RepeatedField<int64_t>;

// A number for each dimension of space.
struct WindowGeometry {
  std::vector<int64_t> kernel, stride, dilation;
  std::vector<int64_t> pad;          // before and after for each: top, bottom, left, right
  std::vector<int64_t> output = {};  // how many windows there are
};

// Refuses a field of the layer that has neither one value nor one for each of `dims` dimensions.
Status check_value_count(const LayerFields& fields, std::string_view field, const Numbers& values, size_t dims);
// Refuses padding that is given twice, or has neither one value nor one or two for each dimension.
Status check_padding(const LayerFields& fields, spec::Padding::Rule rule, const Numbers& pad, size_t dims);

// What a field says of all dimensions: one value, or one for each.
std::vector<int64_t> per_dimension(const Numbers& values, size_t dims);
// Of `pad`, before and after for each.
std::vector<int64_t> explicit_pad(const Numbers& pad, size_t dims);

// On the input of the scope's layer, which has as many dimensions of space. A kernel that is larger than its padded
// input is an error.
Result<WindowGeometry> conv_geometry(const LayerScope& scope, const spec::Conv& conv);
Result<WindowGeometry> pool_geometry(const LayerScope& scope, const spec::Pool& pool);

// 3, 3 → "3x3"
std::string by(const std::vector<int64_t>& extents);
int64_t product(const std::vector<int64_t>& extents);

}  // namespace minnow
