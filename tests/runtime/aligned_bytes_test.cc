#include "interpreter/aligned_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ir/text.h"
#include "runtime/executable.h"

namespace minnow {
namespace {

TEST(AlignedBytes, AreZerosAtTheirPlace) {
  for (const int64_t size : {0, 1, 63, 64, 65, 4096, 1000000}) {
    const AlignedBytes bytes(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % kTensorAlignment, 0U);
    EXPECT_EQ(bytes.size(), size);
    EXPECT_TRUE(std::all_of(bytes.data(), bytes.data() + size, [](std::byte b) { return b == std::byte{0}; }));
  }
}

// Two values of 2 GiB each are live at once. Nothing is run, so that no memory is touched.
TEST(AlignedBytes, AnArenaMayBeLargerThanATensor) {
  const auto module = parse_module(R"(func @f(%x: f32[]) -> (f32[]) {
  %0 = broadcast(%x) : f32[536870912]
  %1 = exp(%0) : f32[536870912]
  %2 = add(%1, %0) : f32[536870912]
  %3 = reduce_sum(%2) {dims = [0]} : f32[]
  return %3
})",
                                   "f.ir");
  ASSERT_TRUE(module) << module.error().to_string();
  ThreadPool pool(1);
  const auto executable = make_compiled((*module)->functions[0]->clone(), pool);
  EXPECT_TRUE(executable) << executable.error().to_string();
}

}  // namespace
}  // namespace minnow
