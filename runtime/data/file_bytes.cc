#include "runtime/data/file_bytes.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "frontend/load/read_bytes.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr int64_t kMostAtOnce = int64_t{1} << 30;

Status read_at(const Descriptor& file, int64_t offset, std::span<std::byte> to, const std::string& path) {
  while (!to.empty()) {
    const auto wanted = std::min<size_t>(to.size(), kMostAtOnce);
    const ssize_t got = ::pread(file.get(), to.data(), wanted, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(path, "cannot read: {}", std::strerror(errno));
    if (got == 0) return fail(path, "has become shorter while it was read");
    offset += got;
    to = to.subspan(static_cast<size_t>(got));
  }
  return {};
}

class WholeFile : public ByteStream {
 public:
  explicit WholeFile(std::shared_ptr<const FileBytes> file) : file_(std::move(file)) {}

  Result<int64_t> read(std::span<std::byte> to) override {
    const int64_t count = std::min(std::ssize(to), file_->size() - at_);
    MINNOW_TRY(file_->read(at_, to.first(static_cast<size_t>(count))));
    at_ += count;
    return count;
  }
  int64_t size() const override { return file_->size(); }

 private:
  std::shared_ptr<const FileBytes> file_;
  int64_t at_ = 0;
};

}  // namespace

Result<FileBytes> FileBytes::open(const std::string& path) {
  MINNOW_ASSIGN(const int descriptor, open_file_or_pipe(path));
  Descriptor file(descriptor);
  const std::string where = shown_path(path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail(where, "cannot examine: {}", std::strerror(errno));
  if (S_ISREG(status.st_mode)) return FileBytes(where, status.st_size, std::move(file));
  MINNOW_ASSIGN(std::string bytes, read_pipe(file, where, kMaxFileBytes));
  const int64_t size = std::ssize(bytes);
  return FileBytes(where, size, std::move(bytes));
}

FileBytes FileBytes::of(std::string_view bytes, std::string path) {
  return FileBytes(std::move(path), std::ssize(bytes), bytes);
}

Status FileBytes::read(int64_t offset, std::span<std::byte> to) const {
  MINNOW_CHECK(offset >= 0 && offset <= size_ && std::ssize(to) <= size_ - offset, "{} bytes from {} of {} in {}",
               to.size(), offset, size_, path_);
  if (const auto* file = std::get_if<Descriptor>(&source_)) return read_at(*file, offset, to, path_);
  const auto* held = std::get_if<std::string>(&source_);
  const std::string_view bytes = held != nullptr ? *held : std::get<std::string_view>(source_);
  if (!to.empty()) std::memcpy(to.data(), bytes.data() + offset, to.size());
  return {};
}

std::shared_ptr<const MappedFile> FileBytes::map() const {
  const auto* file = std::get_if<Descriptor>(&source_);
  auto mapped = file != nullptr ? MappedFile::map(file->get(), path_) : nullptr;
  const bool is_whole = mapped && std::ssize(mapped->bytes()) == size_;  // it may have been cut short since
  return is_whole ? mapped : nullptr;
}

std::unique_ptr<ByteStream> stream_of(std::shared_ptr<const FileBytes> file) {
  return std::make_unique<WholeFile>(std::move(file));
}

}  // namespace minnow
