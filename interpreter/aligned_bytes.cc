#include "interpreter/aligned_bytes.h"

#include <cstring>
#include <new>

#include "interpreter/tensor.h"

namespace minnow {

void AlignedBytes::Free::operator()(std::byte* memory) const {
  ::operator delete(memory, std::align_val_t{kTensorAlignment});
}

AlignedBytes::AlignedBytes(int64_t size) : size_(size) {
  const auto bytes = static_cast<size_t>(size);
  memory_.reset(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kTensorAlignment})));
  std::memset(memory_.get(), 0, bytes);
}

}  // namespace minnow
