#include "tools/flags/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "ir/error.h"

namespace minnow {
namespace {

std::atomic<bool> interrupt_came{false};

void set_flag(int signal) {
  interrupt_came.store(true, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);
}

void end(int) {
  constexpr std::string_view kMessage = "interrupted\n";
  (void)!::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(static_cast<int>(ExitCode::kInterrupted));
}

}  // namespace

void end_on_interrupts() {
  for (const int signal : {SIGINT, SIGTERM})
    if (std::signal(signal, end) == SIG_IGN) std::signal(signal, SIG_IGN);  // as nohup wants it
}

const std::atomic<bool>& watch_for_interrupts() {
  std::signal(SIGINT, set_flag);
  std::signal(SIGTERM, set_flag);
  return interrupt_came;
}

const std::atomic<bool>& interrupt_flag() { return interrupt_came; }

}  // namespace minnow
