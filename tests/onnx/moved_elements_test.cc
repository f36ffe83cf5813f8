// Nodes that move, choose or spread elements, against numbers worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

constexpr DType kF32 = DType::kF32;
constexpr DType kI32 = DType::kI32;

TEST(OnnxOperators, TopKOfEqualsTakesTheFirst) {
  const SmallInput x{"x", {kF32, {1, 4}}, {3, 1, 3, 2}}, k{"k", {kI32, {1}}, {2}};
  expect(answer({"op_type: 'TopK' input: 'x' input: 'k' output: 'v' output: 'y'"}, {x, k}), {1, 2}, {0, 2});
}

TEST(OnnxOperators, TopKGoesAlongAnyAxis) {
  const SmallInput x{"x", {kF32, {3, 2}}, {3, 1, 5, 2, 4, 0}}, k{"k", {kI32, {1}}, {2}}, none{"k", {kI32, {1}}, {0}};
  const std::string node =
      "op_type: 'TopK' input: 'x' input: 'k' output: 'y' attribute { name: 'axis' i: 0 type: INT }"
      " attribute { name: 'largest' i: 0 type: INT }";
  expect(answer({node}, {x, k}), {2, 2}, {3, 0, 4, 1});
  expect(answer({node}, {x, none}), {0, 2}, {});
}

TEST(OnnxOperators, SlicesGoBackwards) {
  const auto whole = [](std::string name, double value) { return SmallInput{std::move(name), {kI32, {1}}, {value}}; };
  expect(answer({"op_type: 'Slice' input: 'x' input: 's' input: 'e' input: 'a' input: 'd' output: 'y'"},
                {x4({0, 1, 2, 3, 4}), whole("s", -1), whole("e", -6), whole("a", 0), whole("d", -2)}),
         {3}, {4, 2, 0});
}

TEST(OnnxOperators, PadReflectsAndWraps) {
  const SmallInput pads{"p", {kI32, {2}}, {2, 1}};
  const std::string pad = "op_type: 'Pad' input: 'x' input: 'p' output: 'y' attribute { name: 'mode' type: STRING s: ";
  expect(answer({pad + "'reflect' }"}, {x4({1, 2, 3}), pads}), {6}, {3, 2, 1, 2, 3, 2});
  expect(answer({pad + "'wrap' }"}, {x4({1, 2, 3}), pads}), {6}, {2, 3, 1, 2, 3, 1});
}

TEST(OnnxOperators, IndicesCountFromTheEnd) {
  const SmallInput i{"i", {kI32, {2}}, {-1, 0}}, u{"u", {kF32, {2}}, {10, 20}};
  expect(answer({"op_type: 'Gather' input: 'x' input: 'i' output: 'y'"}, {x4({1, 2, 3}), i}), {2}, {3, 1});
  expect(answer({"op_type: 'ScatterElements' input: 'x' input: 'i' input: 'u' output: 'y'"}, {x4({1, 2, 3}), i, u}),
         {3}, {20, 2, 10});
}

// Behind the end of a sequence another one begins.
TEST(OnnxOperators, PiecesOfACacheStayWithinTheirSequence) {
  const SmallInput cache{"x", {kF32, {2, 3, 1}}, {0, 0, 0, 0, 0, 0}}, piece{"u", {kF32, {2, 2, 1}}, {1, 2, 3, 4}},
      at{"i", {kI32, {2}}, {2, -1}};
  expect(answer({"op_type: 'TensorScatter' input: 'x' input: 'u' input: 'i' output: 'y'"}, {cache, piece, at}, 24),
         {2, 3, 1}, {0, 0, 2, 4, 0, 0});
}

TEST(OnnxOperators, OfManyUpdatesForOnePlaceTheLastStays) {
  constexpr int64_t kUpdates = 5000;
  SmallInput i{"i", {kI32, {kUpdates}}, std::vector<double>(kUpdates, 1)}, u{"u", {kF32, {kUpdates}}, {}};
  for (int64_t at = 0; at < kUpdates; ++at) u.values.push_back(static_cast<double>(at));
  i.values[10] = 2;
  const std::string node = "op_type: 'ScatterElements' input: 'x' input: 'i' input: 'u' output: 'y'";
  expect(answer({node}, {x4({1, 2, 3}), i, u}), {3}, {1, kUpdates - 1, 10});
  expect(answer({node}, {x4({1, 2, 3}), {"i", {kI32, {1}}, {0}}, {"u", {kF32, {1}}, {7}}}), {3}, {7, 2, 3});
}

TEST(OnnxOperators, ResizeByHalvesOfPixels) {
  const SmallInput x{"x", {kF32, {1, 1, 2}}, {1, 3}}, scales{"s", {kF32, {3}}, {1, 1, 2}};
  expect(
      answer(
          {"op_type: 'Resize' input: 'x' input: '' input: 's' output: 'y' attribute { name: 'mode' s: 'linear' type: STRING }"},
          {x, scales}),
      {1, 1, 4}, {1, 1.5, 2.5, 3});
}

// Of an axis that becomes three times as long every second result is one of an axis that becomes one and a half times
// as long, which is a product, or gathers its taps where it is long. What lies outside is the outermost element.
TEST(OnnxOperators, ResizeByWholeNumbersIsAsByOthers) {
  for (const char* mode : {"linear", "cubic", "nearest"})
    for (const int64_t size : {1, 2, 3, 7, 150}) {
      SCOPED_TRACE(fmt::format("{} of {}", mode, size));
      SmallInput x{"x", {kF32, {size}}, {}};
      for (int64_t i = 0; i < size; ++i) x.values.push_back(static_cast<double>(i * i % 5));
      const std::string node = fmt::format(
          "op_type: 'Resize' input: 'x' input: '' input: 's' output: 'y' attribute {{ name: 'mode' s: '{}' type: STRING }} "
          "attribute {{ name: 'coordinate_transformation_mode' s: 'asymmetric' type: STRING }} "
          "attribute {{ name: 'nearest_mode' s: 'floor' type: STRING }}",
          mode);
      const auto thrice = answer({node}, {x, {"s", {kF32, {1}}, {3}}}).values;
      const auto others = answer({node}, {x, {"s", {kF32, {1}}, {1.5}}}).values;
      ASSERT_EQ(std::ssize(others), size * 3 / 2);
      for (size_t i = 0; i < others.size(); ++i) EXPECT_NEAR(others[i], thrice.at(2 * i), 1e-5);
    }
}

// Few are looked for, many are sorted.
TEST(OnnxOperators, FewOfTheLargestAreTheFirstOfMany) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& begin : {std::vector<double>{3, 5, 5, 1},
                                           {-0.0, 0, -0.0},
                                           {NAN, 2, NAN, -infinity},
                                           {infinity, infinity},
                                           {NAN, NAN, NAN}})
    for (const double rest : {-infinity, 0.0, -7.0})
      for (const int largest : {0, 1}) {
        SmallInput x{"x", {kF32, {24}}, begin};
        x.values.resize(24, rest);
        const std::string node = fmt::format(
            "op_type: 'TopK' input: 'x' input: 'k' output: '' output: 'y' attribute {{ name: 'largest' i: {} type: INT }}",
            largest);
        const auto few = answer({node}, {x, {"k", {kI32, {1}}, {3}}}).values;
        auto all = answer({node}, {x, {"k", {kI32, {1}}, {24}}}).values;
        all.resize(3);
        EXPECT_EQ(few, all) << begin[0] << ", " << rest << node;
      }
}

}  // namespace
}  // namespace minnow::onnx_tests
