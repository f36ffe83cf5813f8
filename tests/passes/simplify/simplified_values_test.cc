// Simplification and folding keep every value, special ones too: what one op makes of zeros of either sign, infinities,
// NaN and denormals is the same to the bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "interpreter/interpreter.h"
#include "ir/builder.h"
#include "ir/infer.h"
#include "ir/text.h"
#include "passes/simplify/canonicalize.h"
#include "passes/simplify/fold_constants.h"
#include "proof/parameters.h"

namespace minnow {
namespace {

using proof::Numbers;

std::vector<Tensor> interpreted(const Function& function, const Tensor& argument) {
  const std::vector<const Tensor*> arguments = {&argument};
  auto results = interpret(function, arguments);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  return *std::move(results);
}

// Is NaN where the other is, else the same. The sign of a zero that max and min choose is left open, and the last bit
// of a power, which the library rounds otherwise than a product, three times over in a power of a power.
bool is_same(OpKind kind, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (kind == OpKind::kPower && std::isnormal(a) && std::isnormal(b)) return std::abs(a / b - 1) < 6e-7;
  return a == b && (kind == OpKind::kMaximum || kind == OpKind::kMinimum || std::signbit(a) == std::signbit(b));
}

// Of the element type, at which rules look.
std::vector<double> constants_of(DType dtype) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (dtype == DType::kPred) return {0, 1};
  if (dtype == DType::kI32) return {0, 1, -1, 2, 3, std::numeric_limits<int32_t>::min()};
  return {0, -0.0, 1, -1, 2, 0.5, kInfinity, -kInfinity, NAN, 0x1p127, 0x1p-126, 0x1p-127, 3};
}

bool accepts(OpKind kind, int operands, DType dtype) {
  const std::vector<TensorType> types(static_cast<size_t>(operands), {dtype, {2}});
  return has_trait(kind, kElementwise) && op_info(kind).operands == operands && infer_type(kind, types, {}, {});
}

// Every result is the same after all rewrites as before, of special numbers.
void expect_unchanged(const Function& function, DType dtype, OpKind kind) {
  auto simplified = function.clone();
  for (int round = 0; round < 2; ++round) {
    canonicalize(*simplified);
    fold_constants(*simplified);
  }
  proof::Rng rng(11);
  const Tensor argument = draw_tensor({dtype, {64}}, {}, Numbers::kSpecial, rng);
  const auto before = interpreted(function, argument), after = interpreted(*simplified, argument);
  const Tensor x = argument.converted_to(DType::kF64);
  for (size_t r = 0; r < before.size(); ++r) {
    const Tensor from = before[r].converted_to(DType::kF64), to = after[r].converted_to(DType::kF64);
    for (size_t i = 0; i < 64; ++i)
      EXPECT_TRUE(is_same(kind, from.as<double>()[i], to.as<double>()[i]))
          << "result " << r << " of " << x.as<double>()[i] << " is " << from.as<double>()[i]
          << ", and after simplification " << to.as<double>()[i] << "\n"
          << print(function) << print(*simplified);
  }
}

void add_result(Function& function, Value* value) {
  function.add_result(fmt::format("r{}", function.results().size()), value);
}

class Simplified : public ::testing::TestWithParam<OpKind> {};

// With each constant on either side, with itself, and with what is negated.
TEST_P(Simplified, IsTheSameOfSpecialNumbers) {
  const OpKind kind = GetParam();
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kPred}) {
    if (!accepts(kind, 2, dtype)) continue;
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {dtype, {64}});
    for (const double number : constants_of(dtype)) {
      Value* constant = b.like(x, number);
      Value* made = b.create(kind, {x, constant});
      add_result(function, made);
      add_result(function, b.create(kind, {constant, x}));
      if (made->type.dtype == dtype) add_result(function, b.create(kind, {made, constant}));
    }
    add_result(function, b.create(kind, {x, x}));
    if (accepts(OpKind::kNegate, 1, dtype))
      for (const auto& [left, right] : {std::pair{x, b.mul(x, 3)},
                                        {b.neg(x), b.mul(x, 3)},
                                        {x, b.neg(b.mul(x, 3))},
                                        {b.neg(x), b.neg(b.mul(x, 3))}})
        add_result(function, b.create(kind, {left, right}));
    expect_unchanged(function, dtype, kind);
  }
}

std::vector<OpKind> binary_kinds() {
  std::vector<OpKind> kinds;
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    if (accepts(kind, 2, DType::kF32) || accepts(kind, 2, DType::kPred)) kinds.push_back(kind);
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Binary, Simplified, ::testing::ValuesIn(binary_kinds()),
                         [](const auto& info) { return std::string(op_info(info.param).name); });

TEST(Simplified, IsTheSameOfTwoUnaryOps) {
  for (const DType dtype : {DType::kF32, DType::kI32, DType::kPred}) {
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {dtype, {64}});
    for (size_t i = 0; i < kOpCount; ++i) {
      const auto first = static_cast<OpKind>(i);
      if (!accepts(first, 1, dtype)) continue;
      Value* one = b.unary(first, x);
      for (size_t k = 0; k < kOpCount; ++k)
        if (const auto second = static_cast<OpKind>(k); accepts(second, 1, one->type.dtype))
          add_result(function, b.unary(second, one));
    }
    expect_unchanged(function, dtype, OpKind::kNegate);
  }
}

// -0 + 0 is 0, and all else is itself.
TEST(Simplified, KeepsTheSignOfZerosAmongConstants) {
  for (const std::vector<double>& numbers : {std::vector<double>{-1, 0}, {1, -0.0}, {-0.0, 0}, {-1, 2}}) {
    Function function("f");
    Builder b(function);
    Value* x = b.constant({DType::kF32, {2}}, numbers);
    function.add_result("sum", b.add(x, 0.0));
    const auto expected = interpret(function, {});
    canonicalize(function);
    const auto has_no_sum = [](const auto& op) { return op->kind != OpKind::kAdd; };
    const auto is_negative_zero = [](double v) { return v == 0 && std::signbit(v); };
    EXPECT_EQ(std::ranges::all_of(function.ops(), has_no_sum), std::ranges::none_of(numbers, is_negative_zero));
    const auto actual = interpret(function, {});
    EXPECT_EQ(actual->front().bytes(), expected->front().bytes()) << print(function);
  }
}

// Whether x + 0 is left, where x is what `make` makes of %x and its elements, wherever they go, are the same.
bool keeps_added_zero(DType dtype, Value* (*make)(Builder&, Value*)) {
  Function function("f");
  Builder b(function);
  Value* x = b.reshape(make(b, function.add_parameter("x", {dtype, {64}})), {8, 8});
  add_result(function, b.add(b.transpose(x, {1, 0}), 0.0));
  expect_unchanged(function, dtype, OpKind::kAdd);
  canonicalize(function);
  return std::ranges::any_of(function.ops(), [](const auto& op) { return op->kind == OpKind::kAdd; });
}

TEST(Simplified, AddsNoZeroToWhatIsNeverNegativeZero) {
  EXPECT_FALSE(keeps_added_zero(DType::kF32, [](Builder& b, Value* x) { return b.mul(x, x); }));
  EXPECT_FALSE(keeps_added_zero(DType::kF32, [](Builder& b, Value* x) { return b.unary(OpKind::kAbs, x); }));
  EXPECT_FALSE(keeps_added_zero(DType::kI32, [](Builder& b, Value* x) { return b.convert(x, DType::kF32); }));
  EXPECT_TRUE(keeps_added_zero(DType::kF32, [](Builder& b, Value* x) { return b.mul(x, b.neg(x)); }));
  EXPECT_TRUE(keeps_added_zero(DType::kF64, [](Builder& b, Value* x) { return b.convert(x, DType::kF32); }));
  EXPECT_TRUE(keeps_added_zero(DType::kF32, [](Builder&, Value* x) { return x; }));
}

// The function with constants in place of its parameters.
std::unique_ptr<Function> with_constants(const Function& function, const std::vector<Tensor>& arguments) {
  auto copy = function.clone();
  Builder b(*copy, copy->ops().begin());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Tensor numbers = arguments[i].converted_to(DType::kF64);
    const auto all = numbers.as<double>();
    Value* parameter = copy->parameters()[i].get();
    copy->replace_uses(parameter, b.constant(parameter->type, std::vector<double>(all.begin(), all.end())));
  }
  return copy;
}

class Folded : public ::testing::TestWithParam<OpKind> {};

TEST_P(Folded, IsWhatTheInterpreterComputes) {
  const OpKind kind = GetParam();
  proof::Rng rng(17 + static_cast<uint32_t>(kind));
  for (int trial = 0; trial < 12; ++trial) {
    Function function("f");
    Builder b(function);
    proof::ParameterSource source(function, rng, {1, 2, 3, 5},
                                  {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred});
    Value* drawn = proof::draw_op(kind, b, source, rng);
    if (drawn == nullptr) return;
    function.add_result("r", drawn);
    const auto arguments = draw_arguments(function, source.domains(), Numbers::kSpecial, rng);
    std::vector<const Tensor*> pointers;
    for (const Tensor& argument : arguments) pointers.push_back(&argument);
    const auto folded = with_constants(function, arguments);
    fold_constants(*folded);
    const auto before = interpret(function, pointers), after = interpret(*folded, pointers);
    ASSERT_TRUE(before && after);
    const Tensor x = before->front().converted_to(DType::kF64), y = after->front().converted_to(DType::kF64);
    for (size_t i = 0; i < x.as<double>().size(); ++i) {
      const double from = x.as<double>()[i], to = y.as<double>()[i];
      const bool is_near = has_trait(kind, kCostly) && std::abs(to - from) <= 1e-6 * std::abs(from);
      EXPECT_TRUE(is_near || is_same(kind, from, to)) << print(function) << print(*folded) << from << " is " << to;
    }
  }
}

std::vector<OpKind> kinds() {
  std::vector<OpKind> kinds;
  for (size_t i = 0; i < kOpCount; ++i)
    if (const auto kind = static_cast<OpKind>(i); !has_trait(kind, kHasBody | kContraction | kWindow | kLeaf))
      kinds.push_back(kind);
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(FromTheTable, Folded, ::testing::ValuesIn(kinds()),
                         [](const auto& info) { return std::string(op_info(info.param).name); });

// A sum starts at 0, though it is of one element or of no dimension.
TEST(Simplified, SumsOfOneElementStartAtZero) {
  Function function("f");
  Value* x = function.add_parameter("x", {DType::kF32, {1, 2}}, Role::kInput);
  Builder b(function);
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{0}, {}})
    function.add_result("sum" + std::to_string(dims.size()), b.reduce_sum(x, dims));
  canonicalize(function);
  const std::vector<float> zeros = {-0.0F, -0.0F};
  for (const Tensor& sum : interpreted(function, Tensor::from<float>(x->type, std::span<const float>(zeros))))
    for (const float element : sum.as<float>()) EXPECT_FALSE(std::signbit(element)) << print(function);
}

TEST(Simplified, SlicesOfSlicesMayHaveStridesThatAreNeverTaken) {
  auto module = parse_module(R"(func @f(%x: f32[9]) -> (f32[1], f32[1]) {
    %0 = slice(%x) {start = [0], limit = [9], stride = [4]} : f32[3]
    %1 = slice(%0) {start = [1], limit = [3], stride = [4611686018427387904]} : f32[1]
    %2 = slice(%0) {start = [2], limit = [3], stride = [9223372036854775807]} : f32[1]
    return %1, %2
  })",
                             "slices.ir");
  ASSERT_TRUE(module) << module.error().to_string();
  Function& function = *(*module)->functions.front();
  canonicalize(function);
  const std::vector<float> x = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  const auto results = interpreted(function, Tensor::from<float>({DType::kF32, {9}}, std::span<const float>(x)));
  EXPECT_EQ(results[0].as<float>()[0], 4);
  EXPECT_EQ(results[1].as<float>()[0], 8);
}

}  // namespace
}  // namespace minnow
