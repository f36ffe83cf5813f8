// The memory plan as text, a line per value.
#pragma once

#include <string>

#include "ir/function.h"

namespace minnow {

// Where each value of `function` and of its block loops lies, and from which op to which it is live.
std::string memory_plan_text(const Function& function);

}  // namespace minnow
