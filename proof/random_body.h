// Functions around fused ops and loops with arbitrary bodies: some as the passes make them, some that compiled code has
// to refuse.
#pragma once

#include <memory>

#include "proof/drawing_scope.h"

namespace minnow::proof {

// A fused op with a body of any kind, which may say of itself that it is of another.
Op* add_random_fused(DrawingScope& scope);
// A loop over blocks of 16 examples: split and whole operands, sums, fused ops.
Op* add_random_loop(DrawingScope& scope);

// An op that loops may hold, whose result has this shape or one that was there before.
void add_loop_op(DrawingScope& scope, const Shape& shape);

enum class BodyKind { kFused, kLoop };

struct RandomBody {
  std::unique_ptr<Function> function;
  bool is_valid = false;  // check_kernels takes it
};

// Two seeds in three give one that is valid, unless luck is very bad.
RandomBody draw_body(uint32_t seed, BodyKind kind);

}  // namespace minnow::proof
