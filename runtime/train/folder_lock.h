// A folder that one process works in at a time.
#pragma once

#include <string>
#include <utility>

#include "ir/error.h"

namespace minnow {

// Held until this goes or the process ends, however that happens. Leaves nothing in the folder.
class FolderLock {
 public:
  // An error if somebody else holds it; where the file system knows no locks, there is none.
  static Result<FolderLock> take(const std::string& folder);

  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace minnow
