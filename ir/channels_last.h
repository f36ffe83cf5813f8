// Images with their channels innermost, [N,H,W,C], as a convolution between transposes says it:
//
//   transpose(conv(transpose(x), transpose(w))) : x [N,H,W,C], w [KH,KW,I,O] → [N,H,W,O]
//
// where x may also lie as [N,C,H,W].
#pragma once

#include "ir/function.h"
#include "ir/threshold.h"

namespace minnow {

// Dimensions of what is transposed: of images, and of a filter [O,I,KH,KW].
inline const std::vector<int64_t> kToChannelsLast = {0, 2, 3, 1}, kFromChannelsLast = {0, 3, 1, 2};
inline const std::vector<int64_t> kFilterToChannelsLast = {2, 3, 1, 0}, kFilterFromChannelsLast = {3, 2, 0, 1};

inline Shape channels_last(const Shape& image) { return {image[0], image[2], image[3], image[1]}; }

// At most: compiled code has each of them at each pixel of a tile.
inline const Threshold kMostColumnsChannelsLast{"columns of a window with channels last", 32};

// Whether a transpose of these dimensions makes the value.
bool is_transposed_by(const Value* value, const std::vector<int64_t>& dims);

// Whether the op is a convolution of images whose filter lies so; its result is to lie so, too.
bool is_channels_last(const Op& op);

}  // namespace minnow
