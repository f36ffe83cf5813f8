// An error as a person at a terminal reads it.
#pragma once

#include <string>

#include "ir/error.h"

namespace minnow {

// Error::to_string, and under each error that has a place in a file the line there, with a caret under the place:
//
//   m.textproto:7:5: error: layer "conv1": kernel is 0, but must lie in [1, 1024]
//     7 |     kernel: 0
//       |     ^
//
// Lines are cut where they are long: what they quote of a file may be as long as the file.
std::string error_text(const Error& error);

}  // namespace minnow
