// What a kernel does with each of its buffers, and how much of it one of its work units reads.
#pragma once

#include "codegen/schedule/kernel_work.h"

namespace minnow {

// Of a kernel with these buffers, whose outputs' units lie in `grid`.
std::vector<BufferUse> buffer_uses(const KernelWork& work, const Storage& storage, const std::vector<int>& buffers,
                                   const UnitGrid& grid);

}  // namespace minnow
