// What becomes of a command whose output nobody reads any more, as in `minnow compile m.textproto | head`.
#pragma once

namespace minnow {

// The rest of what is written to stdout and stderr goes nowhere then, and the command goes on to its own end: what it
// does besides is done, and its exit code says of that what it always says. Any other failure to write stays one.
void outlive_readers();

}  // namespace minnow
