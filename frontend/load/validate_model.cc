#include "frontend/load/validate_model.h"

#include "frontend/load/mistakes.h"
#include "frontend/load/onnx_network.h"

namespace minnow {

Status validate_model(const LoadedModel& loaded) {
  if (loaded.program) return validate_network(loaded);
  if (loaded.graph) return validate_onnx_network(loaded);
  MINNOW_TRY(validate_parts(loaded));
  Mistakes found;
  for (const auto check : {validate_names, validate_layers, validate_ranges, validate_graph, validate_training})
    found.add(check(loaded));
  return found.status();
}

}  // namespace minnow
