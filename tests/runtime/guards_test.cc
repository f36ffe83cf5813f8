#include "runtime/guards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace minnow {
namespace {

constexpr int64_t kFar = 4352;  // in front of the first page, whatever the size

class GuardedMemory : public testing::TestWithParam<int64_t> {
 protected:
  std::byte* lend(Guards::Use use) { return guards_.lend("x", memory_.data(), GetParam(), use); }
  std::string complaint() {
    const Status status = guards_.take_back();
    return status ? "" : status.error().message;
  }

  std::array<std::byte, 5000> memory_ = {};
  Guards guards_;
};

TEST_P(GuardedMemory, IsACopyThatComesBackIfItMayBeWritten) {
  for (const Guards::Use use : {Guards::Use::kRead, Guards::Use::kUpdate}) {
    std::byte* copy = lend(use);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(copy) % 64, 0U);
    EXPECT_TRUE(std::equal(copy, copy + GetParam(), memory_.data()));
  }
  std::ranges::fill(std::span(lend(Guards::Use::kWrite), static_cast<size_t>(GetParam())), std::byte{7});
  EXPECT_EQ(complaint(), "");
  EXPECT_EQ(std::ranges::count(memory_, std::byte{7}), GetParam());
}

TEST_P(GuardedMemory, MayNotBeWrittenAtItsEndsNorWhereItIsOnlyRead) {
  for (const int64_t place : {int64_t{-1}, int64_t{-256}, GetParam(), GetParam() + 255}) {
    Guards guards;
    guards.lend("x", memory_.data(), GetParam(), Guards::Use::kUpdate)[place] = std::byte{7};
    EXPECT_EQ(guards.take_back().error().message, "a kernel wrote past an end of x") << place;
  }
  lend(Guards::Use::kRead)[GetParam() - 1] = std::byte{7};
  EXPECT_EQ(complaint(), "a kernel wrote to x, which it should only read");
}

TEST_P(GuardedMemory, MayNotBeReadFarBehindItsEnds) {
  const volatile std::byte* copy = lend(Guards::Use::kRead);
  EXPECT_DEATH(static_cast<void>(copy[GetParam() + 320]), "");
  EXPECT_DEATH(static_cast<void>(copy[-kFar]), "");
}

INSTANTIATE_TEST_SUITE_P(Sizes, GuardedMemory, testing::Values(1, 64, 100, 4096, 5000));

}  // namespace
}  // namespace minnow
