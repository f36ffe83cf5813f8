// `compile --html`: one page to look at a function in, at every stage between its passes: text beside graph, the
// changes, the kernels with their LLVM IR, assembly and measured times. It works from file:// and fetches nothing.
#pragma once

#include <string>
#include <vector>

#include "ir/function.h"
#include "tools/page/stages.h"

namespace minnow {

struct StagePage {
  std::string title;          // any text
  const Function& function;   // after the last stage, as it is compiled
  std::vector<Stage> stages;  // at least one
  std::string triple, cpu;    // empty: this machine's, on which the kernels are timed
  int repeats = 0;            // steps to time, on values drawn for the parameters; 0: no times
  int threads = 1;
};

// Errors are those of compiling and running the function.
Result<std::string> stage_page(const StagePage& page);

}  // namespace minnow
