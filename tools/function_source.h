// The function that `compile` and `explain` look at, built from a model or read from IR text.
#pragma once

#include <memory>
#include <string>

#include "passes/group/remarks.h"
#include "tools/flags/flags.h"
#include "tools/pass_flags.h"

namespace minnow {

struct FunctionSource {
  const ModelFlags& model;
  std::string function;  // empty: train_step, or the first of the text
  int64_t max_bytes;

  // Whether it is read from IR text as it stands there.
  Result<bool> stands_in_text() const;

  // After the passes of `plan`; what they did is left in `records`.
  Result<std::unique_ptr<Function>> build(const PassFlags& flags, const PassPlan& plan, const PassOptions& options,
                                          std::vector<PassRecord>& records) const;
};

// What memory planning and lowering say of `function`, which has been through the passes, and of its block loops.
// Lowered for a machine as emit_object has it.
Status remark_on_memory(const Function& function, const std::string& triple, const std::string& cpu, Remarks& remarks);

}  // namespace minnow
