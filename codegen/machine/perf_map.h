// Lets `perf` see kernels by name: with MINNOW_PERF set in the environment, every function that is linked adds its
// lines to /tmp/perf-PID.map, where perf looks for code that is in no file
// (linux/tools/perf/Documentation/jit-interface.txt).
#pragma once

namespace llvm::orc {
class ObjectLinkingLayer;
}

namespace minnow {

// Does nothing where MINNOW_PERF is not set.
void add_perf_map(llvm::orc::ObjectLinkingLayer& layer);

}  // namespace minnow
