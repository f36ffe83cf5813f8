// A plain or gzipped file, read from front to back; zlib passes a plain one through.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "ir/error.h"
#include "runtime/data/mapped_file.h"

namespace minnow {

class GzipFile {
 public:
  // What read_file takes.
  static Result<GzipFile> open(const std::string& path);
  GzipFile(GzipFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(other.descriptor_), size_(other.size_),
        file_(std::exchange(other.file_, nullptr)) {}
  GzipFile& operator=(GzipFile&&) = delete;
  ~GzipFile();

  // Fills `bytes` as far as the file reaches; the number of bytes filled comes back.
  Result<int64_t> read(std::span<std::byte> bytes);
  // The most bytes that can come out of this file; of a pipe, that anybody takes.
  int64_t max_bytes() const;
  // All of a plain file of so many bytes, where it can be mapped; else nullptr.
  std::shared_ptr<const MappedFile> map(int64_t bytes) const;
  // Whether the file ends here, its checksum agreeing.
  Result<bool> at_end();

 private:
  GzipFile(std::string path, int descriptor, std::optional<int64_t> size, gzFile file)
      : path_(std::move(path)), descriptor_(descriptor), size_(size), file_(file) {}
  std::string reason() const;

  std::string path_;
  int descriptor_;               // the file's own
  std::optional<int64_t> size_;  // of a regular file
  gzFile file_;
};

}  // namespace minnow
