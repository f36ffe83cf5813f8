// Memory that is no tensor: the arenas and constants of compiled functions, which may be larger than any tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace minnow {

// Bytes that begin as zeros, aligned like a tensor's. Of a large piece the system gives each page when it is touched
// for the first time.
class AlignedBytes {
 public:
  explicit AlignedBytes(int64_t size);

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  int64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(void* memory) const;
  };

  int64_t size_;
  std::unique_ptr<void, Free> memory_;
  std::byte* data_;
};

}  // namespace minnow
