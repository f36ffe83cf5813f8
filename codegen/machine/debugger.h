// Lets gdb and lldb see kernels by name: with MINNOW_DEBUGGER set in the environment, every object that is linked is
// announced through the JIT interface that debuggers know (GDB manual, "JIT Compilation Interface").
#pragma once

namespace llvm::orc {
class LLJIT;
}

namespace minnow {

// Does nothing where MINNOW_DEBUGGER is not set. A debugger that cannot be told costs the names, not the run.
void announce_to_debugger(llvm::orc::LLJIT& jit);

}  // namespace minnow
