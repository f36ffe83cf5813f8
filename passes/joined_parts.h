// Concatenations in a block loop for which nothing need be copied, since their parts are computed where they have them.
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

// By part; all parts of a concatenation or none. `has_home` says which values have bytes elsewhere. In the body of a
// block loop examples lie innermost, [C][H][W][16]: what is joined along the next dimension lies one behind the other.
std::unordered_map<const Value*, JoinedPart> find_joined_parts(const Function& body,
                                                               const std::function<bool(const Value*)>& has_home);

}  // namespace minnow
