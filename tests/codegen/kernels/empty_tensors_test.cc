// Tensors of no elements, in every op that takes them: compiled like interpreted, and nothing beyond a buffer is
// touched.
#include <gtest/gtest.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

// Parameters, ops and results of @f.
struct EmptyCase {
  const char* parameters;
  const char* body;
  const char* results;
};

const EmptyCase kCases[] = {
    {"%x: f32[0,3]", "%0 = exp(%x) : f32[0,3]\nreturn %0", "f32[0,3]"},
    {"%x: f32[3,0]", "%0 = reduce_sum(%x) {dims = [1]} : f32[3]\nreturn %0", "f32[3]"},
    {"%x: f32[2,0,3]", "%0 = reduce_sum(%x) {dims = [0, 1, 2]} : f32[]\nreturn %0", "f32[]"},
    {"%x: f32[0,3]", "%0 = reduce_max(%x) {dims = [1]} : f32[0]\nreturn %0", "f32[0]"},
    {"%x: f32[0,3]", "%0 = argmax(%x) {dim = 1} : i32[0]\nreturn %0", "i32[0]"},
    {"%x: f32[]", "%0 = broadcast(%x) {dims = []} : f32[2,0]\nreturn %0", "f32[2,0]"},
    {"%x: f32[0,2]", "%0 = pad(%x) {low = [1, 1], high = [2, 0], interior = [1, 1], value = 7} : f32[3,4]\nreturn %0",
     "f32[3,4]"},
    {"%x: f32[0]", "%0 = pad(%x) {low = [1], high = [0], interior = [0], value = 7} : f32[1]\nreturn %0", "f32[1]"},
    {"%x: f32[0,2], %y: f32[3,2]", "%0 = concat(%x, %y, %x) {dim = 0} : f32[3,2]\nreturn %0", "f32[3,2]"},
    {"%x: f32[2,0]", "%0 = concat(%x, %x) {dim = 1} : f32[2,0]\nreturn %0", "f32[2,0]"},
    {"%x: f32[3,0], %y: f32[0,20]", "%0 = dot(%x, %y) : f32[3,20]\n%1 = exp(%0) : f32[3,20]\nreturn %1", "f32[3,20]"},
    {"%x: f32[0,20], %y: f32[20,20]", "%0 = dot(%x, %y) : f32[0,20]\nreturn %0", "f32[0,20]"},
    {"%x: f32[2,0,5,5], %w: f32[3,0,3,3]", "%0 = conv(%x, %w) : f32[2,3,3,3]\nreturn %0", "f32[2,3,3,3]"},
    {"%x: f32[2,2,0,5], %w: f32[3,2,3,3]", "%0 = conv(%x, %w) {pad = [2, 2, 1, 1]} : f32[2,3,2,5]\nreturn %0",
     "f32[2,3,2,5]"},
    {"%y: f32[2,3,2,5], %w: f32[3,2,3,3]",
     "%0 = conv_input(%y, %w) {pad = [2, 2, 1, 1], shape = [2, 2, 0, 5]} : f32[2,2,0,5]\nreturn %0", "f32[2,2,0,5]"},
    {"%x: f32[0,2,5,5], %y: f32[0,3,3,3]", "%0 = conv_filter(%x, %y) {shape = [3, 2, 3, 3]} : f32[3,2,3,3]\nreturn %0",
     "f32[3,2,3,3]"},
    {"%x: f32[2,2,0,5]", "%0 = window_max(%x) {window = [3, 3], pad = [2, 2, 1, 1]} : f32[2,2,2,5]\nreturn %0",
     "f32[2,2,2,5]"},
    {"%x: f32[2,2,0,5]", "%0 = window_sum(%x) {window = [3, 3], pad = [2, 2, 1, 1]} : f32[2,2,2,5]\nreturn %0",
     "f32[2,2,2,5]"},
    {"%x: f32[2,2,0,5], %y: f32[2,2,2,5]",
     "%0 = window_pick(%x, %y) {window = [3, 3], pad = [2, 2, 1, 1]} : f32[2,2,0,5]\nreturn %0", "f32[2,2,0,5]"},
    {"%y: f32[17,2,2,7]",
     "%0 = window_spread(%y) {window = [3, 3], pad = [2, 2, 2, 2], shape = [17, 2, 0, 5]} : f32[17,2,0,5]\nreturn %0",
     "f32[17,2,0,5]"},
    {"%t: f32[0,3], %i: i32[0]", "%0 = gather(%t, %i) : f32[0,3]\nreturn %0", "f32[0,3]"},
    {"%u: f32[0,3], %i: i32[0]", "%0 = scatter_add(%u, %i) {size = 2} : f32[2,3]\nreturn %0", "f32[2,3]"},
    {"%u: f32[2,0], %i: i32[2]", "%0 = scatter_add(%u, %i) {size = 3} : f32[3,0]\nreturn %0", "f32[3,0]"},
    {"%x: f32[2,0]", "%0 = argsort(%x) {dim = 1} : i32[2,0]\nreturn %0", "i32[2,0]"},
    {"%x: f32[2,0]",
     "%0 = exp(%x) : f32[2,0]\n%1 = reduce_sum(%0) {dims = [1]} : f32[2]\n%2 = broadcast(%1) {dims = [0]} : f32[2,0]\n"
     "%3 = div(%0, %2) : f32[2,0]\nreturn %1, %3",
     "f32[2], f32[2,0]"},
};

TEST(EmptyTensors, AreComputedLikeAllOthers) {
  for (const EmptyCase& given : kCases) {
    const std::string text =
        fmt::format("func @f({}) -> ({}) {{\n{}\n}}\n", given.parameters, given.results, given.body);
    SCOPED_TRACE(text);
    const auto module = parse_module(text, "f.ir");
    ASSERT_TRUE(module) << module.error().to_string();
    const Function& function = *(*module)->functions[0];
    std::vector<Tensor> arguments;
    for (const auto& parameter : function.parameters()) {
      arguments.push_back(Tensor::zeros({DType::kF32, parameter->type.shape}));
      std::ranges::fill(arguments.back().as<float>(), 2.0F);
      arguments.back() = arguments.back().converted_to(parameter->type.dtype);
    }
    const testing::Reference expected = testing::interpret_reference(function, arguments);
    testing::CompiledProgram as_it_stands(function);
    EXPECT_TRUE(agrees(expected, as_it_stands.run(arguments)));
    auto optimized = function.clone();
    ASSERT_TRUE(run_passes(*optimized, default_pipeline(), {}));
    testing::CompiledProgram compiled(*optimized);
    EXPECT_TRUE(agrees(expected, compiled.run(arguments)));
  }
}

}  // namespace
}  // namespace minnow
