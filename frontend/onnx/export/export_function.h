// A function of the IR as an ONNX model: a node or a few for each op, by a table of rules (export_rules.h), so that
// whatever layers are made of is exported. The format is that of https://github.com/onnx/onnx, opset 17.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/function.h"

namespace minnow {

struct OnnxExport {
  // As lowered. Its inputs become those of the file, its weights and states initialisers.
  const Function& function;
  // The same for another batch, so that sizes that differ depend on it and are computed when the file is run. The same
  // function: the batch is fixed.
  const Function& at_other_batch;
  std::string name;  // of the graph
  // Notes for whoever runs the file, key and value.
  std::vector<std::pair<std::string, std::string>> metadata = {};
  // The elements of a weight or state, as they lie in memory.
  std::function<std::string_view(const Value& parameter)> bytes_of = {};
};

// The bytes of the file. Errors: an op that ONNX has nothing for, such as one that draws random numbers; a size that is
// not linear in the batch; more than the format holds, 2 GiB.
Result<std::string> export_onnx(const OnnxExport& what);

}  // namespace minnow
