// The order of elements as an order of whole numbers.
#pragma once

#include "codegen/element/element_emitter.h"

namespace minnow {

// An i64 (or a vector of them) for an element: smaller is sooner in the order, equal where the elements are. NaNs have
// the largest of all, whether the order is ascending or descending.
llvm::Value* sort_key(ElementEmitter& emitter, DType dtype, bool descending, llvm::Value* element);

}  // namespace minnow
