// Every op by itself, compiled, against the reference interpreter: odd shapes, all element types, special
// numbers.
#include <gtest/gtest.h>

#include "codegen/compile.h"
#include "ir/text.h"
#include "passes/plan_memory.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

using proof::Numbers;
using proof::Rng;

constexpr int kTrials = 22;
constexpr int kThreadTrials = 4;

bool is_sum(OpKind kind) {
  switch (kind) {
    case OpKind::kReduceSum:
    case OpKind::kScatterAdd:
    case OpKind::kCumSum:
    case OpKind::kWindowSum:
    case OpKind::kWindowSpread:
    case OpKind::kWindowPick: return true;
    default: return has_trait(kind, kContraction);
  }
}

// The f32 functions that codegen computes itself; accuracy_test.cc bounds their errors.
bool is_approximate(OpKind kind) {
  switch (kind) {
    case OpKind::kExp:
    case OpKind::kLog:
    case OpKind::kLog1p:
    case OpKind::kExpm1:
    case OpKind::kTanh:
    case OpKind::kSigmoid:
    case OpKind::kErf:
    case OpKind::kErfc:
    case OpKind::kSin:
    case OpKind::kCos:
    case OpKind::kAtan:
    case OpKind::kPower: return true;
    default: return false;
  }
}

// Sums of whole numbers are exact, other sums depend on their order; all else but the approximations is
// exact.
void check(OpKind kind, const Function& function, const std::vector<Tensor>& arguments, Numbers numbers,
           testing::CompiledProgram& compiled) {
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  const std::vector<Tensor> actual = compiled.run(arguments);
  if (kind == OpKind::kLoop || (is_sum(kind) && numbers != Numbers::kWhole)) {
    EXPECT_TRUE(agrees(expected, actual));
  } else {
    testing::Tolerance tolerance{.signed_zeros = has_trait(kind, kElementwise | kIndexMap)};
    if (is_approximate(kind)) tolerance = {.relative = 4.0 / (1 << 23), .absolute = 3e-45, .signed_zeros = true};
    EXPECT_TRUE(testing::agrees(expected.results[0], actual[0], tolerance));
  }
}

// Whether the zeros around an image meet the filter is left open, so that infinities there say nothing; a loop may hold
// one.
std::vector<Numbers> numbers_for(OpKind kind) {
  if ((has_trait(kind, kContraction) && has_trait(kind, kWindow)) || kind == OpKind::kLoop)
    return {Numbers::kWhole, Numbers::kUniform};
  return {Numbers::kWhole, Numbers::kUniform, is_sum(kind) ? Numbers::kSingular : Numbers::kSpecial};
}

// A function of one op of `kind`, and what its arguments are drawn from.
struct Case {
  Function function{"f"};
  std::vector<proof::Domain> domains;

  Case(OpKind kind, Rng& rng) {
    Builder b(function);
    proof::ParameterSource source(function, rng, {1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33},
                                  {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred});
    if (Value* result = proof::draw_op(kind, b, source, rng)) function.add_result("result", result);
    domains = source.domains();
  }
};

class EveryOp : public ::testing::TestWithParam<OpKind> {
 protected:
  OpKind kind_ = GetParam();
  Rng rng_{29 + static_cast<uint32_t>(kind_)};
};

// Every second program is for a machine with vectors of 256 bits, where this one has wider ones.
std::string cpu_of_trial(int trial) {
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (trial % 2 == 1 && has_avx2) return "x86-64-v3";
#endif
  return {};
}

TEST_P(EveryOp, ComputesWhatTheInterpreterDoes) {
  for (int trial = 0; trial < kTrials; ++trial) {
    const Case c(kind_, rng_);
    ASSERT_FALSE(c.function.results().empty()) << "no case for " << mnemonic(kind_);
    SCOPED_TRACE(print(c.function));
    testing::CompiledProgram compiled(c.function, cpu_of_trial(trial));
    for (const Numbers numbers : numbers_for(kind_))
      check(kind_, c.function, draw_arguments(c.function, c.domains, numbers, rng_), numbers, compiled);
    if (HasFailure()) return;
  }
}

TEST_P(EveryOp, ComputesTheSameWithAnyNumberOfThreads) {
  for (int trial = 0; trial < kThreadTrials; ++trial) {
    const Case c(kind_, rng_);
    SCOPED_TRACE(print(c.function));
    testing::CompiledProgram compiled(c.function);
    ASSERT_TRUE(ignores_threads(compiled, draw_arguments(c.function, c.domains, Numbers::kUniform, rng_)));
  }
}

// Which the kernels of bundles for microcontrollers and WebAssembly have.
TEST_P(EveryOp, IsEmittedForAddressesOf32Bits) {
  for (int trial = 0; trial < kTrials; ++trial) {
    const Case c(kind_, rng_);
    SCOPED_TRACE(print(c.function));
    const auto text = emit_llvm_ir(c.function, plan_memory(c.function), "wasm32-unknown-unknown");
    ASSERT_TRUE(text) << text.error().to_string();
  }
}

// A fused op is made by the passes: fused_kernels_test.cc.
std::vector<OpKind> kinds() {
  std::vector<OpKind> kinds;
  for (size_t i = 0; i < kOpCount; ++i)
    if (auto kind = static_cast<OpKind>(i); kind != OpKind::kFused) kinds.push_back(kind);
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(FromTheTable, EveryOp, ::testing::ValuesIn(kinds()),
                         [](const auto& info) { return std::string(op_info(info.param).name); });

}  // namespace
}  // namespace minnow
