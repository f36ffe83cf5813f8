#include "passes/flatten_space.h"

#include <algorithm>

#include "ir/windows.h"
#include "passes/flatten_volume.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

// Where the row is that makes an image of a sequence: [N,C,W] → [N,C,1,W]
constexpr int64_t kRow = 2;

Shape image_of(const Shape& sequence) {
  Shape image = sequence;
  image.insert(image.begin() + kRow, 1);
  return image;
}

void add_row(std::vector<int64_t>& list, size_t count, int64_t number) { list.insert(list.begin(), count, number); }

Attributes attributes_of_image(Attributes attributes) {
  if (auto* conv = std::get_if<ConvAttributes>(&attributes)) {
    add_row(conv->stride, 1, 1);
    add_row(conv->dilation, 1, 1);
    add_row(conv->pad, 2, 0);
    if (!conv->shape.empty()) conv->shape = image_of(conv->shape);
  }
  if (auto* window = std::get_if<WindowAttributes>(&attributes)) {
    add_row(window->window, 1, 1);
    add_row(window->stride, 1, 1);
    add_row(window->pad, 2, 0);
    if (!window->shape.empty()) window->shape = image_of(window->shape);
  }
  return attributes;
}

Value* flatten_sequence(const Op& op, Builder& b) {
  std::vector<Value*> operands;
  for (Value* operand : op.operands) operands.push_back(b.reshape(operand, image_of(operand->type.shape)));
  Value* y = b.create(op.kind, std::move(operands), attributes_of_image(op.attributes));
  return b.reshape(y, op.type().shape);
}

Value* flatten_windowed(const Op& op, Builder& b) {
  switch (space_dims(op)) {
    case 1: return flatten_sequence(op, b);
    case 3: return flatten_volume(op, b);
    default: return nullptr;
  }
}

// The image that a sequence was made from, or nullptr.
Value* known_image(const Value* sequence) {
  Value* x = match_unary(sequence, OpKind::kReshape);
  return sequence->type.rank() == 3 && x != nullptr && x->type.shape == image_of(sequence->type.shape) ? x : nullptr;
}

// A dimension of a sequence in its image.
int64_t dim_of_image(int64_t dim) { return dim < kRow ? dim : dim + 1; }

Value* as_image(Value* sequence, Builder& b) {
  if (Value* image = known_image(sequence)) return image;
  const Shape shape = image_of(sequence->type.shape);
  if (splat_of(sequence))
    return b.constant({sequence->type.dtype, shape}, sequence->op->attr<ConstantAttributes>().values[0]);
  const Op* broadcast = match(sequence, OpKind::kBroadcast);
  if (broadcast == nullptr) return b.reshape(sequence, shape);
  std::vector<int64_t> dims = broadcast->attr<DimsAttributes>().dims;
  std::ranges::transform(dims, dims.begin(), dim_of_image);
  return b.broadcast(broadcast->operands[0], std::move(dims), shape);
}

// Element by element with the image of a sequence, so that only what does otherwise sees the sequence.
Value* keep_image(const Op& op, Builder& b) {
  if (std::ranges::none_of(op.operands, known_image)) return nullptr;
  std::vector<Value*> operands;
  for (Value* operand : op.operands) operands.push_back(as_image(operand, b));
  const TensorType type{op.type().dtype, image_of(op.type().shape)};
  return b.reshape(b.create(op.kind, std::move(operands), op.attributes, type), op.type().shape);
}

Value* reduce_image(const Op& op, Builder& b) {
  Value* image = known_image(op.operands[0]);
  if (image == nullptr) return nullptr;
  std::vector<int64_t> dims = op.attr<DimsAttributes>().dims;
  std::ranges::transform(dims, dims.begin(), dim_of_image);
  dims.push_back(kRow);
  std::ranges::sort(dims);
  return b.create(op.kind, {image}, DimsAttributes{std::move(dims)});
}

std::vector<RewriteRule> make_rules() {
  std::vector<RewriteRule> rules = {{OpKind::kReduceSum, reduce_image}, {OpKind::kReduceMax, reduce_image}};
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    if (has_trait(kind, kWindow)) rules.push_back({kind, flatten_windowed});
    if (has_trait(kind, kElementwise)) rules.push_back({kind, keep_image});
  }
  return rules;
}

}  // namespace

bool flatten_space(Function& function) {
  static const std::vector<RewriteRule> kRules = make_rules();
  return rewrite(function, kRules);
}

}  // namespace minnow
