#include "frontend/load/read_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

namespace minnow {
namespace {

std::string with_article(std::string_view noun) {
  const bool begins_with_vowel = std::string_view("aeiouI").find(noun.front()) != std::string_view::npos;
  return fmt::format("{} {}", begins_with_vowel ? "an" : "a", noun);
}

// Reads at most the limit and one byte more, so that a pipe without end is refused too.
Result<std::string> read_to_end(int descriptor, const std::string& where, std::string_view kind) {
  std::string bytes;
  std::array<char, 1 << 16> chunk;
  for (ssize_t got = 1; got != 0;) {
    got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno != EINTR) return fail(where, "cannot read the {} file: {}", kind, std::strerror(errno));
    if (got > 0) bytes.append(chunk.data(), static_cast<size_t>(got));
    if (std::ssize(bytes) > kMaxModelBytes)
      return fail(where, "is larger than the {} MiB that {} file may have", kMaxModelBytes >> 20, with_article(kind));
  }
  if (bytes.empty()) return fail(where, "is empty, so it holds no {}", kind);
  return bytes;
}

}  // namespace

std::string shown_path(const std::string& path) { return is_stdin(path) ? "<stdin>" : path; }

Result<std::string> read_bytes(const std::string& path, std::string_view kind) {
  static std::mutex mutex;
  static std::map<std::string, Result<std::string>> read_once;
  const std::lock_guard lock(mutex);
  if (const auto found = read_once.find(path); found != read_once.end()) return found->second;

  const std::string where = shown_path(path);
  const int descriptor = is_stdin(path) ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail(where, "cannot open the {} file: {}", kind, std::strerror(errno));
  struct stat status{};
  const bool is_known = ::fstat(descriptor, &status) == 0;
  const bool is_folder = is_known && S_ISDIR(status.st_mode);
  auto bytes =
      is_folder ? fail(where, "is a folder, not {} file", with_article(kind)) : read_to_end(descriptor, where, kind);
  ::close(descriptor);
  const bool can_be_read_again = is_known && S_ISREG(status.st_mode) && !is_stdin(path);
  if (!can_be_read_again) read_once.emplace(path, bytes);
  return bytes;
}

}  // namespace minnow
