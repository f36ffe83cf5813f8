#include "interpreter/interpreter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/interpreter/interpreted_program.h"

namespace minnow {
namespace {

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
      {OpKind::kExpm1, 1e-8, 1.000000005e-8},
      {OpKind::kSqrt, 2, 1.4142135623730951},
      {OpKind::kTanh, 0.5, 0.46211715726000975},
      {OpKind::kSigmoid, 2, 0.8807970779778823},
      {OpKind::kSigmoid, -2, 0.11920292202211757},
      {OpKind::kErf, 0.5, 0.5204998778130465},
      {OpKind::kErfc, 4, 1.541725790028002e-8},
      {OpKind::kCos, 1, 0.5403023058681398},
      {OpKind::kSin, 1, 0.8414709848078965},
      {OpKind::kAtan, -2, -1.1071487177940904},
      {OpKind::kFloor, -1.5, -2},
      {OpKind::kRound, 2.5, 2},
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
  EXPECT_EQ(program.run(program.build.select(pred, on_true, program.build.like(on_true, 9))), (Numbers{1, 9, 3}));
  EXPECT_TRUE(std::isnan(program.run(program.build.select(pred, on_true, on_false))[1]));
}

TEST(InterpreterTest, ConvertTruncatesAndClamps) {
  Program program;
  Value* x = program.input({6}, {2.9, -2.9, 3e9, -kInfinity, kNan, 300});
  EXPECT_EQ(program.run(program.build.convert(x, DType::kI32)), (Numbers{2, -2, 2147483647.0, -2147483648.0, 0, 300}));
  EXPECT_EQ(program.run(program.build.convert(x, DType::kU8)), (Numbers{2, 0, 255, 0, 0, 255}));
  EXPECT_EQ(program.run(program.build.convert(x, DType::kU8), Precision::kF64), (Numbers{2, 0, 255, 0, 0, 255}));
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
  Value* sums = program.build.create(OpKind::kScatterAdd, {updates, indices}, ScatterAttributes{0, 3});
  EXPECT_EQ(program.run(sums), (Numbers{3, 4, 0, 0, 111, 222}));
}

TEST(InterpreterTest, GathersAndScattersAlongAnyDimension) {
  Program program;
  Value* table = program.input({2, 3}, {1, 2, 3, 4, 5, 6});
  Value* indices = program.input({2, 2}, {2, 0, -5, 1}, DType::kI32);
  EXPECT_EQ(program.run(program.build.gather(table, indices, 1)), (Numbers{3, 1, 1, 2, 6, 4, 4, 5}));
  Value* one = program.input({}, {1}, DType::kI32);
  EXPECT_EQ(program.run(program.build.gather(table, one, 1)), (Numbers{2, 5}));
  Value* updates = program.input({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  Value* sums = program.build.create(OpKind::kScatterAdd, {updates, indices}, ScatterAttributes{1, 3});
  EXPECT_EQ(program.run(sums), (Numbers{5, 4, 1, 13, 8, 5}));
}

TEST(InterpreterTest, ReversesAndSumsUp) {
  Program program;
  Value* x = program.input({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(program.run(program.build.reverse(x, {1})), (Numbers{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(program.run(program.build.reverse(x, {0, 1})), (Numbers{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(program.run(program.build.cumsum(x, 1)), (Numbers{1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(program.run(program.build.cumsum(x, 0)), (Numbers{1, 2, 3, 5, 7, 9}));
}

TEST(InterpreterTest, Sorts) {
  Program program;
  const double nan = std::nan("");
  Value* x = program.input({2, 4}, {3, nan, -0.0, 0.0, 3, 1, nan, 3});
  EXPECT_EQ(program.run(program.build.argsort(x, 1)), (Numbers{2, 3, 0, 1, 1, 0, 3, 2}));
  EXPECT_EQ(program.run(program.build.argsort(x, 1, true)), (Numbers{0, 2, 3, 1, 0, 3, 1, 2}));
  EXPECT_EQ(program.run(program.build.argsort(x, 0)), (Numbers{0, 1, 0, 0, 1, 0, 1, 1}));
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
  EXPECT_EQ(program.run(program.build.concat({y, x, y}, 1)), (Numbers{10, 1, 2, 3, 4, 10, 20, 5, 6, 7, 8, 20}));
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
  auto results = program.interpret_all(Precision::kDeclared, [&](const Op& op, std::span<const Tensor> tensors) {
    EXPECT_EQ(tensors.size(), op.results.size());
    seen.push_back(op.kind);
  });
  ASSERT_TRUE(results.has_value());
  EXPECT_EQ(seen, (std::vector{OpKind::kConstant, OpKind::kAdd, OpKind::kConstant, OpKind::kMaximum, OpKind::kExp,
                               OpKind::kFused, OpKind::kLog}));
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
