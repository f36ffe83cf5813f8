// argsort at sizes around powers of two, along every dimension, of all element types.
#include <gtest/gtest.h>

#include "ir/text.h"
#include "proof/op_drawing.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

void check(const TensorType& type, int64_t dim, proof::Numbers numbers) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", type);
  function.add_result("up", b.argsort(x, dim));
  function.add_result("down", b.argsort(x, dim, true));
  SCOPED_TRACE(print(function));
  proof::Rng rng(7);
  const auto arguments = draw_arguments(function, {{.low = -3, .high = 3}}, numbers, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  testing::CompiledProgram compiled(function);
  const std::vector<Tensor> actual = compiled.run(arguments);
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_TRUE(testing::agrees(expected.results[i], actual[i], {})) << "result " << i;
  EXPECT_TRUE(ignores_threads(compiled, arguments));
}

TEST(ArgSort, IsExactAtSizesAroundPowersOfTwo) {
  for (const int64_t size : {1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 1000})
    for (const proof::Numbers numbers : {proof::Numbers::kWhole, proof::Numbers::kUniform, proof::Numbers::kSpecial}) {
      check({DType::kF32, {3, size}}, 1, numbers);
      check({DType::kF32, {2, size, 3}}, 1, numbers);
      check({DType::kF32, {size, 2}}, 0, numbers);
    }
}

TEST(ArgSort, IsExactOfEveryType) {
  for (const DType dtype : proof::all_dtypes())
    for (const proof::Numbers numbers : {proof::Numbers::kWhole, proof::Numbers::kSpecial})
      check({dtype, {5, 300}}, 1, numbers);
}

// More than there is room for on the stack.
TEST(ArgSort, IsExactOfManyElements) {
  check({DType::kF32, {40000}}, 0, proof::Numbers::kUniform);
  check({DType::kF32, {6000, 50}}, 0, proof::Numbers::kWhole);
}

}  // namespace
}  // namespace minnow
