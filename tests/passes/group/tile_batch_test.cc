#include "passes/group/tile_batch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/builder.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace minnow {
namespace {

// Two loops over blocks, since the second layer reads a sum over all examples of the first, and 9 examples behind them.
std::unique_ptr<Function> network() {
  auto function = std::make_unique<Function>("f");
  Builder b(*function);
  Value* x = function->add_parameter("x", {DType::kF32, {41, 2, 4, 4}});
  Value* w = function->add_parameter("w", {DType::kF32, {3, 2, 2, 2}}, Role::kWeight);
  Value* y = b.conv(x, w, {});
  y = b.sub(y, b.broadcast(b.reduce_mean(y, {0, 2, 3}), {1}, y->type.shape));
  function->add_result("y", b.conv(y, function->add_parameter("v", {DType::kF32, {2, 3, 2, 2}}, Role::kWeight), {}));
  return function;
}

int64_t count_maps(const Function& function) {
  return std::ranges::count(function.ops(), OpKind::kLoop, [](const auto& op) { return op->kind; });
}

TEST(TileBatch, DoesNothingToWhatIsInBlocks) {
  const auto function = network();
  EXPECT_TRUE(tile_batch(*function));
  EXPECT_EQ(count_maps(*function), 2);
  EXPECT_TRUE(verify(*function)) << print(*function);
  const std::string tiled = print(*function);
  EXPECT_FALSE(tile_batch(*function));
  EXPECT_EQ(print(*function), tiled);
}

}  // namespace
}  // namespace minnow
