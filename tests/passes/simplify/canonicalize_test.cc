// What canonicalisation makes of two and three ops in a row has the same elements, to the bit.
#include "passes/simplify/canonicalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "interpreter/interpreter.h"
#include "ir/builder.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/simplify/eliminate_dead_code.h"
#include "proof/parameters.h"

namespace minnow {
namespace {

struct Program {
  Function function{"f"};
  Builder b{function};

  Value* input(Shape shape, DType dtype = DType::kF32) {
    return function.add_parameter(fmt::format("p{}", function.parameters().size()), {dtype, std::move(shape)});
  }
  void result(Value* value) { function.add_result(fmt::format("r{}", function.results().size()), value); }

  std::unique_ptr<Function> simplified() const {
    auto copy = function.clone();
    while (canonicalize(*copy)) continue;
    eliminate_dead_code(*copy);
    return copy;
  }
};

std::vector<std::string> results_of(const Function& function) {
  proof::Rng rng(3);
  const auto arguments =
      draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kSpecial, rng);
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  const auto results = interpret(function, pointers);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  std::vector<std::string> bytes;
  for (const Tensor& result : *results) bytes.emplace_back(result.bytes());
  return bytes;
}

// The ops that are left.
size_t expect_the_same(const Program& program) {
  const auto simplified = program.simplified();
  EXPECT_TRUE(verify(*simplified)) << print(*simplified);
  EXPECT_EQ(results_of(program.function), results_of(*simplified)) << print(program.function) << print(*simplified);
  return simplified->ops().size();
}

using Move = std::function<Value*(Builder&, Value*)>;

Value* sliced(Builder& b, Value* x, std::vector<int64_t> start, std::vector<int64_t> stride) {
  return b.create(OpKind::kSlice, {x}, SliceAttributes{std::move(start), x->type.shape, std::move(stride)});
}
Value* padded(Builder& b, Value* x, PadAttributes pad) { return b.create(OpKind::kPad, {x}, std::move(pad)); }

// Of two dimensions, as their results are.
const std::vector<Move>& moves() {
  static const std::vector<Move> kMoves = {
      [](Builder& b, Value* x) { return b.transpose(x, {1, 0}); },
      [](Builder& b, Value* x) { return b.transpose(x, {0, 1}); },
      [](Builder& b, Value* x) { return b.reshape(x, {x->type.dim(1), x->type.dim(0)}); },
      [](Builder& b, Value* x) { return b.broadcast(x, {0, 1}, x->type.shape); },
      [](Builder& b, Value* x) { return b.concat({x, x}, 0); },
      [](Builder& b, Value* x) { return b.concat({x, x, x}, 1); },
      [](Builder& b, Value* x) { return sliced(b, x, {0, 1}, {1, 2}); },
      [](Builder& b, Value* x) { return sliced(b, x, {1, 0}, {2, 1}); },
      [](Builder& b, Value* x) { return sliced(b, x, {0, 0}, {1, 1}); },
      [](Builder& b, Value* x) { return padded(b, x, {{1, 0}, {0, 2}, {0, 0}, 0}); },
      [](Builder& b, Value* x) { return padded(b, x, {{0, 2}, {1, 1}, {0, 0}, 2}); },
      [](Builder& b, Value* x) { return padded(b, x, {{0, 1}, {2, 0}, {1, 2}, 0}); },
      [](Builder& b, Value* x) { return padded(b, x, {{0, 0}, {0, 0}, {0, 0}, 0}); },
  };
  return kMoves;
}

void expect_moves_the_same(const std::function<Value*(Program&)>& start) {
  for (const Move& first : moves())
    for (const Move& second : moves()) {
      Program program;
      Value* moved = second(program.b, first(program.b, start(program)));
      program.result(moved);
      for (const Move& third : moves()) program.result(third(program.b, moved));
      expect_the_same(program);
    }
}

TEST(Canonicalize, MovesElementsToTheSamePlaces) {
  expect_moves_the_same([](Program& p) { return p.input({9, 10}); });
  expect_moves_the_same([](Program& p) { return p.input({9, 9}); });
}

TEST(Canonicalize, MovesOneNumberToAllPlaces) {
  expect_moves_the_same([](Program& p) { return p.b.broadcast_scalar(p.input({}), {9, 10}); });
  expect_moves_the_same([](Program& p) { return p.b.broadcast(p.input({10}), {1}, {9, 10}); });
  expect_moves_the_same([](Program& p) { return p.b.constant({DType::kF32, {9, 10}}, 5); });
}

TEST(Canonicalize, AnElementThatIsSpreadAndTakenOutIsItself) {
  Program program;
  Value* x = program.input({});
  program.result(program.b.reshape(program.b.broadcast_scalar(x, {1, 1}), {}));
  EXPECT_EQ(expect_the_same(program), 0U);
}

TEST(Canonicalize, TwoMovesOfAKindAreOne) {
  for (const size_t i : {4, 5, 6, 7, 9, 10}) {
    Program program;
    program.result(moves()[i](program.b, moves()[i](program.b, program.input({5, 6}))));
    EXPECT_EQ(expect_the_same(program), 1U) << i;
  }
}

TEST(Canonicalize, ProductsReadWhatWasTransposed) {
  for (const int transposed : {0, 1, 2, 3})
    for (const std::array<int64_t, 2> contract : {std::array<int64_t, 2>{1, 0}, {0, 0}, {1, 1}, {0, 1}}) {
      Program program;
      const auto operand = [&](bool is_transposed, bool is_turned) {
        Value* x = program.input(is_turned ? Shape{3, 5} : Shape{5, 3});
        return is_transposed ? program.b.transpose(x, {1, 0}) : x;
      };
      Value* a = operand((transposed & 1) != 0, ((transposed & 1) != 0) == (contract[0] == 0));
      Value* b = operand((transposed & 2) != 0, ((transposed & 2) != 0) == (contract[1] == 0));
      program.result(program.b.dot(a, b, contract));
      EXPECT_EQ(expect_the_same(program), 1U);
    }
}

// Of every element type to every other, and on.
TEST(Canonicalize, ConversionsLeaveOutOnlyWhatLosesNothing) {
  constexpr DType kAll[] = {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred};
  for (const DType from : kAll) {
    Program program;
    Value* x = program.input({64}, from);
    for (const DType by : kAll)
      for (const DType to : kAll) program.result(program.b.convert(program.b.convert(x, by), to));
    expect_the_same(program);
  }
}

TEST(Canonicalize, WhatIsNeverNegativeIsItsOwnMagnitude) {
  for (const OpKind kind : {OpKind::kAbs, OpKind::kExp, OpKind::kSigmoid, OpKind::kNegate}) {
    Program program;
    program.result(program.b.unary(OpKind::kAbs, program.b.unary(kind, program.input({64}))));
    EXPECT_EQ(expect_the_same(program), 1U) << mnemonic(kind);
  }
  Program program;
  program.result(program.b.unary(OpKind::kAbs, program.b.unary(OpKind::kTanh, program.input({64}))));
  EXPECT_EQ(expect_the_same(program), 2U);
}

// The opposite of < is not >= where there are NaNs.
TEST(Canonicalize, OppositesOfComparisonsAreRightForNaN) {
  using enum OpKind;
  for (const OpKind kind : {kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual}) {
    Program program;
    Value *x = program.input({64}), *y = program.input({64});
    Value* opposite = program.b.unary(kNot, program.b.compare(kind, x, y));
    program.result(opposite);
    program.result(program.b.select(opposite, x, program.b.neg(y)));
    const bool is_exact = kind == kEqual || kind == kNotEqual;
    EXPECT_EQ(expect_the_same(program), is_exact ? 3U : 4U) << mnemonic(kind);
  }
}

}  // namespace
}  // namespace minnow
