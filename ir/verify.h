// Checks every rule a Function must obey: operands defined before use, types as inferred, unique parameter names,
// results that exist, in-place results of the parameter's type, fused bodies that match their operands.
#pragma once

#include "ir/function.h"

namespace minnow {

Status verify(const Function& function);
Status verify(const Module& module);

}  // namespace minnow
