// Machine code that is run wrongly, or told wrong things about its memory, is found out by a guarded run: an error, or
// other results than the interpreter's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "passes/gradient/autodiff.h"
#include "passes/pipeline.h"
#include "proof/compiled_program.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

// In blocks of examples, with sums for each of two weights, a constant and more than one block for a share.
std::unique_ptr<Function> network() {
  Function function("f");
  Builder b(function);
  Value* w = function.add_parameter("w", {DType::kF32, {3, 2, 2, 2}}, Role::kWeight);
  Value* v = function.add_parameter("v", {DType::kF32, {27, 5}}, Role::kWeight);
  Value* x = function.add_parameter("x", {DType::kF32, {147, 2, 4, 4}});
  Value* t = function.add_parameter("t", {DType::kF32, {147, 5}});
  Value* y = b.dot(b.reshape(b.conv(x, w, {}), {147, 27}), v);
  y = b.add(y, b.broadcast(b.constant({DType::kF32, {5}}, {1, 2, 3, 4, 5}), {1}, {147, 5}));
  Value* loss = b.reduce_sum(b.mul(y, t), {0, 1});
  std::vector<Value*> gradients;
  MINNOW_CHECK(differentiate(function, loss, std::vector<Value*>{w, v}, gradients), "");
  function.add_result("y", y);
  function.add_result("w", b.sub(w, gradients[0]));
  function.add_result("gradient", gradients[1]);
  auto passed = function.clone();
  MINNOW_CHECK(run_passes(*passed, default_pipeline()), "");
  return passed;
}

struct WrongRun {
  const char* name;
  bool (*plant)(CompiledFunction& code);  // false where there is nothing of the kind
  friend void PrintTo(const WrongRun& c, std::ostream* out) { *out << c.name; }
};

template <Buffer::Kind kind>
bool shorten(CompiledFunction& code) {
  bool found = false;
  for (Buffer& buffer : code.buffers)
    if (buffer.kind == kind && buffer.bytes >= 64) buffer.bytes -= 4, found = true;
  return found;
}

bool drop_block(CompiledFunction& code) { return !code.loops.empty() && code.loops[0].blocks-- > 1; }
bool drop_partition(CompiledFunction& code) { return !code.loops.empty() && code.loops[0].partitions-- > 1; }
bool share_sums(CompiledFunction& code) {
  code.loops[0].sums_bytes = 0;
  return code.loops[0].sums >= 0;
}
bool drop_kernel(CompiledFunction& code) {
  code.kernels.back().units = 0;
  return code.kernels.back().loop < 0;
}
bool swap_buffers(CompiledFunction& code) {
  for (Kernel& kernel : code.kernels)
    for (size_t i = 1; kernel.loop >= 0 && i < kernel.buffers.size(); ++i) {
      std::swap(kernel.buffers[i - 1], kernel.buffers[i]);
      return true;
    }
  return false;
}
bool alias_locals(CompiledFunction& code) {
  bool found = false;
  for (Buffer& buffer : code.buffers)
    if (buffer.kind == Buffer::Kind::kLocal && buffer.offset > 0) buffer.offset = 0, found = true;
  return found;
}
// What blocks write goes to the largest parameter.
bool write_to_parameter(CompiledFunction& code) {
  bool found = false;
  const auto size = [](const Buffer& buffer) { return buffer.kind == Buffer::Kind::kParameter ? buffer.bytes : 0; };
  const auto largest = std::ranges::max_element(code.buffers, {}, size);
  for (Buffer& buffer : code.buffers)
    if (buffer.kind == Buffer::Kind::kBlock &&
        code.buffers[static_cast<size_t>(buffer.index)].kind != Buffer::Kind::kParameter)
      buffer.index = static_cast<int>(largest - code.buffers.begin()), found = true;
  return found;
}

constexpr WrongRun kWrongRuns[] = {
    {"DropsABlock", drop_block},
    {"DropsAShare", drop_partition},
    {"AddsUpAllSharesInOnePlace", share_sums},
    {"DropsAKernel", drop_kernel},
    {"SwapsBuffers", swap_buffers},
    {"AliasesLocalBuffers", alias_locals},
    {"WritesToAnInput", write_to_parameter},
    {"LeavesAResult", shorten<Buffer::Kind::kResult>},
    {"LeavesAWeight", shorten<Buffer::Kind::kParameter>},
    {"LeavesTheArena", [](CompiledFunction& code) { return (code.arena_bytes -= 64) > 0; }},
    {"LeavesALocalBuffer", shorten<Buffer::Kind::kLocal>},
    {"LeavesTheSums", shorten<Buffer::Kind::kPartial>},
};

class GuardedRun : public ::testing::TestWithParam<WrongRun> {};

// What an error or a difference says; empty if all is as it should be.
std::string complaint(const Function& function, const proof::PlantedBug& bug) {
  proof::Rng rng(2);
  const auto arguments =
      draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kWhole, rng);
  const testing::Reference expected = testing::interpret_reference(function, arguments);
  const auto program = proof::CompiledProgram::create(function, {}, &bug);
  MINNOW_CHECK(program, "{}", program.error().to_string());
  for (const int threads : {1, 2}) {
    ThreadPool pool(threads);
    const auto results = program->run(arguments, pool);
    if (!results) return results.error().to_string();
    if (const auto same = agrees(expected, *results); !same) return same.message();
  }
  return "";
}

// In a process of its own, which ends where memory far behind a buffer is touched.
TEST_P(GuardedRun, IsFoundOutWhereIt) {
  const auto complain = [] {
    bool is_planted = false;
    const proof::PlantedBug bug{.code = [&](CompiledFunction& code) { is_planted = GetParam().plant(code); }};
    const std::string found = complaint(*network(), bug);
    std::_Exit(is_planted && !found.empty() ? 1 : 0);
  };
  EXPECT_EXIT(complain(), [](int status) { return status != 0; }, "");
}

INSTANTIATE_TEST_SUITE_P(All, GuardedRun, ::testing::ValuesIn(kWrongRuns),
                         [](const auto& info) { return info.param.name; });

// Rows of 4400 bytes that are not there lie on pages that nobody may touch.
TEST(GuardedRun, ReadsNoPadding) {
  Function function("f");
  Builder b(function);
  Value* x = function.add_parameter("x", {DType::kF32, {3, 1100}});
  function.add_result("pad", b.create(OpKind::kPad, {x}, PadAttributes{{1, 2}, {1, 3}, {0, 0}, 5}));
  function.add_result("spread", b.create(OpKind::kPad, {x}, PadAttributes{{1, 0}, {1, 0}, {1, 1}, 5}));
  Value* images = b.reshape(x, {1, 1, 3, 1100});
  function.add_result("sum", b.window(OpKind::kWindowSum, images, {.window = {3, 2}, .pad = {1, 1, 1, 0}}));
  EXPECT_EQ(complaint(function, {}), "");
}

TEST(GuardedRun, FindsNothingWhereNothingIsWrong) { EXPECT_EQ(complaint(*network(), {}), ""); }

}  // namespace
}  // namespace minnow
