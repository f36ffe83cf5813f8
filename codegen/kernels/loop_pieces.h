// Loops cut where a guard of what they compute changes: where windows begin to reach over the border of their picture,
// where an element lies on padding, where the next part of a concatenation begins. In each piece the emitter knows the
// guards from the loop's bounds, so that they cost nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "codegen/element/element_emitter.h"
#include "codegen/schedule/kernel_work.h"

namespace minnow {

// Where pieces begin, all but the first.
using Cuts = std::vector<int64_t>;

// Of the loop over the windows along dimension i of space: those at the picture's lower border, those inside, those at
// the upper.
Cuts cuts_at_border(const WindowAttributes& window, size_t i, int64_t windows, int64_t picture);

// Of a loop nest over `roots`, all of `shape`: of the loop over each dimension. None where there would be too many
// pieces.
std::vector<Cuts> find_cuts(const Storage& storage, const KernelWork& work, const Shape& shape,
                            const std::vector<const Value*>& roots);

// From 0 to `extent`.
void loop_in_pieces(ElementEmitter& emitter, int64_t extent, const Cuts& cuts,
                    const std::function<void(const Coord&)>& body);

}  // namespace minnow
