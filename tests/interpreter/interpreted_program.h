// A function built op by op, interpreted on numbers given in place.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "interpreter/interpreter.h"
#include "ir/builder.h"
#include "ir/random.h"

namespace minnow {

using Numbers = std::vector<double>;
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

inline Numbers numbers_of(const Tensor& tensor) {
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

inline Numbers run_unary(OpKind kind, const Numbers& x, DType dtype = DType::kF32) {
  Program program;
  return program.run(program.build.unary(kind, program.input({std::ssize(x)}, x, dtype)));
}

inline Numbers run_binary(OpKind kind, const Numbers& x, const Numbers& y, DType dtype = DType::kF32) {
  Program program;
  Value* a = program.input({std::ssize(x)}, x, dtype);
  Value* b = program.input({std::ssize(y)}, y, dtype);
  return program.run(program.build.create(kind, {a, b}));
}

// `count` small whole numbers, so that sums of products are exact.
inline Numbers whole_numbers(int64_t count, uint32_t stream) {
  const RandomSequence sequence{.seed = 7, .stream = stream, .step = 0};
  Numbers values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(sequence.bits(i) % 17) - 8);
  return values;
}

inline double inner_product(const Numbers& a, const Numbers& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace minnow
