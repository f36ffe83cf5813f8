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

Value* compute_pixels(const Op& op, Builder& b) { return compute_in(kPixels, op, b); }
Value* reduce_pixels(const Op& op, Builder& b) { return reduce_in(kPixels, op, b); }

std::vector<RewriteRule> rules_of_pixels() {
  std::vector<RewriteRule> rules = {{OpKind::kConv, multiply_pixels},
                                    {OpKind::kConvInput, multiply_pixels},
                                    {OpKind::kReduceSum, reduce_pixels},
                                    {OpKind::kReduceMax, reduce_pixels}};
  for (size_t i = 0; i < kOpCount; ++i)
    if (const auto kind = static_cast<OpKind>(i); has_trait(kind, kElementwise))
      rules.push_back({kind, compute_pixels});
  return rules;
}

}  // namespace

bool flatten_pixels(Function& function) {
  static const std::vector<RewriteRule> kRules = rules_of_pixels();
  return rewrite(function, kRules);
}

}  // namespace minnow
