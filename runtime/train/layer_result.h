// What one layer of a network makes of examples.
#pragma once

#include <string>

#include "runtime/session.h"

namespace minnow {

// A layer's result, or one that it gives beside it, "memory.forget_gate", [N,...]: by the interpreter, on the session's
// weights. Errors are those of lower_result.
Result<Tensor> layer_result(Session& session, const std::string& name, Batch& batch);

}  // namespace minnow
