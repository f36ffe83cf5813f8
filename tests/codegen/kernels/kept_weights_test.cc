// What is made of weights alone and kept: the bits are those of code that keeps nothing, in the first run, in the runs
// that follow and once the weights are others.
#include <gtest/gtest.h>

#include <algorithm>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "proof/rank_threads.h"
#include "runtime/executable.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parse_one(const std::string& text) {
  auto module = parse_module(text, "");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return std::move((*module)->functions[0]);
}

// x·w, of weights [k,n] or, transposed, [n,k].
std::string product(int64_t rows, int64_t depth, int64_t columns, bool is_transposed) {
  const auto [first, second] = is_transposed ? std::pair(columns, depth) : std::pair(depth, columns);
  return fmt::format(
      "func @f(%x: f32[{0},{1}], %w: f32[{2},{3}] weight) -> (f32[{0},{4}]) {{\n"
      "  %0 = dot(%x, %w) {{contract = [1, {5}]}} : f32[{0},{4}]\n  %1 = tanh(%0) : f32[{0},{4}]\n  return %1\n}}\n",
      rows, depth, first, second, columns, is_transposed ? 1 : 0);
}

// A convolution of one image, whose filter is read once for each panel of channels.
std::string convolution(int64_t channels, int64_t filters, int64_t size, int64_t stride) {
  return fmt::format(
      "func @f(%x: f32[1,{0},{2},{2}], %w: f32[{1},{0},3,3] weight) -> (f32[1,{1},{3},{3}]) {{\n"
      "  %0 = conv(%x, %w) {{stride = [{4}, {4}], pad = [1, 1, 1, 1]}} : f32[1,{1},{3},{3}]\n  return %0\n}}\n",
      channels, filters, size, (size - 1) / stride + 1, stride);
}

constexpr char kRecurrence[] = R"(
func @f(%x: f32[45,70], %h: f32[9,70], %w: f32[70,70] weight) -> (f32[9,70]) {
  %0 = loop(%a0 = %x, %a1 = %h, %a2 = %w) {count = 5, split = [0], carry = [1]} : f32[9,70] {
    %b0 = dot(%a1, %a2) {contract = [1, 1]} : f32[9,70]
    %b1 = add(%a0, %b0) : f32[9,70]
    %b2 = tanh(%b1) : f32[9,70]
    return %b2
  }
  return %0
}
)";

// Sums of biases are made once, and so is what is made of them and packed.
constexpr char kOps[] = R"(
func @f(%x: f32[40,64], %w: f32[64,64] weight, %v: f32[64,64] weight, %s: f32[64] state) -> (f32[40,64], f32[64,64]) {
  %0 = add(%w, %v) : f32[64,64]
  %1 = transpose(%0) {dims = [1, 0]} : f32[64,64]
  %2 = reshape(%s) : f32[1,64]
  %3 = reshape(%2) : f32[64]
  %4 = exp(%3) : f32[64]
  %5 = broadcast(%4) {dims = [1]} : f32[40,64]
  %6 = dot(%x, %1) {contract = [1, 0]} : f32[40,64]
  %7 = mul(%6, %5) : f32[40,64]
  %8 = reshape(%1) : f32[4096]
  %9 = reshape(%8) : f32[64,64]
  return %7, %9
}
)";

class KeptWeights : public ::testing::Test {
 protected:
  std::unique_ptr<Executable> make(const Function& function, bool keeps) {
    auto made = make_compiled(function.clone(), pool_, {.keeps_weights = keeps});
    MINNOW_CHECK(made, "{}", made.error().to_string());
    return *std::move(made);
  }

  // So many kernels that keep something, in a function after these passes.
  int64_t check(const std::string& text, const std::vector<Pass>& passes) {
    const auto function = parse_one(text);
    MINNOW_CHECK(run_passes(*function, passes), "a pass failed");
    const auto keeping = make(*function, true), plain = make(*function, false);
    for (const Kernel& kernel : plain->kernels()) EXPECT_FALSE(kernel.is_kept) << kernel.name;
    proof::Rng rng(3);
    std::vector<Tensor> arguments = draw(*function, rng);
    expect_same(*keeping, *plain, arguments, false);
    const std::vector<Tensor> others = draw(*function, rng);
    for (size_t i = 0; i < others.size(); ++i)
      if (function->parameters()[i]->role == Role::kInput) arguments[i].assign(others[i]);
    KernelTrace trace;
    keeping->record_kernels(&trace);
    expect_same(*keeping, *plain, arguments, true);
    keeping->record_kernels(nullptr);
    EXPECT_TRUE(std::ranges::none_of(trace, [](const KernelSpan& span) { return span.kernel->is_kept; })) << text;
    for (size_t i = 0; i < others.size(); ++i) arguments[i].assign(others[i]);
    expect_same(*keeping, *plain, arguments, false);
    expect_same(*keeping, *plain, arguments, true);
    expect_same_on_guarded_memory(*function, arguments);
    return std::ranges::count_if(keeping->kernels(), &Kernel::is_kept);
  }

  static std::vector<Tensor> draw(const Function& function, proof::Rng& rng) {
    return draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kUniform,
                          rng);
  }

  static void expect_same(Executable& keeping, Executable& plain, std::vector<Tensor>& arguments, bool has_same) {
    std::vector<Tensor*> pointers;
    for (Tensor& argument : arguments) pointers.push_back(&argument);
    ASSERT_TRUE(has_same ? keeping.run_again(pointers) : keeping.run(pointers));
    ASSERT_TRUE(plain.run(pointers));
    for (size_t i = 0; i < plain.function().results().size(); ++i)
      EXPECT_EQ(keeping.result(i, pointers).bytes(), plain.result(i, pointers).bytes()) << print(plain.function());
  }

  // Nothing is written over what is kept; among ranks, too.
  static void expect_same_on_guarded_memory(const Function& function, const std::vector<Tensor>& arguments) {
    const auto program = proof::CompiledProgram::create(function, {.keeps_weights = true});
    ASSERT_TRUE(program) << program.error().to_string();
    const std::vector<Tensor> expected = testing::CompiledProgram(function).run(arguments);
    const auto check = [&](Communicator* rank) -> Status {
      ThreadPool pool(2);
      MINNOW_ASSIGN(const std::vector<Tensor> actual, program->run(arguments, pool, rank));
      for (size_t i = 0; i < actual.size(); ++i)
        if (actual[i].bytes() != expected[i].bytes()) return fail("", "result {} differs", i);
      return {};
    };
    EXPECT_TRUE(check(nullptr)) << print(function);
    EXPECT_TRUE(proof::RankThreads(3).run([&](Communicator& rank) { return check(&rank); })) << print(function);
  }

  ThreadPool pool_{2};
};

TEST_F(KeptWeights, OfProductsOfEverySize) {
  int64_t kept = 0;
  for (const int64_t rows : {1, 3, 16, 40, 70})
    for (const auto& [depth, columns] : {std::pair<int64_t, int64_t>{33, 40}, {300, 130}, {512, 256}})
      for (const bool is_transposed : {false, true})
        kept += check(product(rows, depth, columns, is_transposed), default_pipeline());
  EXPECT_GT(kept, 10);
}

TEST_F(KeptWeights, OfManyRowsAreNotWorthTheMemory) {
  EXPECT_EQ(check(product(2000, 64, 64, true), default_pipeline()), 0);
}

TEST_F(KeptWeights, OfConvolutions) {
  int64_t kept = 0;
  for (const int64_t channels : {16, 33})
    for (const int64_t filters : {32, 70})
      for (const int64_t stride : {1, 2}) kept += check(convolution(channels, filters, 24, stride), default_pipeline());
  EXPECT_GT(kept, 4);
}

TEST_F(KeptWeights, InFrontOfALoop) { EXPECT_EQ(check(kRecurrence, default_pipeline()), 1); }

TEST_F(KeptWeights, OfOpsThatReadNothingElse) {
  EXPECT_GT(check(kOps, {}), 3);
  EXPECT_GT(check(kOps, default_pipeline()), 0);
}

// What the function changes is another one in the next run.
TEST_F(KeptWeights, AreThoseThatStayAsTheyAre) {
  const auto function = parse_one(
      "func @f(%x: f32[40,64], %w: f32[64,64] weight) -> (f32[40,64], w: f32[64,64]) {\n"
      "  %0 = dot(%x, %w) {contract = [1, 1]} : f32[40,64]\n  %1 = add(%w, %w) : f32[64,64]\n"
      "  return %0, %1\n}\n");
  const std::unique_ptr<Executable> executable = make(*function, true);
  for (const Kernel& kernel : executable->kernels()) EXPECT_FALSE(kernel.is_kept) << kernel.name;
}

}  // namespace
}  // namespace minnow
