// What nothing depends on.
#pragma once

#include "ir/function.h"

namespace minnow {

// Removes every op that no result of the function depends on. Parameters stay: they are the caller's.
bool eliminate_dead_code(Function& function);

// Removes weights and state that the function neither reads nor changes, such as those of an output that only training
// has: where it leaves the program, they would have to go with it.
void drop_unread_weights(Function& function);

}  // namespace minnow
