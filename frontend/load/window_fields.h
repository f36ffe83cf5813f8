// The fields of a window, as the schema has them.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <array>
#include <cstdint>

namespace minnow {

// What a field says of both directions: one value, or (vertical, horizontal).
std::array<int64_t, 2> pair_of(const google::protobuf::RepeatedField<int64_t>& values);
// Of `pad`: top, bottom, left, right.
std::array<int64_t, 4> explicit_pad(const google::protobuf::RepeatedField<int64_t>& pad);

}  // namespace minnow
