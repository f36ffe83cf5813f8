// Ctrl-C. What has nothing to save ends on the spot, whatever it is at; the others are told by a flag.
#pragma once

#include <atomic>

namespace minnow {

// From now on SIGINT and SIGTERM end the process at once, with a word and ExitCode::kInterrupted.
void end_on_interrupts();

// For commands that save before they go: from now on the first SIGINT or SIGTERM sets interrupt_flag(), and a second
// one ends the process as usual. Whoever reads the progress may go; the run stays.
const std::atomic<bool>& watch_for_interrupts();

const std::atomic<bool>& interrupt_flag();

}  // namespace minnow
