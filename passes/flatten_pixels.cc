#include "passes/flatten_pixels.h"

#include <algorithm>

#include "passes/other_form.h"
#include "passes/pointwise.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

Shape pixels_of(const Shape& image) { return {image[0], image[1], image[2] * image[3]}; }

// Rows and columns of an image are one dimension.
std::optional<Form::Dims> dims_of_pixels(const Form::Dims& dims) {
  const auto has = [&](int64_t dim) { return std::ranges::find(dims, dim) != dims.end(); };
  if (has(2) != has(3)) return std::nullopt;
  Form::Dims there = dims;
  std::erase(there, 3);
  return there;
}

const Form kPixels = {[](const Shape& shape) { return shape.size() == 4; }, pixels_of, dims_of_pixels, {}};

// A filter for each image.
Value* filters(Value* w, int64_t images, Builder& b) {
  const int64_t outputs = w->type.dim(0), inputs = w->type.dim(1);
  if (images == 1) return b.reshape(w, {1, outputs, inputs});
  return b.broadcast(b.reshape(w, {outputs, inputs}), {1, 2}, {images, outputs, inputs});
}

// w x, and for the gradient of x the transposed w times that of the result. Fewer pixels than fill vectors fill those
// of channels better.
Value* multiply_pixels(const Op& op, Builder& b) {
  const Shape& shape = op.type().shape;
  if (!is_pointwise(op) || !fill_vectors(shape[2] * shape[3])) return nullptr;
  const int64_t summed = op.kind == OpKind::kConv ? 2 : 1;
  Value* w = filters(op.operands[1], shape[0], b);
  return b.reshape(b.dot(w, in_form(kPixels, op.operands[0], b), {summed, 1}, 1), shape);
}

// Of images with one pixel, nullopt: nothing else is there.
std::optional<Form::Dims> dims_of_units(const Form::Dims& dims) {
  Form::Dims there = dims;
  std::erase_if(there, [](int64_t dim) { return dim > 1; });
  return there.empty() && !dims.empty() ? std::nullopt : std::optional(there);
}

const Form kUnits = {[](const Shape& shape) { return shape.size() == 4 && shape[2] == 1 && shape[3] == 1; },
                     [](const Shape& shape) { return Shape(shape.begin(), shape.begin() + 2); },
                     dims_of_units,
                     {}};

bool covers_image(const Op& op) {
  if (space_dims(op) != 2 || op.type().elements() == 0) return false;
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& x = op.kind == OpKind::kConvInput ? op.type().shape : op.operands[0]->type.shape;
  const Shape& w = op.kind == OpKind::kConvFilter ? op.type().shape : op.operands[1]->type.shape;
  return conv.groups == 1 && w[1] > 0 && x[0] > 0 && w[2] == x[2] && w[3] == x[3] &&
         std::ranges::all_of(conv.pad, [](int64_t pad) { return pad == 0; });
}

// [N, C·KH·KW] of x, and the same of w.
Value* flat_row(Value* value, Builder& b) {
  const Shape& shape = value->type.shape;
  if (Value* known = known_in(kUnits, value)) return known;
  return b.reshape(value, {shape[0], shape[1] * shape[2] * shape[3]});
}

// x wᵀ; of the result's gradient dy, dy w and dyᵀ x.
Value* multiply_images(const Op& op, Builder& b) {
  if (!covers_image(op)) return nullptr;
  Value *left = flat_row(op.operands[0], b), *right = flat_row(op.operands[1], b);
  if (op.kind == OpKind::kConvFilter) std::swap(left, right);
  const std::array<int64_t, 2> contract = {op.kind == OpKind::kConvFilter ? 0 : 1, op.kind == OpKind::kConv ? 1 : 0};
  return b.reshape(b.dot(left, right, contract), op.type().shape);
}

Value* compute_pixels(const Op& op, Builder& b) { return compute_in(kPixels, op, b); }
Value* reduce_pixels(const Op& op, Builder& b) { return reduce_in(kPixels, op, b); }
Value* compute_units(const Op& op, Builder& b) { return compute_in(kUnits, op, b); }
Value* reduce_units(const Op& op, Builder& b) { return reduce_in(kUnits, op, b); }

std::vector<RewriteRule> rules_of_pixels() {
  std::vector<RewriteRule> rules = {{OpKind::kConv, multiply_pixels},       {OpKind::kConvInput, multiply_pixels},
                                    {OpKind::kConv, multiply_images},       {OpKind::kConvInput, multiply_images},
                                    {OpKind::kConvFilter, multiply_images}, {OpKind::kReduceSum, reduce_pixels},
                                    {OpKind::kReduceMax, reduce_pixels},    {OpKind::kReduceSum, reduce_units},
                                    {OpKind::kReduceMax, reduce_units}};
  for (size_t i = 0; i < kOpCount; ++i)
    if (const auto kind = static_cast<OpKind>(i); has_trait(kind, kElementwise))
      for (RewriteFn* compute : {compute_pixels, compute_units}) rules.push_back({kind, compute});
  return rules;
}

}  // namespace

bool flatten_pixels(Function& function) {
  static const std::vector<RewriteRule> kRules = rules_of_pixels();
  return rewrite(function, kRules);
}

}  // namespace minnow
