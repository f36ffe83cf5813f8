// Memory that is no tensor: the arenas and constants of compiled functions, which may be larger than any tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace minnow {

// Bytes that begin as zeros, aligned like a tensor's.
class AlignedBytes {
 public:
  explicit AlignedBytes(int64_t size);

  std::byte* data() { return memory_.get(); }
  const std::byte* data() const { return memory_.get(); }
  int64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };

  int64_t size_;
  std::unique_ptr<std::byte, Free> memory_;
};

}  // namespace minnow
