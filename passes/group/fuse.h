// Gathers ops into kernels: `fused` ops with a body, each run as one loop nest, so that what passes between
// its ops stays in registers instead of memory. kernel_form.h says what each kind of kernel can hold.
//
// Splat constants and broadcasts are copied into every body that reads them. Work is never done twice: exp,
// pow, random and their like enter a body only where it reads them once per element.
#pragma once

#include "ir/function.h"
#include "ir/threshold.h"
#include "passes/group/fusion_log.h"

namespace minnow {

// Rows, then contractions, then loops; then moves in-place updates behind the last reader of the old weight,
// so that plan_memory need not copy, and removes the constants and broadcasts that no op reads any more.
// The bodies of loops are fused each for itself.
bool fuse(Function& function, Remarks* remarks = nullptr);

// Sums over all elements of an elementwise result are split into a sum per row and a sum of rows.
bool fuse_rows(Function& function, FusionLog* log = nullptr);
bool fuse_contractions(Function& function, FusionLog* log = nullptr);
bool fuse_loops(Function& function, FusionLog* log = nullptr);

// The widest row, in elements, that a row kernel takes: what it keeps of a row should stay in the first-level
// cache.
inline const Threshold kMaxRowElements{"elements of a fused row", 4096};

// The most ops of a contraction with its epilogue, whose code is repeated for every element of a register tile: a
// longer one neither stays in registers nor compiles fast. A loop over the results computes the rest.
inline const Threshold kMaxEpilogueOps{"ops of an epilogue", 32};

}  // namespace minnow
