// Memory that a kernel needs beside registers and buffers: a panel, packed images, a row. Where it is small it is on
// the stack, of which a thread may have little; else it is planned with the arena, in a block loop with the thread's.
//
// The pieces of work that are done in one call share theirs. In the arena there is one for each work unit, and a call
// takes that of its first: no other call has it, and the next piece finds it in the cache. Such a kernel has few units,
// of several pieces each.
#pragma once

#include "codegen/element/kernel_builder.h"
#include "codegen/schedule/kernel_work.h"
#include "ir/threshold.h"

namespace minnow {

inline const Threshold kMaxStackBytes{"bytes of scratch on the stack", 128 << 10};
inline const Threshold kMaxScratchUnits{"units with scratch of their own", 32};

// What a kernel of so many pieces of work needs for one of them.
struct ScratchNeed {
  int64_t bytes = 0;
  int64_t pieces = 1;
};

class ScratchUnits {
 public:
  // `bytes` no more than scratch_room(work).
  ScratchUnits(KernelBuilder& kernel, const KernelWork& work, ScratchNeed need);

  llvm::Value* memory() const { return memory_; }
  int64_t count() const { return units_; }  // of the kernel
  // The pieces of this call.
  llvm::Value* begin() { return first_piece(kernel_.begin()); }
  llvm::Value* end() { return first_piece(kernel_.end()); }
  void loop(llvm::function_ref<void(llvm::Value*)> body) { kernel_.loop(begin(), end(), 1, body); }

 private:
  llvm::Value* first_piece(llvm::Value* unit);

  KernelBuilder& kernel_;
  int64_t pieces_, units_;
  llvm::Value* memory_ = nullptr;
};

// Bytes that there are for one piece of work.
inline int64_t scratch_room(const KernelWork& work) { return work.scratch < 0 ? kMaxStackBytes : work.scratch_bytes; }

}  // namespace minnow
