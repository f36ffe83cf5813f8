// Writes out what a model file leaves unsaid, so that nobody downstream has to know a default.
#pragma once

#include "frontend/load/load_model.h"

namespace minnow {

// Sets every unset field for which the schema states a default, and what no option can say: name (of the file), output,
// inputs of layers, optimiser, schedule, normalisation and the number of drawn examples. Never fails and never
// overwrites; a second call changes nothing.
void fill_defaults(LoadedModel& loaded);

// The former alone, in this message and in all that are present inside.
void fill_stated_defaults(google::protobuf::Message* message);

// Bytes are pictures, wherever they come from: what is fed to the network, and what `data stats` measures, is divided
// by 255 unless data.normalize.scale says otherwise. All other numbers are taken as they are.
inline constexpr double kByteScale = 1.0 / 255;

// Whether the inputs of this source are pictures, of numbers from 0 to 255. An .npy file tells only when it is read;
// the bytes of one are divided then, if no scale is set.
bool holds_pictures(const spec::Data& data);
// Whether the source has one label for each example, and no more.
bool labels_whole_examples(const spec::Data& data);
// Whether those are bytes, fed as u8, rather than f32 numbers: pictures of 16 bits have fractions of the unit.
bool holds_bytes(const spec::Data& data);

}  // namespace minnow
