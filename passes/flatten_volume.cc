#include "passes/flatten_volume.h"

#include <algorithm>

#include "ir/infer.h"
#include "ir/windows.h"

namespace minnow {
namespace {

// Two ways to see a volume [N,C,D,H,W] as images: a channel for each depth, or the depth as rows.
Shape as_planes(const Shape& v) { return {v[0], v[1] * v[2], v[3], v[4]}; }
Shape as_rows(const Shape& v) { return {v[0], v[1], v[2], v[3] * v[4]}; }

// Windows.

WindowAttributes over_planes(const WindowAttributes& w) {
  return {.window = {w.window[1], w.window[2]},
          .stride = {w.stride[1], w.stride[2]},
          .pad = {w.pad.begin() + 2, w.pad.end()}};
}
WindowAttributes over_rows(const WindowAttributes& w) {
  return {.window = {w.window[0], 1}, .stride = {w.stride[0], 1}, .pad = {w.pad[0], w.pad[1], 0, 0}};
}

bool is_trivial(const WindowAttributes& w) {
  return places_of(w) == 1 && std::ranges::all_of(w.stride, [](int64_t stride) { return stride == 1; });
}

// One of two windows after each other, over images that `as_images` makes of volumes.
Value* stage(OpKind kind, const std::vector<Value*>& volumes, WindowAttributes window, Shape (*as_images)(const Shape&),
             const Shape& result, Builder& b) {
  std::vector<Value*> images;
  for (Value* volume : volumes) images.push_back(b.reshape(volume, as_images(volume->type.shape)));
  if (kind == OpKind::kWindowSpread) window.shape = as_images(result);
  return b.reshape(b.create(kind, std::move(images), std::move(window)), result);
}

Value* flatten_windows(const Op& op, Builder& b) {
  const auto& window = op.attr<WindowAttributes>();
  const bool scatters = op.kind == OpKind::kWindowSpread || op.kind == OpKind::kWindowPick;
  const Shape& x = scatters ? op.type().shape : op.operands[0]->type.shape;
  const Shape& y = scatters ? op.operands.back()->type.shape : op.type().shape;
  const Shape between = {x[0], x[1], x[2], y[3], y[4]};
  // Where one of the two holds one element each, it would make what its last operand is.
  const bool has_rows = !is_trivial(over_rows(window));
  const bool has_planes = !has_rows || !is_trivial(over_planes(window));
  const auto planes = [&](OpKind kind, const std::vector<Value*>& operands, const Shape& result) {
    return has_planes ? stage(kind, operands, over_planes(window), as_planes, result, b) : operands.back();
  };
  const auto rows = [&](OpKind kind, const std::vector<Value*>& operands, const Shape& result) {
    return has_rows ? stage(kind, operands, over_rows(window), as_rows, result, b) : operands.back();
  };
  if (!scatters) return rows(op.kind, {planes(op.kind, op.operands, between)}, y);
  if (op.kind == OpKind::kWindowSpread) return planes(op.kind, {rows(op.kind, op.operands, between)}, x);
  Value* largest = planes(OpKind::kWindowMax, {op.operands[0]}, between);
  return planes(op.kind, {op.operands[0], rows(op.kind, {largest, op.operands[1]}, between)}, x);
}

// Convolutions.

// x [N,C,D,H,W], w [O,C/groups,KD,KH,KW], y [N,O,OD,OH,OW], whichever of them is the result.
struct Volumes {
  const ConvAttributes& conv;
  const Shape &x, &w, &y;

  explicit Volumes(const Op& op)
      : conv(op.attr<ConvAttributes>()),
        x(op.kind == OpKind::kConvInput ? op.type().shape : op.operands[0]->type.shape),
        w(op.kind == OpKind::kConvFilter ? op.type().shape : op.operands[1]->type.shape),
        y(op.kind == OpKind::kConv        ? op.type().shape
          : op.kind == OpKind::kConvInput ? op.operands[0]->type.shape
                                          : op.operands[1]->type.shape) {}

  bool is_over_depth_alone() const {
    const auto is_whole = [this](size_t i) {
      return w[2 + i] == 1 && conv.stride[i] == 1 && conv.pad[2 * i] == 0 && conv.pad[2 * i + 1] == 0;
    };
    return is_whole(1) && is_whole(2);
  }
};

Value* flatten_over_depth(const Op& op, const Volumes& v, Builder& b) {
  ConvAttributes conv{.stride = {v.conv.stride[0], 1},
                      .pad = {v.conv.pad[0], v.conv.pad[1], 0, 0},
                      .dilation = {v.conv.dilation[0], 1},
                      .groups = v.conv.groups};
  if (op.kind != OpKind::kConv) conv.shape = as_rows(op.type().shape);
  std::vector<Value*> images;
  for (Value* operand : op.operands) images.push_back(b.reshape(operand, as_rows(operand->type.shape)));
  return b.reshape(b.create(op.kind, std::move(images), std::move(conv)), op.type().shape);
}

Value* pad(Value* x, size_t dim, int64_t low, int64_t high, int64_t interior, Builder& b) {
  if (low == 0 && high == 0 && interior == 0) return x;
  const Shape none(x->type.shape.size(), 0);
  PadAttributes pad{none, none, none};
  pad.low[dim] = low;
  pad.high[dim] = high;
  pad.interior[dim] = interior;
  return b.create(OpKind::kPad, {x}, std::move(pad));
}

// The tall images of a convolution, and what goes to and from them.
class TallImages {
 public:
  TallImages(const Volumes& v, Builder& b) : v_(v), b_(b) {
    const ConvAttributes& conv = v.conv;
    const int64_t stride = conv.stride[1];
    const int64_t span = conv.dilation[1] * (v.w[3] - 1) + 1;
    // A window of one image may reach into the zeros in front of the next, but not further.
    const int64_t read = (v.y[3] - 1) * stride + span - top();
    const int64_t rows = std::max({top() + v.x[3], v.y[3] * stride, read});
    out_rows_ = ceil_div(rows, stride);
    rows_ = out_rows_ * stride;
    below_ = std::max<int64_t>(0, span - stride);
    const int64_t depth = (v.y[2] - 1) * conv.stride[0] + (v.w[2] - 1) * conv.dilation[0] + 1;
    depth_ = std::max(depth, front() + v.x[2]);
  }

  // Whether tensors and attributes stay within what the IR allows.
  bool fit() const {
    const Shape taps = {v_.x[0] * v_.x[1], v_.w[2], depth_ + v_.conv.dilation[0], rows_, v_.x[4]};
    const Shape sums = {v_.y[0] * v_.y[1], v_.y[2], out_rows_, v_.y[4]};
    return checked_element_count(taps) && checked_element_count(sums) && below_ <= kMaxWindow;
  }

  ConvAttributes attributes() const {
    const ConvAttributes& conv = v_.conv;
    return {.stride = {conv.stride[1], conv.stride[2]},
            .pad = {0, below_, conv.pad[4], conv.pad[5]},
            .dilation = {conv.dilation[1], conv.dilation[2]},
            .groups = conv.groups};
  }
  Shape x_shape() const { return {v_.x[0], v_.x[1] * v_.w[2], v_.y[2] * rows_, v_.x[4]}; }
  Shape w_shape() const { return {v_.w[0], v_.w[1] * v_.w[2], v_.w[3], v_.w[4]}; }

  Value* of_x(Value* x) const;
  Value* to_x(Value* images) const;
  Value* of_w(Value* w) const { return b_.reshape(w, w_shape()); }
  Value* of_y(Value* y) const {
    Value* rows = pad(y, 3, 0, out_rows_ - v_.y[3], 0, b_);
    return b_.reshape(rows, {v_.y[0], v_.y[1], v_.y[2] * out_rows_, v_.y[4]});
  }
  Value* to_y(Value* images) const {
    Value* rows = b_.reshape(images, {v_.y[0], v_.y[1], v_.y[2], out_rows_, v_.y[4]});
    return b_.slice(rows, 3, 0, v_.y[3]);
  }

 private:
  int64_t front() const { return v_.conv.pad[0]; }
  int64_t top() const { return v_.conv.pad[2]; }
  // [N,C,taps,depth,P,W]
  Shape shape(int64_t taps, int64_t depth) const { return {v_.x[0], v_.x[1], taps, depth, rows_, v_.x[4]}; }
  int64_t taps() const { return v_.w[2]; }

  const Volumes& v_;
  Builder& b_;
  int64_t rows_, out_rows_;  // from one image to the next, of x and of y
  int64_t below_;            // zeros below the last image
  int64_t depth_;            // of x, with the zeros in front and behind
};

// Tap k is to lie k · dilation further in front. So x is repeated for every tap, and a gap of `dilation` images
// put behind it all; cut in as many parts, each of them begins so much earlier.
Value* TallImages::of_x(Value* x) const {
  const ConvAttributes& conv = v_.conv;
  x = pad(x, 2, front(), depth_ - front() - v_.x[2], 0, b_);
  x = pad(x, 3, top(), rows_ - top() - v_.x[3], 0, b_);
  const int64_t step = conv.dilation[0];
  int64_t depth = depth_;
  if (taps() > 1) {
    x = b_.broadcast(x, {0, 1, 3, 4, 5}, shape(taps(), depth_));
    x = pad(b_.reshape(x, shape(1, taps() * depth_)), 3, 0, taps() * step, 0, b_);
    depth += step;
  }
  x = b_.reshape(x, shape(taps(), depth));
  x = b_.slice(x, 3, 0, (v_.y[2] - 1) * conv.stride[0] + 1, conv.stride[0]);
  return b_.reshape(x, x_shape());
}

// The transpose of of_x.
Value* TallImages::to_x(Value* images) const {
  const ConvAttributes& conv = v_.conv;
  const int64_t read = (v_.y[2] - 1) * conv.stride[0] + 1;
  images = b_.slice(b_.reshape(images, shape(taps(), v_.y[2])), 4, top(), top() + v_.x[3]);
  Value* sum = nullptr;
  for (int64_t tap = 0; tap < taps(); ++tap) {
    const int64_t before = tap * conv.dilation[0];
    Value* part = b_.slice(images, 2, tap, tap + 1);
    part = pad(part, 3, before, depth_ - read - before, conv.stride[0] - 1, b_);
    sum = sum == nullptr ? part : b_.add(sum, part);
  }
  return b_.reshape(b_.slice(sum, 3, front(), front() + v_.x[2]), v_.x);
}

Value* flatten_conv(const Op& op, Builder& b) {
  const Volumes v(op);
  if (v.is_over_depth_alone()) return flatten_over_depth(op, v, b);
  const TallImages tall(v, b);
  if (!tall.fit()) return nullptr;
  ConvAttributes conv = tall.attributes();
  if (op.kind == OpKind::kConv)
    return tall.to_y(b.conv(tall.of_x(op.operands[0]), tall.of_w(op.operands[1]), std::move(conv)));
  if (op.kind == OpKind::kConvInput) {
    conv.shape = tall.x_shape();
    return tall.to_x(b.create(op.kind, {tall.of_y(op.operands[0]), tall.of_w(op.operands[1])}, std::move(conv)));
  }
  conv.shape = tall.w_shape();
  return b.reshape(b.create(op.kind, {tall.of_x(op.operands[0]), tall.of_y(op.operands[1])}, std::move(conv)), v.w);
}

}  // namespace

Value* flatten_volume(const Op& op, Builder& b) {
  const auto is_empty = [](const Value* value) { return value->type.elements() == 0; };
  if (op.type().elements() == 0 || std::ranges::any_of(op.operands, is_empty)) return nullptr;
  return has_trait(op.kind, kContraction) ? flatten_conv(op, b) : flatten_windows(op, b);
}

}  // namespace minnow
