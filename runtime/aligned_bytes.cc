#include "runtime/aligned_bytes.h"

#include <cstdlib>
#include <new>

#include "runtime/tensor.h"

namespace minnow {

void AlignedBytes::Free::operator()(void* memory) const { std::free(memory); }

AlignedBytes::AlignedBytes(int64_t size) : size_(size) {
  size_t room = static_cast<size_t>(size) + kTensorAlignment;
  memory_.reset(std::calloc(room, 1));
  void* first = memory_.get();
  if (first == nullptr) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(std::align(kTensorAlignment, static_cast<size_t>(size), first, room));
}

}  // namespace minnow
