// Writes out what a model file leaves unsaid, so that nobody downstream has to know a default.
#pragma once

#include "frontend/load_model.h"

namespace minnow {

// Sets every unset field that has a `default_value` in the schema, and the defaults that depend on other
// fields: name (of the file), output, inputs of layers, optimiser, schedule, initialisers, pool strides,
// normalisation and the number of drawn examples. Never fails and never overwrites; a second call changes
// nothing.
void fill_defaults(LoadedModel& loaded);

// Whether the inputs of this source are images of bytes, fed as u8, rather than f32 numbers.
bool holds_bytes(const spec::Data& data);

}  // namespace minnow
