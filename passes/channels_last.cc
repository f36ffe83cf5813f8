#include "passes/channels_last.h"

#include <algorithm>
#include <unordered_set>

#include "ir/channels_last.h"
#include "ir/threshold.h"
#include "ir/windows.h"
#include "passes/other_form.h"
#include "passes/pointwise.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

const Threshold kFewestPlaces{"places of a window with channels last", 4};
const Threshold kManyPlaces{"places of a window that is worth transposes in front of it and behind", 25};
const Threshold kFewChannels{"channels of images each of which goes into all of the result", 4};
constexpr int64_t kLanes = 16;  // of which lines of pixels in this many fill all

bool are_images(const Shape& shape) { return shape.size() == 4; }

// Where `dims` are in a shape whose dimension i is at[i] there; nullopt: no longer in order.
std::optional<Form::Dims> dims_at(const Form::Dims& dims, const Form::Dims& at) {
  Form::Dims there;
  for (const int64_t dim : dims) there.push_back(at[static_cast<size_t>(dim)]);
  if (!std::ranges::is_sorted(there)) return std::nullopt;
  return there;
}

const Form kChannelsLast = {are_images,
                            channels_last,
                            [](const Form::Dims& dims) { return dims_at(dims, kFromChannelsLast); },
                            {},
                            kToChannelsLast};

// Of images that lie so, each pixel as a row of a matrix.
const Form kPixelRows = {are_images,
                         [](const Shape& shape) { return Shape{shape[0] * shape[1] * shape[2], shape[3]}; },
                         [](const Form::Dims& dims) -> std::optional<Form::Dims> {
                           if (dims == Form::Dims{3}) return Form::Dims{1};
                           return std::nullopt;
                         },
                         {}};

bool is_over_images(const Op& op) {
  return op.type().dtype == DType::kF32 && space_dims(op) == 2 && op.type().elements() > 0 && !is_channels_last(op);
}

int64_t places_of_window(const Op& conv) {
  const Shape& w = conv.operands[1]->type.shape;
  return w[2] * w[3];
}

bool has_window(const Op& conv) {
  const Shape& w = conv.operands[1]->type.shape;
  return fill_vectors(w[0]) && places_of_window(conv) >= kFewestPlaces && w[3] <= kMostColumnsChannelsLast;
}

bool is_depthwise(const Op& op) {
  const Shape& w = op.operands[1]->type.shape;
  return is_over_images(op) && op.attr<ConvAttributes>().groups == w[0] && w[1] == 1 && has_window(op);
}

// The first of a network, most often.
bool has_few_channels(const Op& op) {
  const Shape& w = op.operands[1]->type.shape;
  return is_over_images(op) && op.attr<ConvAttributes>().groups == 1 && w[1] <= kFewChannels && has_window(op);
}

bool is_f32_pointwise(const Op& op) { return op.type().dtype == DType::kF32 && is_pointwise(op); }

// The convolution between transposes.
Value* convolve_channels_last(const Op& op, Value* x, Builder& b) {
  Value* w = b.transpose(b.transpose(op.operands[1], kFilterToChannelsLast), kFilterFromChannelsLast);
  Value* y = b.create(OpKind::kConv, {x, w}, op.attributes);
  return b.transpose(b.transpose(y, kToChannelsLast), kFromChannelsLast);
}

// Whether vectors of pixels have lanes with nothing to do.
bool has_ragged_lines(const Value* images) { return images->type.shape.back() % kLanes != 0; }

Value* convolve_pixels(const Op& op, Value* rows, std::array<int64_t, 2> contract, Builder& b) {
  const Shape& w = op.operands[1]->type.shape;
  Value* y = b.dot(rows, b.reshape(op.operands[1], {w[0], w[1]}), contract);
  return from_form(kChannelsLast, b.reshape(y, channels_last(op.type().shape)), op.type().shape, b);
}

Value* convolve(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  Value* known = known_in(kChannelsLast, x);
  if (is_depthwise(op) && (known != nullptr || (places_of_window(op) >= kManyPlaces && has_ragged_lines(x))))
    return convolve_channels_last(op, b.transpose(in_form(kChannelsLast, x, b), kFromChannelsLast), b);
  if (known == nullptr || !is_f32_pointwise(op)) return nullptr;
  return convolve_pixels(op, in_form(kPixelRows, known, b), {1, 1}, b);
}

bool keeps_pixels(const Op& op) {
  return has_trait(op.kind, kElementwise) || (op.kind == OpKind::kConv && is_f32_pointwise(op));
}

// Without dimensions of one place, which are none of the pixels'.
Value* broadcast_less(const Op& op, Builder& b) {
  const Shape& shape = op.operands[0]->type.shape;
  const Form::Dims& dims = op.attr<DimsAttributes>().dims;
  if (!are_images(op.type().shape) || std::ranges::count(shape, 1) == 0) return nullptr;
  Shape less;
  Form::Dims there;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    less.push_back(shape[i]);
    there.push_back(dims[i]);
  }
  return b.broadcast(b.reshape(op.operands[0], std::move(less)), std::move(there), op.type().shape);
}

// What a network puts so itself.
Value* transpose_back(const Op& op, Builder&) {
  return op.attr<DimsAttributes>().dims == kToChannelsLast ? known_in(kChannelsLast, op.operands[0]) : nullptr;
}

Value* compute(const Op& op, Builder& b) {
  if (Value* y = compute_in(kPixelRows, op, b)) return y;
  return compute_in(kChannelsLast, op, b);
}

// Of pixels, which may have been put into one dimension for it.
Value* reduce(const Op& op, Builder& b) {
  const auto& dims = op.attr<DimsAttributes>().dims;
  const Value* x = op.operands[0];
  const Value* images = match_unary(x, OpKind::kReshape);
  const bool are_flat = images != nullptr && known_in(kChannelsLast, images) && x->type.rank() == 3 &&
                        x->type.dim(1) == images->type.dim(1) && dims == Form::Dims{2};
  Value* known = known_in(kChannelsLast, are_flat ? images : x);
  if (known == nullptr || !(are_flat || dims == Form::Dims{2, 3})) return nullptr;
  return b.create(op.kind, {known}, DimsAttributes{{1, 2}});
}

std::vector<RewriteRule> rules_of_channels() {
  std::vector<RewriteRule> rules = {{OpKind::kConv, convolve},
                                    {OpKind::kTranspose, transpose_back},
                                    {OpKind::kBroadcast, broadcast_less},
                                    {OpKind::kReduceSum, reduce},
                                    {OpKind::kReduceMax, reduce}};
  for (size_t i = 0; i < kOpCount; ++i)
    if (const auto kind = static_cast<OpKind>(i); has_trait(kind, kElementwise)) rules.push_back({kind, compute});
  return rules;
}

// The values that a convolution which does not mix channels reads, or what is computed of them element by element or
// pixel by pixel.
std::unordered_set<const Value*> values_before_depthwise(const Function& function) {
  std::unordered_set<const Value*> values;
  for (auto it = function.ops().rbegin(); it != function.ops().rend(); ++it) {
    const Op& op = **it;
    const bool is_conv = op.kind == OpKind::kConv;
    if (!(is_conv && is_depthwise(op)) && !(keeps_pixels(op) && values.contains(op.result()))) continue;
    if (is_conv) values.insert(op.operands[0]);
    else values.insert(op.operands.begin(), op.operands.end());
  }
  return values;
}

// A convolution whose result may as well lie so, whose images do not.
Value* begin(const Op& op, Builder& b) {
  Value* x = op.operands[0];
  if (has_few_channels(op)) return convolve_channels_last(op, x, b);
  if (!is_f32_pointwise(op) || x->type.dim(0) != 1 || !has_ragged_lines(x)) return nullptr;
  const Shape& shape = x->type.shape;
  return convolve_pixels(op, b.reshape(x, {shape[1], shape[2] * shape[3]}), {0, 1}, b);
}

// Where images come from that are to lie so: those that do not come from such themselves.
bool begin_channels_last(Function& function) {
  const std::unordered_set<const Value*> wanted = values_before_depthwise(function);
  std::unordered_set<const Value*> behind;
  std::vector<std::pair<Value*, Value*>> replaced;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    const Op& op = **it;
    const bool is_conv = op.kind == OpKind::kConv;
    const auto is_behind = [&](const Value* value) { return behind.contains(value); };
    if ((is_conv && is_depthwise(op)) ||
        (keeps_pixels(op) && (is_conv ? is_behind(op.operands[0]) : std::ranges::any_of(op.operands, is_behind)))) {
      behind.insert(op.result());
    } else if (is_conv && wanted.contains(op.result())) {
      Builder b(function, it);
      b.set_location(op.location);
      Value* y = begin(op, b);
      if (y == nullptr) continue;
      replaced.emplace_back(op.result(), y);
      behind.insert(op.result());
    }
  }
  for (const auto& [from, to] : replaced) function.replace_uses(from, to);
  return !replaced.empty();
}

}  // namespace

bool put_channels_last(Function& function) {
  static const std::vector<RewriteRule> kRules = rules_of_channels();
  const auto has = [&](auto is_such) {
    return std::ranges::any_of(function.ops(), [&](const auto& op) { return is_such(*op); });
  };
  if (has([](const Op& op) { return op.kind == OpKind::kConvInput || op.kind == OpKind::kConvFilter; })) return false;
  if (!has([](const Op& op) { return op.kind == OpKind::kConv && is_depthwise(op); })) return false;
  const bool begins = begin_channels_last(function);
  return rewrite(function, kRules) || begins;
}

}  // namespace minnow
