// What compiled code asks of fused ops and loops, which the interpreter does not: the passes make no others, a person
// may.
#pragma once

#include "ir/text.h"

namespace minnow {

// An error says which op is at fault, what is wrong with it, and what would run. It says where as `places` has it; else
// it names the function.
Status check_kernels(const Function& function, const OpPlaces& places = {});

}  // namespace minnow
