// Elements of a contraction's operands and result by its axes.
#pragma once

#include "codegen/element/element_emitter.h"
#include "ir/contraction.h"

namespace minnow {

// The axes, a coordinate for each, of the result's element `at`; those of the depth are 0.
Position axes_at(ElementEmitter& emitter, const Contraction& contraction, const Position& at);
// Where an element of the tensor with this map lies, for a map without divisors.
Position position_at(ElementEmitter& emitter, const AffineMap& map, const Position& axes);
// The element of the operand with this map, zero where there is none.
llvm::Value* emit_at_axes(ElementEmitter& emitter, const Value* operand, const AffineMap& map,
                          const std::vector<Axis>& extents, const Position& axes);

}  // namespace minnow
