// What `data` asks for before a network sees its numbers.
#pragma once

#include "frontend/schema/data.pb.h"
#include "ir/builder.h"

namespace minnow {

// (x * scale - mean) / deviation of x [N,...], as x * factor + shift; x itself where that changes nothing.
Value* normalize_input(Builder& b, Value* x, const spec::Data::Normalize& normalize);

}  // namespace minnow
