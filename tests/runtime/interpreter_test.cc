#include "runtime/interpreter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/builder.h"
#include "ir/random.h"

namespace minnow {
namespace {

using Numbers = std::vector<double>;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Numbers numbers_of(const Tensor& tensor) {
  const Tensor doubles = tensor.converted_to(DType::kF64);
  const auto elements = doubles.as<double>();
  return {elements.begin(), elements.end()};
}

// A function together with the arguments of its parameters.
struct Program {
  Function function{"f"};
  Builder build{function};
  std::vector<Tensor> arguments;

  Value* input(Shape shape, const Numbers& values, DType dtype = DType::kF32) {
    const TensorType type{dtype, std::move(shape)};
    const Tensor doubles = Tensor::from<double>({DType::kF64, type.shape}, std::span<const double>(values));
    arguments.push_back(doubles.converted_to(dtype));
    return function.add_parameter("p" + std::to_string(arguments.size()), type);
  }

  Result<std::vector<Tensor>> interpret_all(Precision precision, const OpObserver& observer = {}) {
    std::vector<const Tensor*> pointers;
    for (const Tensor& argument : arguments) pointers.push_back(&argument);
    return interpret(function, pointers, precision, observer);
  }

  // The elements of `value`, which becomes the only result.
  Numbers run(Value* value, Precision precision = Precision::kDeclared) {
    function.results().clear();
    function.add_result("result", value);
    auto results = interpret_all(precision);
    EXPECT_TRUE(results.has_value()) << results.error().to_string();
    EXPECT_EQ(results->front().type().shape, value->type.shape);
    return numbers_of(results->front());
  }
};

Numbers run_unary(OpKind kind, const Numbers& x, DType dtype = DType::kF32) {
  Program program;
  return program.run(program.build.unary(kind, program.input({std::ssize(x)}, x, dtype)));
}

Numbers run_binary(OpKind kind, const Numbers& x, const Numbers& y, DType dtype = DType::kF32) {
  Program program;
  Value* a = program.input({std::ssize(x)}, x, dtype);
  Value* b = program.input({std::ssize(y)}, y, dtype);
  return program.run(program.build.create(kind, {a, b}));
}

// `count` small whole numbers, so that sums of products are exact.
Numbers whole_numbers(int64_t count, uint32_t stream) {
  const RandomSequence sequence{.seed = 7, .stream = stream, .step = 0};
  Numbers values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(sequence.bits(i) % 17) - 8);
  return values;
}

double inner_product(const Numbers& a, const Numbers& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

TEST(InterpreterTest, ComputesFloatFunctions) {
  struct Case {
    OpKind kind;
    double x, expected;
  };
  const Case cases[] = {
      {OpKind::kNegate, 1.5, -1.5},
      {OpKind::kAbs, -2.5, 2.5},
      {OpKind::kExp, 1, 2.718281828459045},
      {OpKind::kLog, 2, 0.6931471805599453},
      {OpKind::kLog1p, 0.5, 0.4054651081081644},
      {OpKind::kSqrt, 2, 1.4142135623730951},
      {OpKind::kTanh, 0.5, 0.46211715726000975},
      {OpKind::kSigmoid, 2, 0.8807970779778823},
      {OpKind::kSigmoid, -2, 0.11920292202211757},
      {OpKind::kErf, 0.5, 0.5204998778130465},
      {OpKind::kCos, 1, 0.5403023058681398},
      {OpKind::kSin, 1, 0.8414709848078965},
      {OpKind::kAtan, -2, -1.1071487177940904},
      {OpKind::kFloor, -1.5, -2},
  };
  for (const auto& [kind, x, expected] : cases) {
    Program program;
    Value* result = program.build.unary(kind, program.input({1}, {x}));
    EXPECT_NEAR(program.run(result, Precision::kF64)[0], expected, 1e-15) << mnemonic(kind);
    EXPECT_NEAR(program.run(result)[0], expected, 2e-7) << mnemonic(kind);
  }
}

TEST(InterpreterTest, SigmoidIsStableFarOut) {
  EXPECT_EQ(run_unary(OpKind::kSigmoid, {-1000, 0, 1000}), (Numbers{0, 0.5, 1}));
  EXPECT_GT(run_unary(OpKind::kSigmoid, {-88})[0], 0);
}

TEST(InterpreterTest, SignKeepsZerosAndNan) {
  EXPECT_EQ(run_unary(OpKind::kSign, {-3, 0, 7}), (Numbers{-1, 0, 1}));
  EXPECT_TRUE(std::signbit(run_unary(OpKind::kSign, {-0.0})[0]));
  EXPECT_TRUE(std::isnan(run_unary(OpKind::kSign, {kNan})[0]));
  EXPECT_EQ(run_unary(OpKind::kSign, {-3, 0, 7}, DType::kI32), (Numbers{-1, 0, 1}));
}

TEST(InterpreterTest, ComputesArithmetic) {
  const Numbers a{1, 6, -4};
  const Numbers b{2, 3, 0.5};
  EXPECT_EQ(run_binary(OpKind::kAdd, a, b), (Numbers{3, 9, -3.5}));
  EXPECT_EQ(run_binary(OpKind::kSubtract, a, b), (Numbers{-1, 3, -4.5}));
  EXPECT_EQ(run_binary(OpKind::kMultiply, a, b), (Numbers{2, 18, -2}));
  EXPECT_EQ(run_binary(OpKind::kDivide, a, b), (Numbers{0.5, 2, -8}));
  EXPECT_EQ(run_binary(OpKind::kMaximum, a, b), (Numbers{2, 6, 0.5}));
  EXPECT_EQ(run_binary(OpKind::kMinimum, a, b), (Numbers{1, 3, -4}));
  EXPECT_EQ(run_binary(OpKind::kPower, {2, 9, -2}, {3, 0.5, 2}), (Numbers{8, 3, 4}));
}

TEST(InterpreterTest, IntegersWrapAround) {
  const double largest = std::numeric_limits<int32_t>::max();
  const double smallest = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(run_binary(OpKind::kAdd, {largest, 2}, {1, 3}, DType::kI32), (Numbers{smallest, 5}));
  EXPECT_EQ(run_binary(OpKind::kMultiply, {65536}, {65536}, DType::kI32), (Numbers{0}));
  EXPECT_EQ(run_unary(OpKind::kNegate, {smallest, 4}, DType::kI32), (Numbers{smallest, -4}));
  EXPECT_EQ(run_unary(OpKind::kAbs, {smallest, -4}, DType::kI32), (Numbers{smallest, 4}));
}

TEST(InterpreterTest, MaximumAndMinimumPropagateNan) {
  for (const OpKind kind : {OpKind::kMaximum, OpKind::kMinimum}) {
    for (const double x : run_binary(kind, {kNan, 1, kNan}, {1, kNan, kNan})) EXPECT_TRUE(std::isnan(x));
  }
}

TEST(InterpreterTest, Compares) {
  const Numbers a{1, 2, 3, kNan};
  const Numbers b{2, 2, 2, kNan};
  EXPECT_EQ(run_binary(OpKind::kEqual, a, b), (Numbers{0, 1, 0, 0}));
  EXPECT_EQ(run_binary(OpKind::kNotEqual, a, b), (Numbers{1, 0, 1, 1}));
  EXPECT_EQ(run_binary(OpKind::kLess, a, b), (Numbers{1, 0, 0, 0}));
  EXPECT_EQ(run_binary(OpKind::kLessEqual, a, b), (Numbers{1, 1, 0, 0}));
  EXPECT_EQ(run_binary(OpKind::kGreater, a, b), (Numbers{0, 0, 1, 0}));
  EXPECT_EQ(run_binary(OpKind::kGreaterEqual, a, b), (Numbers{0, 1, 1, 0}));
}

TEST(InterpreterTest, ComputesWithPredicates) {
  const Numbers a{0, 0, 1, 1};
  const Numbers b{0, 1, 0, 1};
  EXPECT_EQ(run_unary(OpKind::kNot, {0, 1}, DType::kPred), (Numbers{1, 0}));
  EXPECT_EQ(run_binary(OpKind::kAnd, a, b, DType::kPred), (Numbers{0, 0, 0, 1}));
  EXPECT_EQ(run_binary(OpKind::kOr, a, b, DType::kPred), (Numbers{0, 1, 1, 1}));
  Program program;
  Value* pred = program.input({3}, {1, 0, 1}, DType::kPred);
  Value* on_true = program.input({3}, {1, 2, 3});
  Value* on_false = program.input({3}, {10, kNan, 30});
  EXPECT_EQ(program.run(program.build.select(pred, on_true, program.build.like(on_true, 9))),
            (Numbers{1, 9, 3}));
  EXPECT_TRUE(std::isnan(program.run(program.build.select(pred, on_true, on_false))[1]));
}

TEST(InterpreterTest, ConvertTruncatesAndClamps) {
  Program program;
  Value* x = program.input({6}, {2.9, -2.9, 3e9, -kInfinity, kNan, 300});
  EXPECT_EQ(program.run(program.build.convert(x, DType::kI32)),
            (Numbers{2, -2, 2147483647.0, -2147483648.0, 0, 300}));
  EXPECT_EQ(program.run(program.build.convert(x, DType::kU8)), (Numbers{2, 0, 255, 0, 0, 255}));
  EXPECT_EQ(program.run(program.build.convert(x, DType::kU8), Precision::kF64),
            (Numbers{2, 0, 255, 0, 0, 255}));
  Value* pred = program.input({2}, {0, 1}, DType::kPred);
  EXPECT_EQ(program.run(program.build.convert(pred, DType::kF32)), (Numbers{0, 1}));
}

TEST(InterpreterTest, MakesConstantsAndIotas) {
  Program program;
  EXPECT_EQ(program.run(program.build.constant({DType::kF32, {2}}, 1.5)), (Numbers{1.5, 1.5}));
  EXPECT_EQ(program.run(program.build.constant({DType::kI32, {3}}, Numbers{1, -2, 3})), (Numbers{1, -2, 3}));
  EXPECT_EQ(program.run(program.build.iota({DType::kI32, {2, 3}}, 0)), (Numbers{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(program.run(program.build.iota({DType::kF32, {2, 3}}, 1)), (Numbers{0, 1, 2, 0, 1, 2}));
}

TEST(InterpreterTest, RandomIsItsSequence) {
  Program program;
  Value* seed = program.input({}, {5}, DType::kI32);
  Value* step = program.input({}, {9}, DType::kI32);
  Value* random = program.build.random({2, 3}, seed, step, 4);
  const RandomSequence sequence{.seed = 5, .stream = 4, .step = 9};
  Numbers expected;
  for (uint64_t i = 0; i < 6; ++i) expected.push_back(sequence.uniform(i));
  EXPECT_EQ(program.run(random), expected);
  EXPECT_EQ(program.run(random, Precision::kF64), expected);
}

TEST(InterpreterTest, GathersAndScattersRows) {
  Program program;
  Value* table = program.input({3, 2}, {1, 2, 3, 4, 5, 6});
  Value* indices = program.input({4}, {2, 0, 2, 99}, DType::kI32);
  Value* rows = program.build.create(OpKind::kGather, {table, indices});
  EXPECT_EQ(program.run(rows), (Numbers{5, 6, 1, 2, 5, 6, 5, 6}));
  Value* updates = program.input({4, 2}, {1, 2, 3, 4, 10, 20, 100, 200});
  Value* sums = program.build.create(OpKind::kScatterAdd, {updates, indices}, DimAttributes{3});
  EXPECT_EQ(program.run(sums), (Numbers{3, 4, 0, 0, 111, 222}));
}

TEST(InterpreterTest, Broadcasts) {
  Program program;
  Value* x = program.input({2}, {1, 2});
  EXPECT_EQ(program.run(program.build.broadcast(x, {0}, {2, 3})), (Numbers{1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(program.run(program.build.broadcast(x, {1}, {3, 2})), (Numbers{1, 2, 1, 2, 1, 2}));
  Value* scalar = program.input({}, {7});
  EXPECT_EQ(program.run(program.build.broadcast_scalar(scalar, {2, 2})), (Numbers{7, 7, 7, 7}));
  EXPECT_EQ(program.run(program.build.broadcast_scalar(scalar, {2, 0})), (Numbers{}));
}

TEST(InterpreterTest, ReshapesAndTransposes) {
  Program program;
  Value* x = program.input({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(program.run(program.build.reshape(x, {3, 2})), (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(program.run(program.build.transpose(x, {2, 0, 1})), (Numbers{1, 4, 2, 5, 3, 6}));
  Value* cube = program.input({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  // result[i,j,k] = cube[k,i,j]
  EXPECT_EQ(program.run(program.build.transpose(cube, {1, 2, 0})), (Numbers{0, 4, 1, 5, 2, 6, 3, 7}));
}

TEST(InterpreterTest, SlicesPadsAndConcatenates) {
  Program program;
  Value* x = program.input({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  Value* slice = program.build.create(OpKind::kSlice, {x}, SliceAttributes{{1, 0}, {2, 4}, {1, 3}});
  EXPECT_EQ(program.run(slice), (Numbers{5, 8}));
  Value* pad = program.build.create(OpKind::kPad, {slice}, PadAttributes{{0, 1}, {1, 0}, {0, 2}, -1});
  EXPECT_EQ(program.run(pad), (Numbers{-1, 5, -1, -1, 8, -1, -1, -1, -1, -1}));
  Value* y = program.input({2, 1}, {10, 20});
  EXPECT_EQ(program.run(program.build.concat({y, x, y}, 1)),
            (Numbers{10, 1, 2, 3, 4, 10, 20, 5, 6, 7, 8, 20}));
  EXPECT_EQ(program.run(program.build.concat({slice, slice}, 0)), (Numbers{5, 8, 5, 8}));
}

TEST(InterpreterTest, Reduces) {
  Program program;
  Value* x = program.input({2, 3}, {1, 5, 3, -4, -2, -6});
  EXPECT_EQ(program.run(program.build.reduce_sum(x, {0})), (Numbers{-3, 3, -3}));
  EXPECT_EQ(program.run(program.build.reduce_sum(x, {1})), (Numbers{9, -12}));
  EXPECT_EQ(program.run(program.build.reduce_sum(x, {0, 1})), (Numbers{-3}));
  EXPECT_EQ(program.run(program.build.reduce_max(x, {1})), (Numbers{5, -2}));
  EXPECT_EQ(program.run(program.build.reduce_max(x, {0})), (Numbers{1, 5, 3}));
  EXPECT_EQ(program.run(program.build.argmax(x, 1)), (Numbers{1, 1}));
  EXPECT_EQ(program.run(program.build.argmax(x, 0)), (Numbers{0, 0, 0}));
}

TEST(InterpreterTest, ReducesMiddleDimension) {
  Program program;
  Value* x = program.input({2, 2, 2}, {1, 8, 3, 4, 5, 6, 7, 2});
  EXPECT_EQ(program.run(program.build.reduce_sum(x, {1})), (Numbers{4, 12, 12, 8}));
  EXPECT_EQ(program.run(program.build.reduce_max(x, {0, 2})), (Numbers{8, 7}));
  EXPECT_EQ(program.run(program.build.argmax(x, 1)), (Numbers{1, 0, 1, 0}));
}

TEST(InterpreterTest, ReductionsTakeTheFirstOfEqualsAndPropagateNan) {
  Program program;
  Value* x = program.input({2, 4}, {3, 7, 7, 1, 2, kNan, 9, kNan});
  EXPECT_EQ(program.run(program.build.argmax(x, 1)), (Numbers{1, 1}));
  const Numbers largest = program.run(program.build.reduce_max(x, {1}));
  EXPECT_EQ(largest[0], 7);
  EXPECT_TRUE(std::isnan(largest[1]));
}

TEST(InterpreterTest, SumsInTheDeclaredPrecision) {
  Program program;
  Value* sum = program.build.reduce_sum(program.input({3}, {1e8, 1, -1e8}), {0});
  EXPECT_EQ(program.run(sum), (Numbers{0}));
  EXPECT_EQ(program.run(sum, Precision::kF64), (Numbers{1}));
}

TEST(InterpreterTest, DotSumsOverTheDimensionsAsked) {
  Program program;
  Value* a = program.input({2, 3}, {1, 2, 3, 4, 5, 6});
  Value* b = program.input({3, 2}, {7, 8, 9, 10, 11, 12});
  Value* a_transposed = program.build.transpose(a, {1, 0});
  Value* b_transposed = program.build.transpose(b, {1, 0});
  const Numbers expected{58, 64, 139, 154};
  EXPECT_EQ(program.run(program.build.dot(a, b)), expected);
  EXPECT_EQ(program.run(program.build.dot(a_transposed, b, {0, 0})), expected);
  EXPECT_EQ(program.run(program.build.dot(a, b_transposed, {1, 1})), expected);
  EXPECT_EQ(program.run(program.build.dot(a_transposed, b_transposed, {0, 1})), expected);
}

Numbers run_conv(Shape x_shape, const Numbers& x, Shape w_shape, const Numbers& w,
                 ConvAttributes attributes) {
  Program program;
  Value* picture = program.input(std::move(x_shape), x);
  Value* filter = program.input(std::move(w_shape), w);
  return program.run(program.build.conv(picture, filter, std::move(attributes)));
}

TEST(InterpreterTest, Convolves) {
  const Numbers x{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Numbers w{1, 2, 3, 4};
  const Shape x_shape{1, 1, 3, 3};
  const Shape w_shape{1, 1, 2, 2};
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {}), (Numbers{37, 47, 67, 77}));
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {.stride = {2, 1}, .pad = {1, 0, 0, 1}, .shape = {}}),
            (Numbers{11, 18, 9, 67, 77, 33}));
  EXPECT_EQ(run_conv(x_shape, x, w_shape, w, {.dilation = {2, 2}, .shape = {}}), (Numbers{64}));
  EXPECT_EQ(
      run_conv(x_shape, x, w_shape, w, {.pad = {0, 0, 1, 0}, .dilation = {1, 2}, .shape = {}}),
      (Numbers{2 * 2 + 4 * 5, 1 * 1 + 2 * 3 + 3 * 4 + 4 * 6, 2 * 5 + 4 * 8, 1 * 4 + 2 * 6 + 3 * 7 + 4 * 9}));
}

TEST(InterpreterTest, ConvolvesChannelsInGroups) {
  EXPECT_EQ(run_conv({1, 2, 1, 1}, {2, 3}, {1, 2, 1, 1}, {5, 7}, {}), (Numbers{31}));
  EXPECT_EQ(run_conv({1, 2, 1, 1}, {2, 3}, {4, 1, 1, 1}, {1, 10, 100, 1000}, {.groups = 2, .shape = {}}),
            (Numbers{2, 20, 300, 3000}));
  EXPECT_EQ(run_conv({2, 1, 1, 1}, {2, 3}, {2, 1, 1, 1}, {1, 10}, {}), (Numbers{2, 20, 3, 30}));
}

TEST(InterpreterTest, ConvInputAndFilterAreAdjoints) {
  const ConvAttributes cases[] = {
      {},
      {.stride = {2, 1}, .pad = {1, 0, 2, 1}, .shape = {}},
      {.stride = {1, 2}, .pad = {0, 2, 0, 0}, .dilation = {2, 1}, .shape = {}},
      {.stride = {3, 2}, .pad = {1, 2, 0, 1}, .dilation = {1, 2}, .groups = 2, .shape = {}},
  };
  for (const ConvAttributes& attributes : cases) {
    Program program;
    const Shape x_shape{2, 4, 6, 5};
    const Shape w_shape{6, 4 / attributes.groups, 3, 2};
    const Numbers x = whole_numbers(element_count(x_shape), 1);
    const Numbers w = whole_numbers(element_count(w_shape), 2);
    Value* picture = program.input(x_shape, x);
    Value* filter = program.input(w_shape, w);
    Value* conv = program.build.conv(picture, filter, attributes);
    const Numbers y = whole_numbers(conv->type.elements(), 3);
    Value* cotangent = program.input(conv->type.shape, y);
    ConvAttributes input_attributes = attributes;
    input_attributes.shape = x_shape;
    ConvAttributes filter_attributes = attributes;
    filter_attributes.shape = w_shape;
    Value* conv_input = program.build.create(OpKind::kConvInput, {cotangent, filter}, input_attributes);
    Value* conv_filter = program.build.create(OpKind::kConvFilter, {picture, cotangent}, filter_attributes);

    const double form = inner_product(y, program.run(conv, Precision::kF64));
    EXPECT_NE(form, 0);
    EXPECT_EQ(inner_product(x, program.run(conv_input, Precision::kF64)), form);
    EXPECT_EQ(inner_product(w, program.run(conv_filter, Precision::kF64)), form);
  }
}

TEST(InterpreterTest, PoolsWindows) {
  Program program;
  Value* x = program.input({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const WindowAttributes plain{.window = {2, 2}, .shape = {}};
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, x, plain)), (Numbers{5, 6, 8, 9}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowSum, x, plain)), (Numbers{12, 16, 24, 28}));
  const WindowAttributes padded{.window = {2, 2}, .stride = {2, 2}, .pad = {1, 1, 1, 1}, .shape = {}};
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, x, padded)), (Numbers{1, 3, 7, 9}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowSum, x, padded)), (Numbers{1, 5, 11, 28}));
  EXPECT_EQ(program.run(program.build.window(OpKind::kWindowMax, program.build.neg(x), padded)),
            (Numbers{-1, -2, -4, -5}));
}

TEST(InterpreterTest, WindowMaxPropagatesNan) {
  Program program;
  Value* x = program.input({1, 1, 1, 4}, {1, kNan, 3, 4});
  const Numbers y = program.run(program.build.window(OpKind::kWindowMax, x, {.window = {1, 2}, .shape = {}}));
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], 4);
}

TEST(InterpreterTest, WindowPickGivesToTheFirstLargest) {
  Program program;
  Value* x = program.input({1, 1, 1, 5}, {3, 7, 7, 1, kNan});
  Value* y = program.input({1, 1, 1, 4}, {1, 10, 100, 1000});
  Value* picked =
      program.build.create(OpKind::kWindowPick, {x, y}, WindowAttributes{.window = {1, 2}, .shape = {}});
  EXPECT_EQ(program.run(picked), (Numbers{0, 11, 100, 0, 1000}));
}

TEST(InterpreterTest, WindowSpreadAndPickAreAdjoints) {
  const WindowAttributes cases[] = {
      {.window = {2, 2}, .stride = {2, 2}, .shape = {}},
      {.window = {3, 2}, .stride = {1, 2}, .pad = {2, 0, 1, 1}, .shape = {}},
  };
  for (const WindowAttributes& attributes : cases) {
    Program program;
    const Shape x_shape{2, 3, 6, 5};
    const Numbers x = whole_numbers(element_count(x_shape), 1);
    Value* picture = program.input(x_shape, x);
    Value* sum = program.build.window(OpKind::kWindowSum, picture, attributes);
    Value* max = program.build.window(OpKind::kWindowMax, picture, attributes);
    const Numbers y = whole_numbers(sum->type.elements(), 2);
    Value* cotangent = program.input(sum->type.shape, y);
    WindowAttributes spread_attributes = attributes;
    spread_attributes.shape = x_shape;
    Value* spread = program.build.window(OpKind::kWindowSpread, cotangent, spread_attributes);
    Value* pick = program.build.create(OpKind::kWindowPick, {picture, cotangent}, attributes);

    EXPECT_EQ(inner_product(x, program.run(spread)), inner_product(y, program.run(sum)));
    EXPECT_EQ(inner_product(x, program.run(pick)), inner_product(y, program.run(max)));
  }
}

// softmax over the rows of x [N,K]
Value* build_softmax(Builder& build, Value* x) {
  const Shape& shape = x->type.shape;
  Value* largest = build.broadcast(build.reduce_max(x, {1}), {0}, shape);
  Value* e = build.exp(build.sub(x, largest));
  return build.div(e, build.broadcast(build.reduce_sum(e, {1}), {0}, shape));
}

TEST(InterpreterTest, ComputesSoftmax) {
  Program program;
  Value* x = program.input({2, 2}, {0, std::log(3.0), 1000, -1000}, DType::kF64);
  const Numbers y = program.run(build_softmax(program.build, x));
  EXPECT_NEAR(y[0], 0.25, 1e-15);
  EXPECT_NEAR(y[1], 0.75, 1e-15);
  EXPECT_EQ(y[2], 1);
  EXPECT_EQ(y[3], 0);
}

// The kernel relu(x + 1), exp(x), of a [n].
Op* append_fused(Function& function, Value* x) {
  const TensorType type = x->type;
  auto op = make_op(OpKind::kFused, {x}, FusedAttributes{}, {type, type}, {});
  op->body = std::make_unique<Function>("body");
  Value* inner = op->body->add_parameter("x", type);
  Builder build(*op->body);
  Value* sum = build.add(inner, 1.0);
  op->body->add_result("relu", build.max(sum, build.like(sum, 0)));
  op->body->add_result("exp", build.exp(inner));
  return function.insert(function.ops().end(), std::move(op));
}

TEST(InterpreterTest, EvaluatesFusedBodies) {
  Program program;
  const Op* fused = append_fused(program.function, program.input({3}, {-3, 0, 2}));
  EXPECT_EQ(program.run(fused->result(0)), (Numbers{0, 1, 3}));
  EXPECT_EQ(program.run(fused->result(1), Precision::kF64), (Numbers{std::exp(-3.0), 1, std::exp(2.0)}));
}

TEST(InterpreterTest, ObserverSeesEveryOpInsideOutAndInOrder) {
  Program program;
  const Op* fused = append_fused(program.function, program.input({1}, {0}));
  program.function.add_result("result", program.build.log(fused->result(1)));
  std::vector<OpKind> seen;
  auto results =
      program.interpret_all(Precision::kDeclared, [&](const Op& op, std::span<const Tensor> tensors) {
        EXPECT_EQ(tensors.size(), op.results.size());
        seen.push_back(op.kind);
      });
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(seen, (std::vector{OpKind::kConstant, OpKind::kAdd, OpKind::kConstant, OpKind::kMaximum,
                               OpKind::kExp, OpKind::kFused, OpKind::kLog}));
}

TEST(InterpreterTest, ReturnsParametersAndValuesMoreThanOnce) {
  Program program;
  Value* x = program.input({2}, {1, 2});
  Value* y = program.build.neg(x);
  for (Value* value : {x, y, y, x}) program.function.add_result("result", value);
  const auto results = program.interpret_all(Precision::kDeclared);
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(numbers_of((*results)[0]), (Numbers{1, 2}));
  EXPECT_EQ(numbers_of((*results)[1]), (Numbers{-1, -2}));
  EXPECT_EQ(numbers_of((*results)[2]), (Numbers{-1, -2}));
  EXPECT_EQ(numbers_of((*results)[3]), (Numbers{1, 2}));
}

TEST(InterpreterTest, F64TakesBothFloatTypesAndAnswersDoubles) {
  Program program;
  Value* third = program.build.div(program.input({1}, {1}), program.input({1}, {3}));
  program.function.add_result("third", third);
  program.arguments[1] = program.arguments[1].converted_to(DType::kF64);
  const auto results = program.interpret_all(Precision::kF64);
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(results->front().type(), (TensorType{DType::kF64, {1}}));
  EXPECT_EQ(results->front().as<double>()[0], 1.0 / 3.0);
}

TEST(InterpreterTest, WrongArgumentsAreErrors) {
  Program program;
  program.input({2}, {1, 2});
  program.input({1}, {1}, DType::kI32);
  Tensor second = std::move(program.arguments.back());
  program.arguments.pop_back();
  EXPECT_EQ(program.interpret_all(Precision::kDeclared).error().to_string(),
            "@f: error: no argument for %p2: i32[1]; 1 of 2 were given");
  program.arguments.push_back(second.converted_to(DType::kF32));
  for (const Precision precision : {Precision::kDeclared, Precision::kF64})
    EXPECT_EQ(program.interpret_all(precision).error().to_string(),
              "@f: error: parameter %p2 is i32[1], its argument f32[1]");
  program.arguments.push_back(std::move(second));
  EXPECT_EQ(program.interpret_all(Precision::kDeclared).error().to_string(),
            "@f: error: takes 2 arguments, 3 were given");
  program.arguments.pop_back();
  program.arguments[0] = program.arguments[0].converted_to(DType::kF64);
  EXPECT_EQ(program.interpret_all(Precision::kDeclared).error().to_string(),
            "@f: error: parameter %p1 is f32[2], its argument f64[2]");
}

}  // namespace
}  // namespace minnow
