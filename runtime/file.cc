#include "runtime/file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "frontend/load/read_bytes.h"
#include "runtime/descriptor.h"

namespace minnow {
namespace {

// One write or read call moves at most this much (Linux itself stops short of 2 GiB).
constexpr size_t kChunkBytes = size_t{1} << 30;

tl::unexpected<Error> system_failure(const std::string& path, std::string_view what) {
  return fail(path, "cannot {}: {}", what, std::strerror(errno));
}

// Removes the temporary file unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

Result<struct stat> status_of(const Descriptor& file, const std::string& path) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_failure(path, "examine");
  if (S_ISDIR(status.st_mode)) return fail(path, "is a folder, not a file");
  return status;
}

// Whether somebody has the pipe open who may yet write: tee(), which takes nothing out of it, would have to wait then.
bool has_writer(const Descriptor& pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const Descriptor out(ends[0]), in(ends[1]);
  return ::tee(pipe.get(), in.get(), 1, SPLICE_F_NONBLOCK) > 0 || errno == EAGAIN;
}

// A pipe by name may never have a writer, and one that is about to come is waited for a little. One that is there may
// take its time.
Status wait_for_a_writer(const Descriptor& pipe, const std::string& path) {
  constexpr int kMilliseconds = 2000;
  pollfd wanted{pipe.get(), POLLIN, 0};
  const int ready = ::poll(&wanted, 1, kMilliseconds);
  if (ready == 0 && !has_writer(pipe)) return fail(path, "is a pipe that nobody writes to");
  if (ready < 0 && errno != EINTR) return system_failure(path, "wait for");
  const int flags = ::fcntl(pipe.get(), F_GETFL);
  if (flags < 0 || ::fcntl(pipe.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) return system_failure(path, "wait for");
  return {};
}

// Fills `bytes` as far as the file reaches; the number of bytes filled comes back.
Result<size_t> read_into(const Descriptor& file, const std::string& path, std::span<char> bytes) {
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, std::min(bytes.size() - filled, kChunkBytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path, "read");
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

// Says nothing of the file that it is to become, whose name may be as long as a name can be.
std::string temporary_name(pid_t process, int number) { return fmt::format(".minnow.{}.{}.tmp", process, number); }

// The process that writes, or wrote, the temporary file of this name.
std::optional<pid_t> writer_of(const std::string& name) {
  pid_t process = 0;
  int number = 0;
  if (std::sscanf(name.c_str(), ".minnow.%d.%d.tmp", &process, &number) != 2) return std::nullopt;
  return name == temporary_name(process, number) ? std::optional(process) : std::nullopt;
}

bool is_alive(pid_t process) {
  return process != ::getpid() && process > 0 && (::kill(process, 0) == 0 || errno == EPERM);
}

// A new file in the folder. A killed process of the same number may have left one behind.
Descriptor create_temporary(const std::string& folder, std::string& path) {
  static std::atomic<int> counter{0};
  constexpr int kAttempts = 1000;
  int descriptor = -1;
  for (int i = 0; i < kAttempts && descriptor < 0 && (i == 0 || errno == EEXIST); ++i) {
    path = folder + "/" + temporary_name(::getpid(), counter++);
    descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  }
  return Descriptor(descriptor);
}

Status write_all(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), std::min(bytes.size(), kChunkBytes));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Writes the temporary file; complaints are about `path`, which it is to become.
Status write_and_sync(Descriptor& file, std::span<const std::string_view> pieces, const std::string& path) {
  for (const std::string_view piece : pieces) MINNOW_TRY(write_all(file, piece, path));
  if (::fsync(file.get()) != 0) return system_failure(path, "sync");
  if (file.close() != 0) return system_failure(path, "close");
  return {};
}

bool is_device_or_pipe(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

Status write_through(const std::string& path, std::span<const std::string_view> pieces) {
  std::fflush(stdout);  // what stands before it
  Descriptor file(is_stdin(path) ? ::dup(STDOUT_FILENO) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return system_failure(path, "open");
  for (const std::string_view piece : pieces) {
    const Status written = write_all(file, piece, path);
    if (!written && errno == EPIPE) return {};  // whoever read has had enough
    MINNOW_TRY(written);
  }
  if (file.close() != 0) return system_failure(path, "close");
  return {};
}

Status sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return system_failure(path, "open folder");
  // Some file systems cannot sync a folder; there the rename is as durable as it gets.
  if (::fsync(folder.get()) != 0 && errno != EINVAL) return system_failure(path, "sync folder");
  return {};
}

}  // namespace

Result<int> open_regular_file(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return system_failure(path, "open");
  MINNOW_ASSIGN(const struct stat status, status_of(file, path));
  if (!S_ISREG(status.st_mode)) return fail(path, "is not a regular file");
  return file.release();
}

Result<int> open_file_or_pipe(const std::string& path) {
  Descriptor file(is_stdin(path) ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return system_failure(shown_path(path), "open");
  MINNOW_ASSIGN(const struct stat status, status_of(file, shown_path(path)));
  if (S_ISFIFO(status.st_mode) && !is_stdin(path)) MINNOW_TRY(wait_for_a_writer(file, path));
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !is_stdin(path))
    return fail(path, "is not a regular file");
  return file.release();
}

Result<std::string> read_pipe(const Descriptor& pipe, const std::string& path, int64_t max_bytes) {
  constexpr size_t kFirstPiece = size_t{1} << 16;
  const auto most = static_cast<size_t>(max_bytes) + 1;
  std::string bytes;
  for (size_t filled = 0; filled == bytes.size() && filled < most;) {
    bytes.resize(std::min(most, std::max(kFirstPiece, 2 * filled)));
    MINNOW_ASSIGN(const size_t got, read_into(pipe, path, std::span(bytes).subspan(filled)));
    filled += got;
    if (filled == bytes.size()) continue;
    bytes.resize(filled);
    break;
  }
  if (std::ssize(bytes) > max_bytes) return fail(path, "is longer than the limit of {} bytes", max_bytes);
  return bytes;
}

Result<std::string> read_file(const std::string& path, int64_t max_bytes) {
  MINNOW_ASSIGN(const int descriptor, open_file_or_pipe(path));
  const Descriptor file(descriptor);
  const std::string where = shown_path(path);
  MINNOW_ASSIGN(const struct stat status, status_of(file, where));
  if (status.st_size > max_bytes)
    return fail(where, "is {} bytes long; the limit is {}", static_cast<int64_t>(status.st_size), max_bytes);
  if (!S_ISREG(status.st_mode)) return read_pipe(file, where, max_bytes);
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  MINNOW_ASSIGN(const size_t filled, read_into(file, where, bytes));
  bytes.resize(filled);
  return bytes;
}

Status write_file_atomically(const std::string& path, std::span<const std::string_view> pieces) {
  if (is_stdin(path) || is_device_or_pipe(path)) return write_through(path, pieces);
  const std::filesystem::path target(path);
  if (!target.has_filename()) return fail(path, "is not the name of a file");
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  std::string name;
  Descriptor file = create_temporary(folder, name);
  if (!file.is_open()) return system_failure(path, "create");
  TemporaryFile temporary(std::move(name));

  MINNOW_TRY(write_and_sync(file, pieces, path));
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) return system_failure(path, "rename into place");
  temporary.keep();
  return sync_folder(folder);
}

Status write_file_atomically(const std::string& path, std::string_view bytes) {
  return write_file_atomically(path, std::span<const std::string_view>(&bytes, 1));
}

struct GrowingFile::Open {
  Descriptor file;
  std::string path;
};

Result<GrowingFile> GrowingFile::create(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_failure(path, "create");
  return GrowingFile(std::shared_ptr<const Open>(new Open{Descriptor(descriptor), path}));
}

Status GrowingFile::append(std::string_view bytes) { return write_all(open_->file, bytes, open_->path); }

void remove_abandoned_files(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const auto writer = writer_of(it->path().filename().string());
    if (writer && !is_alive(*writer)) ::unlink(it->path().c_str());
  }
}

Result<bool> holds_something(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return false;
  const bool is_empty = std::filesystem::is_empty(folder, error);
  if (error) return fail(folder, "cannot list the folder: {}", error.message());
  return !is_empty;
}

Status make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(path, "cannot make the folder: {}", error.message());
  return {};
}

}  // namespace minnow
