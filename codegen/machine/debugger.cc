#include "codegen/machine/debugger.h"

#include <llvm/ExecutionEngine/Orc/Debugging/DebuggerSupport.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>

#include <cstdlib>

namespace minnow {

void announce_to_debugger(llvm::orc::LLJIT& jit) {
  if (std::getenv("MINNOW_DEBUGGER") != nullptr) llvm::consumeError(llvm::orc::enableDebuggerSupport(jit));
}

}  // namespace minnow
