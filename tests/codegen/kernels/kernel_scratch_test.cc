// Kernels that need much memory of their own run on a thread that has little stack.
#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

// Less than LLVM's default for a kernel's scratch has ever been, and more than kernels may have on the stack.
constexpr size_t kStackBytes = 256 << 10;

void on_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStackBytes), 0);
  pthread_t thread;
  const auto start = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, start, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

void check(const std::string& text) {
  SCOPED_TRACE(text);
  const auto module = parse_module(text, "scratch.ir");
  ASSERT_TRUE(module) << module.error().to_string();
  const Function& function = *(*module)->functions.front();
  proof::Rng rng(3);
  const std::vector<proof::Domain> domains(function.parameters().size(), {.low = -1, .high = 1});
  const auto arguments = draw_arguments(function, domains, proof::Numbers::kUniform, rng);
  testing::CompiledProgram compiled(function);
  std::vector<Tensor> results;
  on_small_stack([&] { results = compiled.run(arguments); });
  ASSERT_FALSE(results.empty());
  EXPECT_TRUE(agrees(testing::interpret_reference(function, arguments), results));
  EXPECT_TRUE(ignores_threads(compiled, arguments));
}

std::string softmax(const std::string& shape, const std::string& rows, const std::string& dim) {
  return "(%a0 = %x) {kind = row} : f32" + shape + " { %b0 = exp(%a0) : f32" + shape +
         " %b1 = reduce_sum(%b0) {dims = [" + dim + "]} : f32" + rows + " %b2 = broadcast(%b1) {dims = [0]} : f32" +
         shape + " %b3 = div(%b0, %b2) : f32" + shape + " return %b3 }";
}

TEST(KernelScratch, HoldsALongRow) {
  check("func @f(%x: f32[3,100000]) -> (f32[3,100000]) { %0 = fused" + softmax("[3,100000]", "[3]", "1") +
        " return %0 }");
  check("func @f(%x: f32[40,9000]) -> (f32[40,9000]) { %0 = fused" + softmax("[40,9000]", "[40]", "1") +
        " return %0 }");
}

TEST(KernelScratch, HoldsTheRowsOfABlock) {
  std::string fused = softmax("[16,4096]", "[16]", "1");
  fused.replace(fused.find("%x"), 2, "%a");
  check(
      "func @f(%x: f32[48,4096]) -> (f32[48,4096]) { %0 = loop(%a = %x) {count = 3, block = 16, split = [0]} : f32[48,4096] { "
      "%b = fused" +
      fused + " return %b } return %0 }");
}

TEST(KernelScratch, HoldsAPanel) {
  check("func @f(%x: f32[20,4096], %w: f32[4096,70]) -> (f32[20,70]) { %0 = dot(%x, %w) : f32[20,70] return %0 }");
  check(
      "func @f(%x: f32[12,2100], %w: f32[1100,2100]) -> (f32[12,1100]) { %0 = dot(%x, %w) {contract = [1, 1]} : "
      "f32[12,1100] return %0 }");
}

TEST(KernelScratch, HoldsNarrowWeights) {
  check("func @f(%x: f32[300,4096], %w: f32[4096,12]) -> (f32[300,12]) { %0 = dot(%x, %w) : f32[300,12] return %0 }");
}

TEST(KernelScratch, HoldsImages) {
  check(
      "func @f(%x: f32[35,16,18,18], %w: f32[8,16,3,3]) -> (f32[35,8,18,18]) { %0 = conv(%x, %w) {pad = [1, 1, 1, 1]} "
      ": f32[35,8,18,18] return %0 }");
  check(
      "func @f(%x: f32[3,64,20,30], %w: f32[5,64,3,3]) -> (f32[3,5,18,28]) { %0 = conv(%x, %w) : f32[3,5,18,28] "
      "return %0 }");
  check(
      "func @f(%x: f32[3,64,20,30], %y: f32[3,5,18,28]) -> (f32[5,64,3,3]) { %0 = conv_filter(%x, %y) {shape = [5, "
      "64, 3, 3]} : f32[5,64,3,3] return %0 }");
}

TEST(KernelScratch, HoldsWhatABlockSumsUp) {
  check(
      "func @f(%x: f32[48,2], %y: f32[48,6000]) -> (f32[2,6000]) { %0 = loop(%a = %x, %b = %y) {count = 3, block = 16, split = [0, "
      "1], sum = [0]} : f32[2,6000] { %c = dot(%a, %b) {contract = [0, 0]} : f32[2,6000] return %c } return %0 }");
}

}  // namespace
}  // namespace minnow
