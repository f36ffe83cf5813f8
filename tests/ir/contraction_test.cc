// The table of axes says what an op sums up.
#include "ir/contraction.h"

#include <gtest/gtest.h>

#include <map>

#include "ir/builder.h"

namespace minnow {
namespace {

// How often each pair of elements of a and b is multiplied for each element of y, by row-major numbers.
using Products = std::map<std::vector<int64_t>, int>;

// The row-major number of the element that a map names; -1 if there is none.
int64_t element_at(const AffineMap& map, const Shape& shape, const std::vector<int64_t>& axes) {
  int64_t number = 0;
  for (size_t d = 0; d < map.size(); ++d) {
    int64_t at = map[d].offset;
    for (const auto& [axis, scale] : map[d].terms) at += axes[axis] * scale;
    if (at % map[d].divisor != 0 || at < 0 || at / map[d].divisor >= shape[d]) return -1;
    number = number * shape[d] + at / map[d].divisor;
  }
  return number;
}

void add_products(const Contraction& c, const Op& op, std::vector<int64_t>& axes, Products& products) {
  if (axes.size() < c.axes.size()) {
    for (int64_t i = 0; i < c.axes[axes.size()].extent; ++i) {
      axes.push_back(i);
      add_products(c, op, axes, products);
      axes.pop_back();
    }
    return;
  }
  const int64_t a = element_at(c.a, op.operands[0]->type.shape, axes);
  const int64_t b = element_at(c.b, op.operands[1]->type.shape, axes);
  const int64_t y = element_at(c.y, op.type().shape, axes);
  ASSERT_GE(b, 0);
  ASSERT_GE(y, 0);
  if (a >= 0) ++products[{y, a, b}];
}

Products products_of(const std::vector<Contraction>& parts, const Op& op) {
  Products products;
  std::vector<int64_t> axes;
  for (const Contraction& part : parts) add_products(part, op, axes, products);
  return products;
}

TEST(Contraction, OfAGradientIsItsPhasesTogether) {
  for (const int64_t stride : {1, 2, 3})
    for (const int64_t dilation : {1, 2}) {
      Function function("f");
      Builder b(function);
      const ConvAttributes attributes{
          .stride = {stride, 2}, .pad = {1, 0, 2, 1}, .dilation = {dilation, 1}, .groups = 2, .shape = {2, 4, 7, 6}};
      Value* x = function.add_parameter("x", {DType::kF32, attributes.shape});
      Value* w = function.add_parameter("w", {DType::kF32, {2, 2, 3, 2}});
      ConvAttributes forward = attributes;
      forward.shape = {};
      Value* y = b.create(OpKind::kConv, {x, w}, forward);
      Value* gradient = b.create(OpKind::kConvInput, {y, w}, attributes);
      const std::vector<Contraction> phases = phases_of(contraction_of(*gradient->op));
      EXPECT_EQ(phases.size(), static_cast<size_t>(2 * stride));
      const Products whole = products_of({contraction_of(*gradient->op)}, *gradient->op);
      EXPECT_EQ(products_of(phases, *gradient->op), whole);
      // Each is a product of the convolution, for another of the three.
      Products turned;
      for (const auto& [at, count] : products_of({contraction_of(*y->op)}, *y->op))
        turned[{at[1], at[0], at[2]}] = count;
      EXPECT_EQ(turned, whole);
    }
}

TEST(Contraction, KnowsWhereAWindowLeavesTheTensor) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, {1, 2, 5, 5}});
  Value* w = function.add_parameter("w", {DType::kF32, {3, 2, 3, 3}});
  for (const int64_t pad : {0, 1}) {
    const Op& conv = *b.create(OpKind::kConv, {x, w}, ConvAttributes{.pad = {pad, pad, 0, 0}})->op;
    const Contraction c = contraction_of(conv);
    EXPECT_EQ(stays_inside(c.a, c.axes, x->type.shape), pad == 0);
    EXPECT_TRUE(c.has_windows());
    EXPECT_FALSE(c.sums_pixels());
  }
  const Op& dot = *b.dot(b.reshape(x, {10, 5}), b.reshape(x, {5, 10}))->op;
  EXPECT_FALSE(contraction_of(dot).has_windows());
}

}  // namespace
}  // namespace minnow
