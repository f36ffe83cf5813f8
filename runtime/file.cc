#include "runtime/file.h"

#include <fcntl.h>
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

namespace minnow {
namespace {

// One write or read call moves at most this much (Linux itself stops short of 2 GiB).
constexpr size_t kChunkBytes = size_t{1} << 30;

tl::unexpected<Error> system_failure(const std::string& path, std::string_view what) {
  return fail(path, "cannot {}: {}", what, std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  // A write error may be told only here, so writers close by hand and look.
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

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

Result<int64_t> file_size(const Descriptor& file, const std::string& path, int64_t max_bytes) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_failure(path, "examine");
  if (status.st_size > max_bytes)
    return fail(path, "is {} bytes long; the limit is {}", static_cast<int64_t>(status.st_size), max_bytes);
  return status.st_size;
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
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
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
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_failure(path, "examine");
  if (S_ISDIR(status.st_mode)) return fail(path, "is a folder, not a file");
  if (!S_ISREG(status.st_mode)) return fail(path, "is not a regular file");
  return file.release();
}

Result<std::string> read_file(const std::string& path, int64_t max_bytes) {
  MINNOW_ASSIGN(const int descriptor, open_regular_file(path));
  const Descriptor file(descriptor);
  MINNOW_ASSIGN(const int64_t size, file_size(file, path, max_bytes));
  std::string bytes(static_cast<size_t>(size), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, std::min(bytes.size() - filled, kChunkBytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path, "read");
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Status write_file_atomically(const std::string& path, std::span<const std::string_view> pieces) {
  if (is_device_or_pipe(path)) return write_through(path, pieces);
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
