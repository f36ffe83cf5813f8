#include "codegen/kernels/kernel_scratch.h"

#include <algorithm>

namespace minnow {

ScratchUnits::ScratchUnits(KernelBuilder& kernel, const KernelWork& work, ScratchNeed need)
    : kernel_(kernel), pieces_(need.pieces),
      units_(work.scratch < 0 ? need.pieces : std::min(need.pieces, work.scratch_units)) {
  MINNOW_CHECK(need.bytes <= scratch_room(work), "{} bytes of scratch in {}", need.bytes, scratch_room(work));
  llvm::IRBuilder<>& ir = kernel.ir();
  if (work.scratch >= 0) {
    llvm::Value* offset = ir.CreateMul(kernel.begin(), kernel.index(work.scratch_bytes));
    memory_ = ir.CreateGEP(ir.getInt8Ty(), kernel.buffer(work.scratch), offset);
  } else {
    memory_ = kernel.stack(ir.getInt8Ty(), std::max<int64_t>(need.bytes, 1));
  }
}

llvm::Value* ScratchUnits::first_piece(llvm::Value* unit) {
  if (units_ == pieces_) return unit;
  llvm::IRBuilder<>& ir = kernel_.ir();
  return ir.CreateSDiv(ir.CreateMul(unit, kernel_.index(pieces_)), kernel_.index(units_));
}

}  // namespace minnow
