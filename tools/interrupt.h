// Ctrl-C, for commands that save before they go.
#pragma once

#include <atomic>

namespace minnow {

// From now on the first SIGINT or SIGTERM sets the flag, and a second one ends the process as usual. Whoever reads the
// progress may go; the run stays.
const std::atomic<bool>& watch_for_interrupts();

}  // namespace minnow
