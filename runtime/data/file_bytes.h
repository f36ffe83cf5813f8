// The bytes of a file, by their places or from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "ir/error.h"
#include "runtime/data/mapped_file.h"
#include "runtime/descriptor.h"

namespace minnow {

// A regular file is read where it is asked for. A pipe, which can be read once, is held as a whole.
class FileBytes {
 public:
  // What read_file takes.
  static Result<FileBytes> open(const std::string& path);
  // Of bytes that outlive it; `path` names them in errors.
  static FileBytes of(std::string_view bytes, std::string path);

  const std::string& path() const { return path_; }  // as messages name it
  int64_t size() const { return size_; }
  // Fills `to` from `offset`; both lie within.
  Status read(int64_t offset, std::span<std::byte> to) const;
  // All of it, where it can be mapped; else nullptr.
  std::shared_ptr<const MappedFile> map() const;

 private:
  using Source = std::variant<Descriptor, std::string, std::string_view>;
  FileBytes(std::string path, int64_t size, Source source)
      : path_(std::move(path)), size_(size), source_(std::move(source)) {}

  std::string path_;
  int64_t size_;
  Source source_;
};

// Bytes from front to back.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills `to` as far as there are bytes; the number of bytes filled comes back.
  virtual Result<int64_t> read(std::span<std::byte> to) = 0;
  // All there are, read or not.
  virtual int64_t size() const = 0;
};

std::unique_ptr<ByteStream> stream_of(std::shared_ptr<const FileBytes> file);

}  // namespace minnow
