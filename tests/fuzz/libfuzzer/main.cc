// A program for libFuzzer of one target, MINNOW_FUZZ_TARGET.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const minnow::testing::FuzzTarget* const target = minnow::testing::find_fuzz_target(MINNOW_FUZZ_TARGET);
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
