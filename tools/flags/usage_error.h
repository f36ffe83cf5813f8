// What is wrong with a command line, in the words of the program.
#pragma once

#include <CLI/CLI.hpp>

#include "ir/error.h"

namespace minnow {

// Of `app`, whose parsing threw `error`: the command that was meant, and a flag that was mistyped with the nearest.
Error usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace minnow
