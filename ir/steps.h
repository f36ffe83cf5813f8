// How much work walks and searches over a function do, counted where the work is: tests hold that it grows no faster
// than the function. A clock would tell of the machine instead.
#pragma once

#include <cstddef>
#include <cstdint>

namespace minnow {

// Of this thread, since it began: values visited, users looked through, ops renumbered, elements emitted.
inline thread_local int64_t steps_taken = 0;

inline void count_steps(size_t steps = 1) { steps_taken += static_cast<int64_t>(steps); }

}  // namespace minnow
