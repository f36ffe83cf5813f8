// Elementwise kernels: one loop nest over the outputs' elements.
#pragma once

#include "codegen/element/element_emitter.h"
#include "codegen/machine/unit_grid.h"
#include "codegen/schedule/kernel_work.h"
#include "ir/threshold.h"

namespace minnow {

// How a kernel's work may be divided.
struct WorkUnits {
  int64_t count = 1;
  bool parallel = true;  // units may run at the same time
  UnitGrid grid = {};    // of the outputs
};

inline const Threshold kElementsOfUnit{"elements of a unit", 4096};
inline const Threshold kColumnsOfUnit{"columns of a unit", 64};  // when sums run down them

struct LoopOptions {
  int lanes = 0;                                 // 0: the target's
  const Threshold* chunk = &kElementsOfUnit;     // elements of the innermost loop in one work unit
  std::function<void(ElementEmitter&)> prepare;  // binds values before the loops begin
};

WorkUnits emit_loop_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                           const LoopOptions& options = {});

// Computes the outputs at a position, all before any is stored: they may lie over what they are computed from. In two
// steps where several positions are computed first.
std::vector<llvm::Value*> compute_outputs(ElementEmitter& emitter, const KernelWork& work, const Position& at);
void store_computed(ElementEmitter& emitter, const KernelWork& work, const Position& at,
                    const std::vector<llvm::Value*>& elements);
void store_outputs(ElementEmitter& emitter, const KernelWork& work, const Position& at);

// Values in memory that outputs are computed from at the very position that is written: through elementwise ops alone.
std::vector<const Value*> values_read_in_place(const Storage& storage, const KernelWork& work);

// Loops that run together, outermost first: the last dimension of each group and its extent.
struct LoopGroup {
  size_t dim;
  int64_t extent;
};
std::vector<LoopGroup> group_loops(const Shape& shape, const std::vector<bool>& separate);

// For a loop nest over `roots` (all of `shape`): whether dimensions i and i + 1 must be separate loops.
std::vector<bool> loop_boundaries(const Storage& storage, const KernelWork& work, const Shape& shape,
                                  const std::vector<const Value*>& roots, const ElementEmitter& emitter);

}  // namespace minnow
