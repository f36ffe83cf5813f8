// All passes keep the meaning of programs drawn at random, as the interpreter computes it in double. What compiled code
// makes of such programs is seen by tests/fuzz.
#include <gtest/gtest.h>

#include <cmath>

#include "interpreter/interpreter.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "proof/random_program.h"
#include "proof/tolerance.h"

namespace minnow {
namespace {

std::vector<Tensor> interpreted(const Function& function, const std::vector<Tensor>& arguments) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  auto results = interpret(function, pointers, Precision::kF64);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  return *std::move(results);
}

void expect_same(const proof::RandomProgram& program, uint32_t seed) {
  proof::Rng rng(seed);
  const auto arguments = draw_arguments(*program.function, program.domains, proof::Numbers::kUniform, rng);
  const auto passed = program.function->clone();
  ASSERT_TRUE(run_passes(*passed, default_pipeline()));
  const auto before = interpreted(*program.function, arguments), after = interpreted(*passed, arguments);
  for (size_t r = 0; r < before.size(); ++r) {
    const Tensor from = before[r].converted_to(DType::kF64), to = after[r].converted_to(DType::kF64);
    const double slack = 1e-9 * (1 + proof::largest_magnitude(before[r]));
    for (size_t i = 0; i < from.as<double>().size(); ++i) {
      const double a = from.as<double>()[i], b = to.as<double>()[i];
      if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= slack) continue;
      ADD_FAILURE() << "seed " << seed << ", result " << r << ", element " << i << ": " << a << " became " << b << "\n"
                    << print(*program.function) << print(*passed);
      return;
    }
  }
}

TEST(RandomPrograms, AreTheSameAfterAllPasses) {
  for (uint32_t seed = 1; seed <= 150; ++seed) expect_same(proof::draw_program(seed), seed);
}

}  // namespace
}  // namespace minnow
