// Removes every op that no result of the function depends on. Parameters stay: they are the caller's.
#pragma once

#include "ir/function.h"

namespace minnow {

bool eliminate_dead_code(Function& function);

}  // namespace minnow
