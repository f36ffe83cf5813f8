// A kernel of every kind, so large that its units are worth dividing: ranks end with the bits of one process.
#include <gtest/gtest.h>

#include <algorithm>

#include "ir/builder.h"
#include "proof/parameters.h"
#include "tests/division/divided_steps.h"

namespace minnow {
namespace {

using testing::SteppedFunction;

struct KernelCase {
  const char* name;
  std::vector<TensorType> types;  // of the parameters
  std::function<Value*(Builder& b, const std::vector<Value*>& x)> build;
  friend void PrintTo(const KernelCase& c, std::ostream* out) { *out << c.name; }
};

TensorType f32(Shape shape) { return {DType::kF32, std::move(shape)}; }
TensorType i32(Shape shape) { return {DType::kI32, std::move(shape)}; }

template <typename Attributes>
auto op(OpKind kind, Attributes attributes) {
  return [=](Builder& b, const std::vector<Value*>& x) { return b.create(kind, x, attributes); };
}

const KernelCase kCases[] = {
    {"Loop", {f32({130, 77, 3}), f32({130, 77, 3})}, [](Builder& b, const auto& x) { return b.mul(x[0], x[1]); }},
    {"LoopOfRows",
     {f32({130, 77}), f32({77})},
     [](Builder& b, const auto& x) { return b.add(x[0], b.broadcast(x[1], {1}, {130, 77})); }},
    {"LoopOfColumns",
     {f32({130, 77}), f32({130})},
     [](Builder& b, const auto& x) { return b.add(x[0], b.broadcast(x[1], {0}, {130, 77})); }},
    {"Transpose", {f32({65, 190})}, op(OpKind::kTranspose, DimsAttributes{{1, 0}})},
    {"Concat", {f32({65, 90}), f32({65, 30})}, op(OpKind::kConcat, DimAttributes{1})},
    {"ReduceNothing", {f32({37, 300})}, [](Builder& b, const auto& x) { return b.reduce_sum(x[0], {}); }},
    {"ReduceRows", {f32({37, 5, 300})}, [](Builder& b, const auto& x) { return b.reduce_sum(x[0], {2}); }},
    {"ReduceColumns", {f32({37, 300})}, [](Builder& b, const auto& x) { return b.reduce_sum(x[0], {0}); }},
    {"ReduceLongColumns", {f32({3, 7, 2300})}, [](Builder& b, const auto& x) { return b.reduce_sum(x[0], {1}); }},
    {"ArgMax", {f32({41, 60})}, op(OpKind::kArgMax, DimAttributes{1})},
    {"ArgMaxOfFew", {f32({410, 3})}, op(OpKind::kArgMax, DimAttributes{1})},
    {"CumSum", {f32({3, 9, 200})}, op(OpKind::kCumSum, DimAttributes{1})},
    {"ArgSort", {f32({5, 30, 11})}, op(OpKind::kArgSort, SortAttributes{1, true})},
    {"Gather", {f32({50, 90}), i32({70})}, op(OpKind::kGather, DimAttributes{0})},
    {"ScatterAdd", {f32({70, 200}), i32({70})}, op(OpKind::kScatterAdd, ScatterAttributes{0, 50})},
    {"Dot", {f32({150, 70}), f32({70, 210})}, [](Builder& b, const auto& x) { return b.dot(x[0], x[1]); }},
    {"DotOfAFewPanels", {f32({611, 333}), f32({333, 40})}, [](Builder& b, const auto& x) { return b.dot(x[0], x[1]); }},
    {"DotOfDepth", {f32({100, 5000}), f32({5000, 90})}, [](Builder& b, const auto& x) { return b.dot(x[0], x[1]); }},
    {"DotOfTransposed", {f32({70, 150}), f32({210, 70})}, op(OpKind::kDot, DotAttributes{{0, 1}, 0})},
    {"DotOfBatches", {f32({6, 50, 40}), f32({6, 40, 90})}, op(OpKind::kDot, DotAttributes{{2, 1}, 1})},
    {"DotOfFewRows", {f32({2, 700}), f32({300, 700})}, op(OpKind::kDot, DotAttributes{{1, 1}, 0})},
    {"DotOfFewColumns", {f32({333, 700}), f32({700, 5})}, [](Builder& b, const auto& x) { return b.dot(x[0], x[1]); }},
    {"DotOfRowsInLanes", {f32({64, 333}), f32({64, 5})}, op(OpKind::kDot, DotAttributes{{0, 0}, 0})},
    {"Conv", {f32({3, 5, 19, 17}), f32({7, 5, 3, 3})}, op(OpKind::kConv, ConvAttributes{{}, {1, 1, 1, 1}, {}, 1, {}})},
    {"ConvOfManyChannels",
     {f32({5, 40, 19, 17}), f32({72, 40, 3, 3})},
     op(OpKind::kConv, ConvAttributes{{}, {1, 1, 1, 1}, {}, 1, {}})},
    {"ConvInGroups",
     {f32({2, 48, 15, 15}), f32({96, 24, 3, 3})},
     op(OpKind::kConv, ConvAttributes{{}, {1, 1, 1, 1}, {}, 2, {}})},
    {"ConvAtAStride",
     {f32({5, 40, 19, 17}), f32({72, 40, 3, 3})},
     op(OpKind::kConv, ConvAttributes{{2, 2}, {1, 1, 1, 1}, {}, 1, {}})},
    {"ConvInput",
     {f32({3, 72, 10, 9}), f32({72, 40, 3, 3})},
     op(OpKind::kConvInput, ConvAttributes{{2, 2}, {1, 1, 1, 1}, {}, 1, {3, 40, 19, 17}})},
    {"ConvFilter",
     {f32({3, 40, 19, 17}), f32({3, 72, 10, 9})},
     op(OpKind::kConvFilter, ConvAttributes{{2, 2}, {1, 1, 1, 1}, {}, 1, {72, 40, 3, 3}})},
    {"ConvFilterOfFewChannels",
     {f32({3, 4, 19, 17}), f32({3, 8, 19, 17})},
     op(OpKind::kConvFilter, ConvAttributes{{}, {1, 1, 1, 1}, {}, 1, {8, 4, 3, 3}})},
    {"WindowMax", {f32({3, 5, 18, 18})}, op(OpKind::kWindowMax, WindowAttributes{{2, 2}, {2, 2}, {}, {}})},
    {"WindowMaxOfSmallImages",
     {f32({3, 8, 4, 4})},
     op(OpKind::kWindowMax, WindowAttributes{{3, 3}, {2, 2}, {1, 1, 1, 1}, {}})},
    {"WindowPickOfSmallImages",
     {f32({3, 8, 4, 4}), f32({3, 8, 4, 4})},
     op(OpKind::kWindowPick, WindowAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}, {}})},
    {"WindowSpread",
     {f32({3, 5, 9, 9})},
     op(OpKind::kWindowSpread, WindowAttributes{{2, 2}, {2, 2}, {}, {3, 5, 18, 18}})},
    {"WindowPick",
     {f32({3, 5, 19, 19}), f32({3, 5, 9, 9})},
     op(OpKind::kWindowPick, WindowAttributes{{3, 3}, {2, 2}, {}, {}})},
};

// What the kernel reads has been divided, and what it writes is read by a kernel of rows.
SteppedFunction step_of(const KernelCase& c) {
  auto function = std::make_unique<Function>("f");
  Builder b(*function);
  std::vector<Value*> operands;
  for (size_t i = 0; i < c.types.size(); ++i) {
    Value* x = function->add_parameter("x" + std::to_string(i), c.types[i]);
    operands.push_back(c.types[i].dtype == DType::kF32 ? b.mul(x, x) : x);
  }
  Value* y = c.build(b, operands);
  function->add_result("y", y);
  if (y->type.dtype == DType::kF32) function->add_result("twice", b.add(y, y));
  proof::Rng rng(7);
  std::vector<Tensor> arguments =
      draw_arguments(*function, std::vector<proof::Domain>(function->parameters().size(), {.low = 0, .high = 3}),
                     proof::Numbers::kWhole, rng);
  return {std::move(function), std::move(arguments)};
}

class DividedKernel : public ::testing::TestWithParam<KernelCase> {};

TEST_P(DividedKernel, HasTheBitsOfOneProcess) {
  const SteppedFunction step = step_of(GetParam());
  const std::vector<Tensor> expected = step.alone(1);
  for (const int ranks : {2, 3, 8})
    EXPECT_EQ(step.difference(expected, 1, {.count = ranks, .is_guarded = true}), "") << ranks;
}

// Or dividing would not be tested; what has few units is for one to do.
TEST_P(DividedKernel, SaysWhereItsUnitsLie) {
  const SteppedFunction step = step_of(GetParam());
  for (const Kernel& kernel : step.code().kernels)
    EXPECT_TRUE(kernel.units == 1 || kernel.grid.is_known()) << kernel.name;
}

// Of few images groups of tiles are units, which are no grid: every rank does all of them.
TEST(UndividedKernels, HaveTheBitsOfOneProcess) {
  const SteppedFunction step = step_of({"ConvOfFewImages",
                                        {f32({3, 40, 19, 17}), f32({72, 40, 3, 3})},
                                        op(OpKind::kConv, ConvAttributes{{}, {1, 1, 1, 1}, {}, 1, {}})});
  const auto has_no_grid = [](const Kernel& kernel) { return kernel.units > 1 && !kernel.grid.is_known(); };
  EXPECT_TRUE(std::ranges::any_of(step.code().kernels, has_no_grid));
  const std::vector<Tensor> expected = step.alone(1);
  for (const int ranks : {2, 3, 8})
    EXPECT_EQ(step.difference(expected, 1, {.count = ranks, .is_guarded = true}), "") << ranks;
}

INSTANTIATE_TEST_SUITE_P(All, DividedKernel, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace minnow
