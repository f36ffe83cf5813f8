// A command of the user's, run by the shell.
#pragma once

#include <atomic>
#include <string>

#include "ir/error.h"

namespace minnow {

// Runs `command` with sh, its output thrown away, and says whether it exits with 0. One that takes longer than
// `seconds`, or until `stop` is set, is killed, with what it has started, and does not.
Result<bool> succeeds(const std::string& command, int seconds, const std::atomic<bool>& stop);

// The text as one word of a shell command.
std::string shell_word(const std::string& text);

}  // namespace minnow
