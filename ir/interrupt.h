// Whoever works long looks from time to time at a flag that Ctrl-C sets. nullptr stands for one that is never set.
#pragma once

#include <atomic>

#include "ir/error.h"

namespace minnow {

using InterruptFlag = const std::atomic<bool>*;

inline bool is_interrupted(InterruptFlag flag) { return flag != nullptr && flag->load(std::memory_order_relaxed); }

inline tl::unexpected<Error> interrupted() {
  return tl::unexpected(Error{"", "interrupted", "", ExitCode::kInterrupted});
}

inline Status check_interrupt(InterruptFlag flag) {
  if (is_interrupted(flag)) return interrupted();
  return {};
}

}  // namespace minnow
