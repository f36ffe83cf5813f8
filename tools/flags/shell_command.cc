#include "tools/flags/shell_command.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

namespace minnow {
namespace {

[[noreturn]] void become_shell(const char* command) {
  ::setpgid(0, 0);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; ++i) ::dup2(nowhere, i);
  ::execl("/bin/sh", "sh", "-c", command, nullptr);
  ::_exit(127);
}

}  // namespace

Result<bool> succeeds(const std::string& command, int seconds, const std::atomic<bool>& stop) {
  const pid_t child = ::fork();
  if (child < 0) return fail({}, "cannot start a process");
  if (child == 0) become_shell(command.c_str());
  ::setpgid(child, child);  // as the child does: whoever is first, the group is there when it has to be ended
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  auto pause = std::chrono::microseconds(200);
  int status = 0;
  for (pid_t ended = 0; ended != child;) {
    ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) return fail({}, "cannot wait for a process");
    if (ended == child) break;
    if (stop || std::chrono::steady_clock::now() > deadline) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20000));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace minnow
