// A library to preload: one system call that changes a file fails, or the process is killed at it.
//   MINNOW_FAULT  "CALL NUMBER ACTION": the NUMBERth CALL, from 1, below the folder fails. CALL is open, write, fsync,
//                 rename or any; ACTION an errno; or "kill", the process is killed before the call; or "tear", after
//                 half of what is written, else after the call.
//   MINNOW_FAULT_FOLDER  the absolute path that a file's has to begin with.
// What is written to a stream goes past this, inside the C library.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct Fault {
  char call[16] = "";
  int number = 0;
  char action[16] = "";
};

Fault read_fault() {
  Fault fault;
  const char* text = std::getenv("MINNOW_FAULT");
  if (text != nullptr) std::sscanf(text, "%15s %d %15s", fault.call, &fault.number, fault.action);
  return fault;
}

bool is_below_folder(const char* path) {
  const char* folder = std::getenv("MINNOW_FAULT_FOLDER");
  char absolute[4096] = "";
  if (folder == nullptr) return false;
  if (*path != '/' && ::getcwd(absolute, sizeof(absolute)) == nullptr) return false;
  return (std::string(absolute) + "/" + path).find(folder) != std::string::npos;
}

bool is_below_folder(int descriptor) {
  char path[4096] = "";
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  return ::readlink(link.c_str(), path, sizeof(path) - 1) > 0 && is_below_folder(path);
}

// Whether this call is the one.
bool is_due(const char* call) {
  static const Fault fault = read_fault();
  static std::atomic<int> calls{0};
  const bool is_counted = std::strcmp(fault.call, call) == 0 || std::strcmp(fault.call, "any") == 0;
  return is_counted && ++calls == fault.number;
}

// Does the call whose turn it is: not at all, or by half.
template <typename Half>
int fail(Half half) {
  const std::string action = read_fault().action;
  if (action == "tear") half();
  if (action == "tear" || action == "kill") ::kill(::getpid(), SIGKILL);
  errno = std::atoi(action.c_str());
  return -1;
}

template <typename Call>
Call* next(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  if (is_below_folder(descriptor) && is_due("write")) return fail([&] { (void)!real(descriptor, bytes, count / 2); });
  return real(descriptor, bytes, count);
}

int fsync(int descriptor) {
  static const auto real = next<int(int)>("fsync");
  if (is_below_folder(descriptor) && is_due("fsync")) return fail([&] { real(descriptor); });
  return real(descriptor);
}

int rename(const char* from, const char* to) {
  static const auto real = next<int(const char*, const char*)>("rename");
  if (is_below_folder(to) && is_due("rename")) return fail([&] { real(from, to); });
  return real(from, to);
}

int open(const char* path, int flags, ...) {
  static const auto real = next<int(const char*, int, ...)>("open");
  std::va_list arguments;
  va_start(arguments, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(arguments, int) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && is_below_folder(path) && is_due("open")) return fail([&] { real(path, flags, mode); });
  return real(path, flags, mode);
}

}  // extern "C"
