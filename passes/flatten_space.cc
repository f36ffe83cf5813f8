#include "passes/flatten_space.h"

#include <optional>

#include "ir/windows.h"
#include "passes/flatten_volume.h"
#include "passes/other_form.h"
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

std::optional<Form::Dims> dims_of_image(const Form::Dims& dims) {
  Form::Dims there = dims;
  for (int64_t& dim : there) dim += dim < kRow ? 0 : 1;
  return there;
}

const Form kImage = {[](const Shape& shape) { return shape.size() == 3; }, image_of, dims_of_image, {kRow}};

Value* compute_image(const Op& op, Builder& b) { return compute_in(kImage, op, b); }
Value* reduce_image(const Op& op, Builder& b) { return reduce_in(kImage, op, b); }

std::vector<RewriteRule> make_rules() {
  std::vector<RewriteRule> rules = {{OpKind::kReduceSum, reduce_image}, {OpKind::kReduceMax, reduce_image}};
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    if (has_trait(kind, kWindow)) rules.push_back({kind, flatten_windowed});
    if (has_trait(kind, kElementwise)) rules.push_back({kind, compute_image});
  }
  return rules;
}

}  // namespace

bool flatten_space(Function& function) {
  static const std::vector<RewriteRule> kRules = make_rules();
  return rewrite(function, kRules);
}

}  // namespace minnow
