#include "codegen/machine/compiled_function.h"

#include "codegen/machine/jit_code.h"

namespace minnow {

CompiledFunction::CompiledFunction() = default;
CompiledFunction::~CompiledFunction() = default;

}  // namespace minnow
