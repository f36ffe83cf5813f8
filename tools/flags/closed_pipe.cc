#include "tools/flags/closed_pipe.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

namespace minnow {
namespace {

// `cookie` points to the descriptor. All bytes count as written once the other end is closed; 0 is an error.
ssize_t write_while_read(void* cookie, const char* bytes, size_t size) {
  const int descriptor = *static_cast<const int*>(cookie);
  size_t done = 0;
  while (done < size) {
    const ssize_t written = ::write(descriptor, bytes + done, size - done);
    if (written >= 0) done += static_cast<size_t>(written);
    else if (errno == EPIPE) return static_cast<ssize_t>(size);
    else if (errno != EINTR) break;
  }
  return static_cast<ssize_t>(done);
}

bool has_reader(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

void replace(std::FILE*& stream, const int& descriptor, int buffering) {
  if (!has_reader(descriptor)) return;
  constexpr cookie_io_functions_t kFunctions = {.read = {}, .write = write_while_read, .seek = {}, .close = {}};
  std::FILE* pipe = ::fopencookie(const_cast<int*>(&descriptor), "w", kFunctions);
  if (pipe == nullptr) return;
  std::setvbuf(pipe, nullptr, buffering, BUFSIZ);
  stream = pipe;
}

}  // namespace

void outlive_readers() {
  static constexpr int kOut = STDOUT_FILENO, kErr = STDERR_FILENO;
  std::signal(SIGPIPE, [](int) {});  // not ignored: what this program starts shall know it again
  replace(stdout, kOut, _IOFBF);
  replace(stderr, kErr, _IONBF);
}

}  // namespace minnow
