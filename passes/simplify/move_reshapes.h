// Reshapes at a loop's border. A part that the body only reads in another shape comes in that shape, and what it puts
// together is put together before it is reshaped: around the loop a reshape moves nothing, in it each would copy a
// part.
#pragma once

#include "ir/function.h"

namespace minnow {

// Of the loop at `place` among the function's ops.
bool move_reshapes(Function& function, Function::OpList::iterator place);

}  // namespace minnow
