// Scratch lies between what is live while an op runs, and behind it only where no gap is large enough.
#include "codegen/live_arena.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

// Slots of 64 bytes at 0, live in ops 0 to 2, and at 192, live in ops 0 to 1.
MemoryPlan two_slots(const Value* one, const Value* other) {
  MemoryPlan plan;
  plan.arena_bytes = 256;
  plan.slots[one] = {0, 64, 0, 2};
  plan.slots[other] = {192, 64, 0, 1};
  return plan;
}

TEST(LiveArena, TakesTheLowestGapThatIsLargeEnough) {
  const Value one, other;
  LiveArena arena(two_slots(&one, &other), 4, {0, 0});
  arena.advance();
  EXPECT_EQ(arena.take(100), 64);
  EXPECT_EQ(arena.take(64), 256);  // 28 bytes are left of the gap
  EXPECT_EQ(arena.end(), 320);
}

TEST(LiveArena, ForgetsScratchAndWhatIsDead) {
  const Value one, other;
  LiveArena arena(two_slots(&one, &other), 4, {0, 0});
  arena.advance();
  EXPECT_EQ(arena.take(128), 64);
  arena.advance();
  EXPECT_EQ(arena.take(128), 64);
  arena.advance();  // the slot at 192 is dead
  EXPECT_EQ(arena.take(1000), 64);
  arena.advance();  // and so is the one at 0
  EXPECT_EQ(arena.take(200), 0);
}

TEST(LiveArena, KeepsOffWhatIsReserved) {
  LiveArena arena({}, 1, {0, 130});
  arena.advance();
  EXPECT_EQ(arena.take(8), 192);
}

}  // namespace
}  // namespace minnow
