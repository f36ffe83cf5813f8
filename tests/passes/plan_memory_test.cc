#include "passes/plan_memory.h"

#include <gmock/gmock.h>

#include "ir/builder.h"
#include "ir/text.h"
#include "passes/gradient/autodiff.h"
#include "passes/group/fuse.h"
#include "passes/plan_scratch.h"
#include "passes/simplify/eliminate_common_subexpressions.h"
#include "passes/simplify/eliminate_dead_code.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parse(const std::string& text) {
  auto module = parse_module(text, "test.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  return std::move((*module)->functions.front());
}

const Value* result_of(const Function& function, size_t op) {
  return (*std::next(function.ops().begin(), static_cast<std::ptrdiff_t>(op)))->result();
}

// The value whose bytes these were first.
const Value* owner(const MemoryPlan& plan, const Value* value) {
  for (auto it = plan.shares_operand.find(value); it != plan.shares_operand.end(); it = plan.shares_operand.find(value))
    value = it->second;
  const auto part = plan.parts.find(value);
  return part == plan.parts.end() ? value : owner(plan, part->second.whole);
}

void expect_sound(const Function& function, const MemoryPlan& plan) {
  for (const auto& [value, slot] : plan.slots) {
    EXPECT_EQ(slot.offset % kArenaAlignment, 0);
    EXPECT_GE(slot.bytes, value->type.bytes());
    EXPECT_LE(slot.offset + slot.bytes, plan.arena_bytes);
    for (const auto& [other, their] : plan.slots) {
      const bool overlaps = slot.offset < their.offset + their.bytes && their.offset < slot.offset + slot.bytes;
      const bool meets = slot.first <= their.last && their.first <= slot.last;
      if (value == other || !overlaps || !meets) continue;
      EXPECT_EQ(owner(plan, value), owner(plan, other))
          << value_name(function, value) << " and " << value_name(function, other);
    }
  }
  for (const auto& op : function.ops())
    for (const auto& result : op->results) {
      const size_t homes = plan.slots.count(result.get()) + plan.in_place.count(result.get()) +
                           plan.outputs.count(result.get()) + plan.views.count(result.get());
      EXPECT_EQ(homes, op->kind == OpKind::kConstant ? 0u : 1u) << value_name(function, result.get());
    }
}

TEST(PlanMemory, AValueThatDiesMakesRoom) {
  auto function = parse(R"(
    func @f(%x: f32[16,16], %w: f32[16,16]) -> (f32[16,16]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %1 = dot(%0, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %2 = dot(%1, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %3 = dot(%2, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      return %3
    })");
  const MemoryPlan plan = plan_memory(*function);
  expect_sound(*function, plan);
  EXPECT_EQ(plan.arena_bytes, 2 * 1024);
  EXPECT_EQ(plan.outputs.at(result_of(*function, 3)), 0u);
}

TEST(PlanMemory, AnElementwiseResultTakesItsOperandsPlace) {
  auto function = parse(R"(
    func @f(%x: f32[16,16], %w: f32[16,16]) -> (f32[16,16]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %1 = exp(%0) : f32[16,16]  loc("a")
      %2 = neg(%1) : f32[16,16]  loc("a")
      %3 = dot(%2, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      return %3
    })");
  const MemoryPlan plan = plan_memory(*function);
  expect_sound(*function, plan);
  EXPECT_EQ(plan.arena_bytes, 1024);
}

TEST(PlanMemory, NotThePlaceOfAnOperandReadElsewhere) {
  auto function = parse(R"(
    func @f(%x: f32[16,16], %w: f32[16,16]) -> (f32[16,16]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %1 = fused(%a0 = %0) {kind = loop} : f32[16,16]  loc("a") {
        %b0 = transpose(%a0) {dims = [1, 0]} : f32[16,16]  loc("a")
        %b1 = add(%a0, %b0) : f32[16,16]  loc("a")
        return %b1
      }
      %2 = dot(%1, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      return %2
    })");
  const MemoryPlan plan = plan_memory(*function);
  expect_sound(*function, plan);
  EXPECT_TRUE(plan.shares_operand.empty());
  EXPECT_EQ(plan.arena_bytes, 2 * 1024);
}

// The view and the original are the same bytes: neither may be overwritten while the other is read across.
TEST(PlanMemory, AReshapeSharesItsOperandsBytes) {
  auto function = parse(R"(
    func @f(%x: f32[16,16], %w: f32[16,16]) -> (f32[16,16], f32[256]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %1 = reshape(%0) : f32[256]  loc("a")
      %2 = exp(%0) : f32[16,16]  loc("a")
      %3 = dot(%2, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      %4 = neg(%1) : f32[256]  loc("a")
      return %3, %4
    })");
  const MemoryPlan plan = plan_memory(*function);
  expect_sound(*function, plan);
  EXPECT_EQ(plan.slots.at(result_of(*function, 0)).offset, plan.slots.at(result_of(*function, 1)).offset);
  EXPECT_NE(plan.slots.at(result_of(*function, 0)).offset, plan.slots.at(result_of(*function, 2)).offset);
}

// As long as nobody writes over the parameter; and a result is the caller's own.
TEST(PlanMemory, AReshapeOfAParameterIsAView) {
  auto function = parse(R"(
    func @f(%w: f32[16,16] weight, %g: f32[16,16]) -> (f32[4,64], f32[8,32], w: f32[16,16]) {
      %0 = reshape(%w) : f32[256]  loc("a")
      %1 = reshape(%0) : f32[4,64]  loc("a")
      %2 = reshape(%w) : f32[8,32]  loc("a")
      %3 = sub(%w, %g) : f32[16,16]  loc("a")
      %4 = exp(%1) : f32[4,64]  loc("a")
      return %4, %2, %3
    })");
  const MemoryPlan plan = plan_memory(*function);
  expect_sound(*function, plan);
  const Value* w = function->parameters()[0].get();
  for (const int i : {0, 1}) EXPECT_EQ(plan.views.at(result_of(*function, i)), w);
  EXPECT_EQ(plan.outputs.at(result_of(*function, 2)), 1U);
  EXPECT_THAT(plan.needs_copy, testing::ElementsAre(testing::ElementsAre(2)));
}

TEST(PlanMemory, ANewWeightIsWrittenInPlace) {
  auto function = parse(R"(
    func @f(%w: f32[16,16] weight, %g: f32[16,16]) -> (w: f32[16,16]) {
      %0 = sub(%w, %g) : f32[16,16]  loc("a")
      return %0
    })");
  const MemoryPlan plan = plan_memory(*function);
  EXPECT_EQ(plan.in_place.at(result_of(*function, 0)), function->parameters()[0].get());
  EXPECT_TRUE(plan.needs_copy.empty());
}

TEST(PlanMemory, AnOldWeightThatIsAResultStaysUntilItIsCopied) {
  auto function = parse(R"(
    func @f(%w: f32[16,16] weight, %g: f32[16,16]) -> (w: f32[16,16], old: f32[16,16]) {
      %0 = sub(%w, %g) : f32[16,16]  loc("a")
      return %0, %w
    })");
  const MemoryPlan plan = plan_memory(*function);
  EXPECT_TRUE(plan.in_place.empty());
  EXPECT_THAT(plan.needs_copy, testing::ElementsAre(std::vector<size_t>{1}, std::vector<size_t>{0}));
}

TEST(PlanMemory, ANewWeightWaitsForTheReadersOfTheOld) {
  auto function = parse(R"(
    func @f(%w: f32[16,16] weight, %g: f32[16,16]) -> (w: f32[16,16], y: f32[16,16]) {
      %0 = sub(%w, %g) : f32[16,16]  loc("a")
      %1 = dot(%g, %w) {contract = [1, 0]} : f32[16,16]  loc("a")
      return %0, %1
    })");
  const MemoryPlan plan = plan_memory(*function);
  EXPECT_THAT(plan.needs_copy, testing::ElementsAre(std::vector<size_t>{0}));
  EXPECT_TRUE(plan.slots.contains(result_of(*function, 0)));
  EXPECT_TRUE(fuse(*function));
  EXPECT_TRUE(plan_memory(*function).needs_copy.empty()) << "fuse moves the update behind the dot";
}

TEST(PlanMemory, WhatIsCopiedIsReadBeforeItIsOverwritten) {
  auto function = parse(R"(
    func @f(%x: f32[4], %last: f32[4] state, %older: f32[4] state, %a: f32[4] weight, %b: f32[4] weight)
        -> (last: f32[4], older: f32[4], a: f32[4], b: f32[4], y: f32[4]) {
      return %x, %last, %b, %a, %b
    })");
  EXPECT_THAT(plan_memory(*function).needs_copy,
              testing::ElementsAre(std::vector<size_t>{1}, std::vector<size_t>{0}, std::vector<size_t>{4},
                                   std::vector<size_t>{2, 3}));
}

TEST(PlanMemory, WhatIsNotComputedIsCopied) {
  auto function = parse(R"(
    func @f(%x: f32[4]) -> (a: f32[4], b: f32[4], c: f32[4], d: f32[4]) {
      %0 = neg(%x) : f32[4]  loc("a")
      %1 = constant {value = 1} : f32[4]  loc("a")
      return %0, %0, %x, %1
    })");
  const MemoryPlan plan = plan_memory(*function);
  EXPECT_EQ(plan.outputs.at(result_of(*function, 0)), 0u);
  EXPECT_THAT(plan.needs_copy,
              testing::UnorderedElementsAre(std::vector<size_t>{1}, std::vector<size_t>{2}, std::vector<size_t>{3}));
}

// A deep network of dense layers of uneven width, its gradients and a step of gradient descent.
std::unique_ptr<Function> train_step(const std::vector<int64_t>& widths, int64_t batch) {
  auto function = std::make_unique<Function>("train_step");
  Value* x = function->add_parameter("x", {DType::kF32, {batch, widths[0]}});
  std::vector<Value*> weights;
  Builder b(*function);
  for (size_t i = 1; i < widths.size(); ++i) {
    const std::string layer = "fc" + std::to_string(i);
    weights.push_back(function->add_parameter(layer, {DType::kF32, {widths[i - 1], widths[i]}}, Role::kWeight));
    b.set_location({layer, Phase::kForward});
    x = b.dot(x, weights.back());
    x = i % 2 == 0 ? b.max(x, b.like(x, 0)) : b.unary(OpKind::kSigmoid, x);
  }
  Value* loss = b.reduce_sum(b.mul(x, x), {0, 1});
  std::vector<Value*> gradients;
  const Status status = differentiate(*function, loss, weights, gradients);
  MINNOW_CHECK(status, "{}", status.error().to_string());
  function->add_result("loss", loss);
  for (size_t i = 0; i < weights.size(); ++i) {
    b.set_location({weights[i]->name, Phase::kUpdate});
    function->add_result(weights[i]->name, b.sub(weights[i], b.mul(gradients[i], 0.1)));
  }
  eliminate_common_subexpressions(*function);
  eliminate_dead_code(*function);
  return function;
}

// The longest run of bytes of the arena that hold no value while op `position` runs.
int64_t longest_gap(const MemoryPlan& plan, int position) {
  std::vector<std::pair<int64_t, int64_t>> held;
  for (const auto& [value, slot] : plan.slots)
    if (slot.first <= position && position <= slot.last) held.emplace_back(slot.offset, slot.offset + slot.bytes);
  held.emplace_back(plan.arena_bytes, plan.arena_bytes);
  std::ranges::sort(held);
  int64_t longest = 0, free_from = 0;
  for (const auto& [begin, end] : held) {
    longest = std::max(longest, begin - free_from);
    free_from = std::max(free_from, end);
  }
  return longest;
}

// In a block loop; of parts one of which is a concatenation itself, and one of another length.
TEST(PlanMemory, PartsLieInTheirConcatenation) {
  auto function = parse(R"(
    func @f(%x: f32[16,2,3,3]) -> (f32[16,7,3,3]) {
      %0 = exp(%x) : f32[16,2,3,3]  loc("a")
      %1 = neg(%0) : f32[16,2,3,3]  loc("a")
      %2 = concat(%0, %1) {dim = 1} : f32[16,4,3,3]  loc("a")
      %3 = slice(%x) {start = [0,0,0,0], limit = [16,1,3,3], stride = [1,1,1,1]} : f32[16,1,3,3]  loc("a")
      %4 = log(%1) : f32[16,2,3,3]  loc("a")
      %5 = concat(%2, %3, %4) {dim = 1} : f32[16,7,3,3]  loc("a")
      %6 = sin(%5) : f32[16,7,3,3]  loc("a")
      %7 = cos(%2) : f32[16,4,3,3]  loc("a")
      %8 = concat(%1, %4, %3, %0) {dim = 1} : f32[16,7,3,3]  loc("a")
      %9 = add(%6, %8) : f32[16,7,3,3]  loc("a")
      %10 = reduce_max(%7) {dims = [0,1,2,3]} : f32[]  loc("a")
      %11 = broadcast(%10) {dims = []} : f32[16,7,3,3]  loc("a")
      %12 = add(%9, %11) : f32[16,7,3,3]  loc("a")
      return %12
    })");
  EXPECT_TRUE(plan_memory(*function).parts.empty()) << "outside of block loops parts are not stretches of bytes";
  Op loop;
  loop.kind = OpKind::kLoop;
  loop.attributes = LoopAttributes{.count = 2, .split = {0}, .carry = {}, .sum = {}, .block = 16};
  loop.body = function->clone();
  const Function& body = *loop.body;
  const MemoryPlan plan = plan_body(loop);
  expect_sound(body, plan);
  const auto offset = [&](size_t op) { return plan.slots.at(result_of(body, op)).offset; };
  const int64_t channel = 3 * 3 * 16 * 4;
  EXPECT_EQ(plan.parts.size(), 5U) << "%8's parts lie elsewhere";
  EXPECT_EQ(offset(1), offset(0) + 2 * channel);
  EXPECT_EQ(offset(2), offset(5));
  EXPECT_EQ(offset(3), offset(5) + 4 * channel);
  EXPECT_EQ(offset(4), offset(5) + 5 * channel);
  EXPECT_GE(plan.arena_bytes, peak_live_bytes(plan));
}

// Of one image, row-major, and of parts that are computed in another shape; what is joined along the last dimension, or
// begins between two lines of the cache, is copied.
TEST(PlanMemory, PartsOfOneImageLieInTheirConcatenation) {
  auto function = parse(R"(
    func @f(%x: f32[1,2,4,4], %y: f32[1,1,3,3]) -> (f32[1,5,4,4], f32[1,2,4,8], f32[1,2,3,3]) {
      %0 = exp(%x) : f32[1,2,4,4]  loc("a")
      %1 = reduce_sum(%0) {dims = [1]} : f32[1,4,4]  loc("a")
      %2 = reshape(%1) : f32[1,1,4,4]  loc("a")
      %3 = neg(%x) : f32[1,2,4,4]  loc("a")
      %4 = concat(%0, %2, %3) {dim = 1} : f32[1,5,4,4]  loc("a")
      %5 = cos(%3) : f32[1,2,4,4]  loc("a")
      %6 = sin(%0) : f32[1,2,4,4]  loc("a")
      %7 = concat(%5, %6) {dim = 3} : f32[1,2,4,8]  loc("a")
      %8 = exp(%y) : f32[1,1,3,3]  loc("a")
      %9 = neg(%y) : f32[1,1,3,3]  loc("a")
      %10 = concat(%8, %9) {dim = 1} : f32[1,2,3,3]  loc("a")
      %11 = neg(%4) : f32[1,5,4,4]  loc("a")
      %12 = neg(%7) : f32[1,2,4,8]  loc("a")
      %13 = neg(%10) : f32[1,2,3,3]  loc("a")
      return %11, %12, %13
    })");
  const MemoryPlan plan = plan_memory(*function);
  expect_sound(*function, plan);
  const auto offset = [&](size_t op) { return plan.slots.at(result_of(*function, op)).offset; };
  EXPECT_EQ(plan.parts.size(), 3U);
  EXPECT_EQ(offset(0), offset(4));
  for (const size_t op : {1, 2}) EXPECT_EQ(offset(op), offset(4) + 128);
  EXPECT_EQ(offset(3), offset(4) + 192);
  for (const size_t op : {4, 7, 10}) EXPECT_EQ(moves_nothing(plan, *result_of(*function, op)->op), op == 4);
}

// A large value, a small one between, and an op that needs much beside: what is small gets out of the way.
TEST(PlanMemory, ScratchLiesWhereALargeValueWas) {
  auto function = parse(R"(
    func @f(%x: f32[16,16], %w: f32[16,64], %v: f32[64,4], %u: f32[4,4]) -> (f32[16,4]) {
      %0 = dot(%x, %w) {contract = [1, 0]} : f32[16,64]  loc("a")
      %1 = dot(%0, %v) {contract = [1, 0]} : f32[16,4]  loc("a")
      %2 = dot(%1, %u) {contract = [1, 0]} : f32[16,4]  loc("a")
      %3 = dot(%2, %u) {contract = [1, 0]} : f32[16,4]  loc("a")
      return %3
    })");
  const std::vector<int64_t> scratch = {0, 0, 4000, 100};
  const MemoryPlan plan = plan_memory_with_scratch(*function, scratch);
  expect_sound(*function, plan);
  EXPECT_EQ(plan.arena_bytes, aligned(4000) + 256 + 256) << "more than the first value and the second";
  for (int op = 0; op < 4; ++op) EXPECT_GE(longest_gap(plan, op), scratch[static_cast<size_t>(op)]) << op;
  EXPECT_EQ(plan_memory_with_scratch(*function, {}).arena_bytes, plan_memory(*function).arena_bytes);
}

TEST(PlanMemory, ATrainStepNeedsLittleMoreThanItsPeak) {
  for (const bool fused : {false, true})
    for (const int64_t batch : {1, 32, 256}) {
      auto function = train_step({784, 256, 300, 64, 120, 84, 10}, batch);
      if (fused) fuse(*function);
      const MemoryPlan plan = plan_memory(*function);
      expect_sound(*function, plan);
      EXPECT_TRUE(!fused || plan.needs_copy.empty()) << print(*function);
      EXPECT_LE(static_cast<double>(plan.arena_bytes), 1.05 * static_cast<double>(peak_live_bytes(plan)))
          << "batch " << batch << (fused ? ", fused" : "");
    }
}

}  // namespace
}  // namespace minnow
