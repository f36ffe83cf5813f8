// Elements that the same windows cover.
#pragma once

#include <algorithm>
#include <functional>

#include "codegen/element/element_emitter.h"
#include "ir/function.h"

namespace minnow {

// Along one dimension of space, a block is as many elements as the stride: those that the same windows cover. Block q
// begins at stride * q - pad, and its element p lies at place p + stride * t of window q - t.
struct WindowBlocks {
  int64_t stride, window, pad, windows, elements;
  int64_t begin, end;              // of all blocks
  int64_t inside_from, inside_to;  // those all of whose elements and windows exist

  WindowBlocks(const Op& op, const WindowAttributes& attributes, size_t dim)
      : stride(attributes.stride[dim]), window(attributes.window[dim]), pad(attributes.pad[2 * dim]),
        windows(op.operands.back()->type.shape[2 + dim]), elements(op.type().shape[2 + dim]) {
    begin = pad / stride;
    end = (elements - 1 + pad) / stride + 1;
    inside_from = std::clamp(std::max(ceil_div(pad, stride), covering() - 1), begin, end);
    inside_to = std::clamp(std::min((elements + pad) / stride, windows), inside_from, end);
  }
  // The most windows over an element.
  int64_t covering() const { return ceil_div(window, stride); }
  // Those at the border are one each, so that of everything is known whether it exists.
  int64_t pieces() const { return end - begin - std::max<int64_t>(0, inside_to - inside_from - 1); }

  void loop(ElementEmitter& emitter, const std::function<void(const Coord&)>& body) const {
    for (int64_t q = begin; q < inside_from; ++q) emitter.loop(q, q + 1, body);
    if (inside_from < inside_to) emitter.loop(inside_from, inside_to, body);
    for (int64_t q = inside_to; q < end; ++q) emitter.loop(q, q + 1, body);
  }
};

}  // namespace minnow
