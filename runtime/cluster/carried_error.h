// An error as text that goes from one rank to another, on one line.
#pragma once

#include <string>
#include <string_view>

#include "ir/error.h"

namespace minnow {

std::string carry(const Error& error);
// Of what no rank has written, an error that says so.
Error carried_error(std::string_view text);

}  // namespace minnow
