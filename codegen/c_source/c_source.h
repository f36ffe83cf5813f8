// A function as C99: for each op a loop nest in float arithmetic, with the op and its layer above the call. Plain
// rather than fast: nothing is fused or tiled, so that it is easy to read and any compiler takes it, and can make
// vectors of it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "ir/function.h"
#include "passes/plan_memory.h"

namespace minnow {

// Where tensors are, as C expressions of type `void *`, `const void *` for what is only read.
struct CMemory {
  std::vector<std::string> parameters, results;  // "" for a result that has a parameter's place
  std::string arena;
};

// What is not written in C: bodies of kernels, which the passes must not have made, and most of f64.
Status check_c_source(const Function& function);

// The functions that compute one op each, of pointers to its operands and its result. Ops of the same text share one;
// and none is inlined: of what stands in one function compilers' time is more than linear.
class COpFunctions {
 public:
  // The name of the function of these parameters and statements.
  const std::string& find(std::string_view mnemonic, const std::string& parameters, const std::string& statements);
  // All of them; empty if there is none.
  std::string text() const;

 private:
  std::map<std::string, std::string> names_;  // by parameters and statements
  std::string text_;
};

// The statements that compute the function, which call `functions`. It has `plan`'s memory.
std::string c_statements(const Function& function, const MemoryPlan& plan, const CMemory& memory,
                         COpFunctions& functions);

// exp, log and their like, as far as the statements call them: static functions whose names begin with "minnow_".
std::string c_scalar_functions(const std::string& statements);

// The passes that make a function fit for C.
std::string_view c_passes();

}  // namespace minnow
