// Parts of the checks of data.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "frontend/load/load_model.h"

namespace minnow {

// The files that a source needs, by field: an error for the first that is empty.
using NamedFiles = std::initializer_list<std::pair<const char*, const std::string*>>;
Status check_files(const LoadedModel& loaded, const std::string& path, NamedFiles files);

// As many inputs and targets as the source has.
Status check_fed(const LoadedModel& loaded);
Status check_npy(const LoadedModel& loaded);
Status check_text(const LoadedModel& loaded);
// Inputs and loss take the tokens of a text or of REVERSE.
Status check_takes_tokens(const LoadedModel& loaded);

}  // namespace minnow
