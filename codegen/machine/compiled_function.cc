#include "codegen/machine/compiled_function.h"

#include <algorithm>

#include "codegen/machine/jit_code.h"

namespace minnow {

int64_t local_bytes(std::span<const BlockLoop> loops) {
  int64_t most = 0;
  for (const BlockLoop& loop : loops) most = std::max(most, loop.local_bytes);
  return most;
}

CompiledFunction::CompiledFunction() = default;
CompiledFunction::~CompiledFunction() = default;

}  // namespace minnow
