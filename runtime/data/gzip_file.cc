#include "runtime/data/gzip_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/data/inflate.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 30;

}  // namespace

Result<GzipFile> GzipFile::open(const std::string& path) {
  MINNOW_ASSIGN(const int descriptor, open_file_or_pipe(path));
  struct stat status{};
  const bool has_size = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  gzFile file = gzdopen(descriptor, "rb");
  if (file == nullptr) return fail(path, "cannot open: {}", std::strerror(errno));
  gzbuffer(file, 1 << 18);
  return GzipFile(path, descriptor, has_size ? std::optional<int64_t>(status.st_size) : std::nullopt, file);
}

GzipFile::~GzipFile() {
  if (file_ != nullptr) gzclose_r(file_);
}

Result<int64_t> GzipFile::read(std::span<std::byte> bytes) {
  size_t filled = 0;
  while (filled < bytes.size()) {
    const size_t wanted = std::min(bytes.size() - filled, kChunkBytes);
    const int got = gzread(file_, bytes.data() + filled, static_cast<unsigned>(wanted));
    if (got < 0) return fail(path_, "cannot decompress: {}", reason());
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return static_cast<int64_t>(filled);
}

int64_t GzipFile::max_bytes() const {
  if (!size_) return kMaxFileBytes;
  return gzdirect(file_) != 0 ? *size_ : most_inflated(*size_);
}

std::shared_ptr<const MappedFile> GzipFile::map(int64_t bytes) const {
  if (size_ != bytes || gzdirect(file_) == 0) return nullptr;
  auto mapped = MappedFile::map(descriptor_, path_);
  const bool is_whole = mapped && std::ssize(mapped->bytes()) == bytes;  // it may have been cut short since
  return is_whole ? mapped : nullptr;
}

Result<bool> GzipFile::at_end() {
  std::byte extra{};
  MINNOW_ASSIGN(const int64_t got, read({&extra, 1}));
  int code = Z_OK;
  gzerror(file_, &code);
  if (code == Z_BUF_ERROR) return fail(path_, "ends before its gzip stream does");
  return got == 0;
}

std::string GzipFile::reason() const {
  int code = Z_OK;
  const std::string_view text = gzerror(file_, &code);
  if (code == Z_ERRNO) return std::strerror(errno);
  const size_t behind = text.find(": ");  // zlib's name for a file that it did not open itself
  return std::string(text.starts_with("<fd:") && behind != text.npos ? text.substr(behind + 2) : text);
}

}  // namespace minnow
