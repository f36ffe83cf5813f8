// A file in memory: its pages are read as they are touched, and are those of everybody else who reads it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/error.h"
#include "runtime/descriptor.h"

namespace minnow {

// Smaller files are better read: that takes no time, and what becomes of them then does not matter.
inline constexpr int64_t kLeastMappedBytes = int64_t{16} << 20;

// What reads beyond the end of a file that has been cut short is sent SIGBUS, of which programs die. Here a handler,
// which passes on whatever is not its own, puts zeros in the place of what is gone, and check() tells.
class MappedFile {
 public:
  // nullptr of a pipe, of less than kLeastMappedBytes, and where the system cannot. `path` names it in errors.
  static std::shared_ptr<const MappedFile> map(int descriptor, std::string path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // What is written here stays with this process.
  std::span<std::byte> bytes() const { return bytes_; }
  // Whether the file is as it was when it was mapped, and with it all that has been read.
  Status check() const;

 private:
  struct Version {
    int64_t bytes, seconds, nanoseconds;  // size, time of the last change
    bool operator==(const Version&) const = default;
  };
  MappedFile(std::string path, Descriptor file, Version version, std::span<std::byte> bytes, size_t place)
      : path_(std::move(path)), file_(std::move(file)), version_(version), bytes_(bytes), place_(place) {}
  static std::optional<Version> version_of(int descriptor);

  std::string path_;
  Descriptor file_;
  Version version_;
  std::span<std::byte> bytes_;
  size_t place_;  // among those that the handler knows
};

using MappedFiles = std::vector<std::shared_ptr<const MappedFile>>;

// Elements that lie in the file from `offset` on, aligned to their size.
Tensor tensor_in(const std::shared_ptr<const MappedFile>& file, int64_t offset, TensorType type);

}  // namespace minnow
