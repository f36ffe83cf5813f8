// Texts from one rank to another, who waits for it: for what is said now and then.
#pragma once

#include <string>

#include "runtime/cluster/communicator.h"

namespace minnow {

Status send_text(Communicator& ranks, int to, const std::string& text);
Result<std::string> receive_text(Communicator& ranks, int from);

}  // namespace minnow
