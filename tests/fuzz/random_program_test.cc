// The interpreter, compiled code, and both after all passes must agree on any program.
//
// MINNOW_FUZZ_PROGRAMS says how many programs to try, MINNOW_FUZZ_SEED with which seed to begin: a failure
// names the seed of its program.
#include "tests/fuzz/random_program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/interpreter.h"
#include "tests/cases/agreement.h"
#include "tests/cases/parameters.h"

namespace minnow {
namespace {

using testing::RandomProgram;

uint32_t environment_number(const char* name, uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

std::vector<Tensor> run_interpreted(const Function& function, const std::vector<Tensor>& arguments) {
  return testing::interpret_reference(function, arguments).results;
}

// Numbers beyond this are near the end of f32's range, where the order of a sum decides whether it is
// infinite.
bool is_tame(const Tensor& tensor) {
  const Tensor doubles = tensor.converted_to(DType::kF64);
  return std::ranges::all_of(doubles.as<double>(), [](double x) { return std::abs(x) < 1e30; });
}

void expect_agreement(const RandomProgram& program, const testing::Reference& expected,
                      const std::vector<Tensor>& actual, const char* who) {
  for (size_t i = 0; i < actual.size(); ++i) {
    const Tensor& result = expected.results[i];
    if (!is_tame(result)) continue;
    const testing::Tolerance tolerance = program.is_exact[i] ? testing::Tolerance{} : expected.tolerance(i);
    EXPECT_TRUE(testing::agrees(result, actual[i], tolerance)) << who << ", result r" << i;
  }
}

void check(const RandomProgram& program, uint32_t seed) {
  const Function& function = *program.function;
  testing::Rng rng(seed);
  const auto arguments = draw_arguments(function, program.domains, testing::Numbers::kUniform, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  expect_agreement(program, expected, testing::CompiledProgram(function).run(arguments), "compiled");

  const auto fused = function.clone();
  PassOptions options;
  options.check_answers = true;
  const auto passes = run_passes(*fused, default_pipeline(), options);
  ASSERT_TRUE(passes.has_value()) << passes.error().to_string();
  SCOPED_TRACE(print(*fused));
  expect_agreement(program, expected, run_interpreted(*fused, arguments), "interpreted after all passes");
  expect_agreement(program, expected, testing::CompiledProgram(*fused).run(arguments),
                   "compiled after all passes");
}

// What is printed can be read back.
void check_text(const Function& function) {
  const std::string text = print(function);
  const auto module = parse_module(text, "random.ir");
  ASSERT_TRUE(module.has_value()) << module.error().to_string();
  EXPECT_EQ(print(*(*module)->functions.front()), text);
}

TEST(RandomProgram, MeansTheSameInterpretedAndCompiledFusedOrNot) {
  const uint32_t first = environment_number("MINNOW_FUZZ_SEED", 1);
  const uint32_t count = environment_number("MINNOW_FUZZ_PROGRAMS", 200);
  for (uint32_t seed = first; seed - first < count; ++seed) {
    const RandomProgram program = testing::draw_program(seed);
    SCOPED_TRACE(fmt::format("MINNOW_FUZZ_SEED={}\n{}", seed, print(*program.function)));
    check_text(*program.function);
    check(program, seed);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace minnow
