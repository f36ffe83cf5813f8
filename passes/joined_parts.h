// Concatenations for which nothing need be copied, since their parts are computed where they have them.
#pragma once

#include <functional>
#include <unordered_map>

#include "ir/function.h"

namespace minnow {

// Where a value lies in a concatenation, in bytes from its beginning. A part may be a concatenation of parts itself.
struct JoinedPart {
  const Value* whole;
  int64_t offset;
};

// By part; all parts of a concatenation or none. `has_home` says which values have bytes elsewhere. What is joined lies
// one behind the other in memory where all dimensions before have one place; and in the body of a block loop, where
// examples lie innermost, [C][H][W][16], along the dimension behind them.
std::unordered_map<const Value*, JoinedPart> find_joined_parts(const Function& function, bool is_block,
                                                               const std::function<bool(const Value*)>& has_home);

// What is computed to be this value, which may be that in another shape.
const Value* without_reshapes(const Value* value);

}  // namespace minnow
