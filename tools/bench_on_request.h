// Steps that another program asks for, so that it can take turns with others: `minnow bench --on-request`.
#pragma once

#include "tools/report/measure.h"

namespace minnow {

// First prints one line of JSON: what preparing took, the FLOPs of a step, and this machine's peak on so many threads.
// Then answers every line of stdin, a number of steps, with the seconds that they took. The end of stdin is the end.
// A line that is not a number from 1 to a million is a usage error.
Result<ExitCode> bench_on_request(const Subject& subject, const BackendFlags& backend);

}  // namespace minnow
