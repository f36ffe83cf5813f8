#include "tools/flags/available_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace minnow {
namespace {

TEST(AvailableMemory, IsReadFromTheSystemsTable) {
  const char* text = "MemTotal:       24000000 kB\nMemFree:  5 kB\nMemAvailable:   19000000 kB\nBuffers: 1 kB\n";
  EXPECT_EQ(meminfo_bytes(text, "MemAvailable:"), int64_t{19000000} << 10);
  EXPECT_EQ(meminfo_bytes(text, "MemNothing:"), -1);
  EXPECT_EQ(meminfo_bytes("MemAvailable: none", "MemAvailable:"), -1);
}

TEST(AvailableMemory, IsSomeOfTheMachines) {
  EXPECT_GT(available_memory(), 0);
  EXPECT_LT(available_memory(), int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGE_SIZE));
}

}  // namespace
}  // namespace minnow
