#include "codegen/compiled_function.h"

#include "codegen/jit_code.h"

namespace minnow {

CompiledFunction::CompiledFunction() = default;
CompiledFunction::~CompiledFunction() = default;

}  // namespace minnow
