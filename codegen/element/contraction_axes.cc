#include "codegen/element/contraction_axes.h"

#include "codegen/element/accumulate.h"

namespace minnow {

// Each dimension of the result is an axis, or two, of which the inner one has as many places as the outer one's scale.
Position axes_at(ElementEmitter& emitter, const Contraction& contraction, const Position& at) {
  Position axes(contraction.axes.size(), emitter.constant(0));
  for (size_t d = 0; d < at.size(); ++d) {
    Coord rest = at[d];
    for (const AffineCoord::Term& term : contraction.y[d].terms) {
      axes[term.axis] = emitter.divide(rest, term.scale);
      rest = emitter.remainder(rest, term.scale);
    }
  }
  return axes;
}

Position position_at(ElementEmitter& emitter, const AffineMap& map, const Position& axes) {
  Position at;
  for (const AffineCoord& coord : map) {
    Coord sum = emitter.constant(coord.offset);
    for (const AffineCoord::Term& term : coord.terms)
      sum = emitter.add(emitter.scale(axes[term.axis], term.scale), sum);
    at.push_back(sum);
  }
  return at;
}

llvm::Value* emit_at_axes(ElementEmitter& emitter, const Value* operand, const AffineMap& map,
                          const std::vector<Axis>& extents, const Position& axes) {
  Position at = position_at(emitter, map, axes);
  if (stays_inside(map, extents, operand->type.shape)) return emitter.emit(operand, at);
  llvm::Value* exists = nullptr;
  for (size_t d = 0; d < at.size(); ++d) at[d] = unstride(emitter, at[d], map[d].divisor, exists);
  return emitter.emit_guarded(operand, at, exists, 0);
}

}  // namespace minnow
