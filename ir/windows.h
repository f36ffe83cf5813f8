// How the windows of window_spread and window_pick lie over what they scatter to.
#pragma once

#include "ir/function.h"

namespace minnow {

// Dimensions of space of an op over sliding windows, a convolution or a pooling: 1, 2 or 3.
inline size_t space_dims(const Op& op) { return op.operands[0]->type.shape.size() - 2; }
// Elements of one window.
int64_t places_of(const WindowAttributes& window);

// The windows of an op over sliding windows without the rows and columns that lie on padding wherever a window stands:
// those have no part in the result, and a window may be far larger than its picture.
WindowAttributes window_within_picture(const Op& op);

// Whether an element may lie in several windows, whose shares of it are added up.
bool windows_overlap(const WindowAttributes& window);
// Whether there are elements in no window, which are zero.
bool windows_leave_gaps(const Op& scatter);

// Whether it is one of these ops and every element lies in one window. Then each is written once, and what follows it
// element by element can be done on the way.
bool scatters_each_once(const Op& op);

}  // namespace minnow
