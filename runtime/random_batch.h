// A batch that looks like data, for timing a model without its dataset.
#pragma once

#include "runtime/session.h"

namespace minnow {

// The same batch for the same model and batch size every time: bytes over their whole range, tokens and classes that
// the model has, numbers in [0, 1).
Batch draw_batch(const Session& session);

// Every element by the same rule; integers lie in [0, limit).
Tensor random_tensor(const TensorType& type, int64_t limit, uint32_t stream);

// A value for a function's parameter that nothing is known of but its role: small weights, no state, `rate` for real
// scalars.
Tensor random_argument(const Value& parameter, double rate);

}  // namespace minnow
