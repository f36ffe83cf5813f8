#include "passes/group/outline.h"

#include <gmock/gmock.h>

#include "ir/text.h"

namespace minnow {
namespace {

using testing::UnorderedElementsAreArray;

void expect_same(const OpGraph& graph, const OpGraph& fresh, const Value* value) {
  const auto expected = fresh.uses().users(value);
  EXPECT_THAT(graph.uses().users(value), UnorderedElementsAreArray(expected.begin(), expected.end()));
  EXPECT_EQ(graph.uses().is_result(value), fresh.uses().is_result(value));
}

std::vector<const Op*> ops_of(const OpGraph& graph) {
  std::vector<const Op*> ops;
  for (int i = 0; i < graph.size(); ++i)
    if (graph.op(i) != nullptr) ops.push_back(graph.op(i));
  return ops;
}

// The graph is told of what outline() does; it must then be what one made anew is, but for places that are empty.
void expect_up_to_date(const OpGraph& graph, const Function& function) {
  const OpGraph fresh(function);
  ASSERT_EQ(ops_of(graph), ops_of(fresh));
  for (const auto& parameter : function.parameters()) expect_same(graph, fresh, parameter.get());
  for (const auto& op : function.ops()) {
    EXPECT_EQ(graph.op(graph.position(op.get())), op.get());
    EXPECT_EQ(graph.iterator(op.get()), fresh.iterator(op.get()));
    for (const auto& result : op->results) expect_same(graph, fresh, result.get());
  }
}

TEST(Outline, KeepsTheGraphUpToDate) {
  // %1 is copied, %3 escapes as a result and to %4, which moves behind the kernel.
  const auto module = parse_module(R"(
    func @f(%x: f32[4,4], %v: f32[4]) -> (f32[4,4], f32[4,4], f32[4]) {
      %0 = constant {value = 2} : f32[4,4]
      %1 = broadcast(%v) {dims = [0]} : f32[4,4]
      %2 = mul(%x, %1) : f32[4,4]
      %3 = mul(%2, %2) : f32[4,4]
      %4 = reduce_sum(%3) {dims = [0]} : f32[4]
      %5 = add(%1, %3) : f32[4,4]
      %6 = mul(%5, %0) : f32[4,4]
      %7 = mul(%0, %1) : f32[4,4]
      return %3, %6, %4
    })",
                                   "f.ir");
  ASSERT_TRUE(module) << module.error().to_string();
  Function& function = *(*module)->functions.front();
  OpGraph graph(function);

  Cluster first(graph);
  for (const int position : {1, 2, 3, 5}) first.add(graph.op(position));
  ASSERT_TRUE(first.is_convex());
  const Op* kernel = outline(function, graph, first, OpKind::kFused, FusedAttributes{FusionKind::kLoop});
  EXPECT_EQ(kernel->results.size(), 2U);
  expect_up_to_date(graph, function);

  Cluster second(graph);  // with the kernel that has just been made
  second.add(kernel);
  second.add(graph.uses().users(kernel->result(1))[0]);
  outline(function, graph, second, OpKind::kLoop, LoopAttributes{});
  expect_up_to_date(graph, function);
}

}  // namespace
}  // namespace minnow
