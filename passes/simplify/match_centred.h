// A tensor less its mean, as normalisations begin.
#pragma once

#include <optional>

#include "ir/function.h"

namespace minnow {

// x - broadcast(mean), where mean = reduce_sum(x)/n is along the dimensions that are not summed up, which the broadcast
// gives their places back.
struct Centred {
  Value* x;
  const Op* sum;  // reduce_sum(x)
  Value* mean;
};
std::optional<Centred> match_centred(const Value* value);

}  // namespace minnow
