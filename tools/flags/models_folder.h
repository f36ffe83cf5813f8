// The shipped models.
#pragma once

#include <string>

namespace minnow {

// Where they lie: with the installed program, in ../share/minnow/models beside it; else in the source.
const std::string& models_folder();

}  // namespace minnow
