// Reductions over every set of dimensions, alone and fused with what they read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

constexpr int64_t kRank = 4;

std::vector<int64_t> dims_of(unsigned set) {
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < kRank; ++i)
    if (set >> i & 1U) dims.push_back(i);
  return dims;
}

class Reduction : public ::testing::TestWithParam<Shape> {
 protected:
  // Whole numbers, so that sums are exact.
  void expect_exact(const Function& function) {
    SCOPED_TRACE(print(function));
    proof::Rng rng(5);
    const auto arguments = draw_arguments(function, {{}}, proof::Numbers::kWhole, rng);
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    const auto actual = testing::CompiledProgram(function).run(arguments);
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << "result " << i;
  }
};

TEST_P(Reduction, IsExactOverEverySetOfDimensions) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, GetParam()});
  for (unsigned set = 0; set < 1U << kRank; ++set) {
    function.add_result(fmt::format("sum{}", set), b.reduce_sum(x, dims_of(set)));
    function.add_result(fmt::format("max{}", set), b.reduce_max(x, dims_of(set)));
  }
  expect_exact(function);
}

TEST_P(Reduction, IsExactOfWhatItIsFusedWith) {
  for (unsigned set = 1; set < 1U << kRank; ++set) {
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {DType::kF32, GetParam()});
    Value* square = b.mul(x, x);
    function.add_result("sum", b.reduce_sum(b.max(square, b.like(x, 1)), dims_of(set)));
    function.add_result("max", b.reduce_max(b.neg(square), dims_of(set)));
    ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
    expect_exact(function);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Reduction,
                         ::testing::Values(Shape{3, 5, 2, 17}, Shape{2, 1, 16, 3}, Shape{33, 2, 1, 1},
                                           Shape{1, 31, 7, 15}, Shape{3, 2, 5, 131}, Shape{2, 3, 9, 140}));

// Softmax of rows that are shorter than a vector, of which the last dimension of rows may fill vectors or not.
class ShortRows : public ::testing::TestWithParam<Shape> {};

TEST_P(ShortRows, AgreeWithTheInterpreter) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, GetParam()});
  const int64_t last = std::ssize(GetParam()) - 1;
  std::vector<int64_t> rows(static_cast<size_t>(last));
  std::iota(rows.begin(), rows.end(), 0);
  const auto spread = [&](Value* of_row) { return b.broadcast(of_row, rows, GetParam()); };
  Value* e = b.exp(b.sub(x, spread(b.reduce_max(x, {last}))));
  Value* sum = b.reduce_sum(e, {last});
  function.add_result("sum", sum);
  function.add_result("softmax", b.div(e, spread(sum)));
  ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
  proof::Rng rng(3);
  const auto arguments = draw_arguments(function, {{}}, proof::Numbers::kUniform, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  const auto actual = testing::CompiledProgram(function).run(arguments);
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {1e-6})) << print(function) << "result " << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, ShortRows,
                         ::testing::Values(Shape{2, 3, 24, 3}, Shape{3, 2, 5, 7}, Shape{2, 2, 2, 15}, Shape{1, 16, 2},
                                           Shape{4, 17, 8}, Shape{100, 1, 4}));

// Rows with what is hard to compare: nothing but infinities, NaN, equal numbers, zeros of both signs, in lanes that the
// last vector masks and in those that it does not.
std::vector<float> hard_rows(int64_t rows, int64_t columns) {
  const float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < columns; ++i) {
      float number = static_cast<float>((i * 7 + row) % 5);
      if (row % 7 == 1) number = -kInfinity;
      if (row % 7 == 2) number = i % 3 == 2 ? -1.0F : -kInfinity;
      if (row % 7 == 3 && i >= columns / 2) number = std::nanf("");
      if (row % 7 == 4) number = i % 2 == 0 ? -0.0F : 0.0F;
      if (row % 7 == 5) number = i == columns - 1 ? kInfinity : -kInfinity;
      x.push_back(number);
    }
  return x;
}

// x - max(x) by rows, which are one kernel. Rows: NaN with a sign among numbers, zeros of both signs, -0 alone.
template <typename T>
void expect_order_of_floats(DType dtype, int64_t columns) {
  SCOPED_TRACE(fmt::format("{} of {}", columns, dtype_name(dtype)));
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {dtype, {3, columns}});
  Value* largest = b.reduce_max(x, {1});
  function.add_result("largest", largest);
  function.add_result("shifted", b.sub(x, b.broadcast(largest, {0}, x->type.shape)));
  ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
  const T nan = std::copysign(std::numeric_limits<T>::quiet_NaN(), T{-1});
  std::vector<T> numbers;
  for (int64_t i = 0; i < columns; ++i) numbers.push_back(i == columns / 2 ? nan : std::numeric_limits<T>::infinity());
  for (int64_t i = 0; i < columns; ++i) numbers.push_back(i == columns - 1 ? T{0} : -T{0});
  numbers.resize(static_cast<size_t>(3 * columns), -T{0});
  std::vector<Tensor> arguments;
  arguments.push_back(Tensor::from(x->type, std::span<const T>(numbers)));
  const auto results = testing::CompiledProgram(function).run(arguments);
  const std::span<const T> found = results[0].template as<T>();
  EXPECT_TRUE(std::isnan(found[0]));
  EXPECT_TRUE(found[1] == 0 && !std::signbit(found[1]));
  EXPECT_TRUE(found[2] == 0 && std::signbit(found[2]));
}

TEST(ReduceMax, IsByTheOrderOfFloats) {
  for (const int64_t columns : {2, 5, 16, 40}) {
    expect_order_of_floats<float>(DType::kF32, columns);
    expect_order_of_floats<double>(DType::kF64, columns);
  }
}

class ArgMax : public ::testing::TestWithParam<int64_t> {};

TEST_P(ArgMax, FindsTheFirstLargestAloneAndInARow) {
  for (const bool fuses : {false, true}) {
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {DType::kF32, {23, GetParam()}});
    Value* whole = function.add_parameter("i", {DType::kI32, {23, GetParam()}});
    function.add_result("place", b.argmax(x, 1));
    function.add_result("max", b.reduce_max(x, {1}));
    function.add_result("whole", b.argmax(whole, 1));
    function.add_result("column", b.argmax(x, 0));
    if (fuses) {
      ASSERT_TRUE(run_passes(function, default_pipeline()).has_value());
    }
    const std::vector<float> numbers = hard_rows(23, GetParam());
    std::vector<int32_t> integers(numbers.size(), std::numeric_limits<int32_t>::min());
    for (size_t i = 1; i < integers.size(); i += 4) integers[i] = 3;
    std::vector<Tensor> arguments;
    arguments.push_back(Tensor::from(x->type, std::span<const float>(numbers)));
    arguments.push_back(Tensor::from(whole->type, std::span<const int32_t>(integers)));
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    const auto actual = testing::CompiledProgram(function).run(arguments);
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << "result " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Columns, ArgMax, ::testing::Values(1, 3, 15, 16, 17, 28, 64, 100));

}  // namespace
}  // namespace minnow
