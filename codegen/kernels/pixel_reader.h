// Vectors of pixels of the input, read from memory or put together of others.
#pragma once

#include <functional>

#include "codegen/element/element_emitter.h"
#include "codegen/schedule/pixel_vectors.h"

namespace minnow {

// Those at these places behind `input`, of which nothing but so many elements, f32, is read; nullptr: there is nothing
// in any lane.
llvm::Value* read_pixels(ElementEmitter& emitter, llvm::Value* input, int64_t elements, const Places& places);

// The same of `pieces`, vectors by their first elements, in which all of them lie.
llvm::Value* put_together(ElementEmitter& emitter, const Places& places, const std::vector<int64_t>& pieces,
                          const std::function<llvm::Value*(int64_t)>& piece_at);

}  // namespace minnow
