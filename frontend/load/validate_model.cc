#include "frontend/load/validate_model.h"

#include "frontend/load/onnx_network.h"

namespace minnow {

Status validate_model(const LoadedModel& loaded) {
  if (loaded.program) return validate_network(loaded);
  if (loaded.graph) return validate_onnx_network(loaded);
  MINNOW_TRY(validate_names(loaded));
  MINNOW_TRY(validate_layers(loaded));
  MINNOW_TRY(validate_ranges(loaded));
  MINNOW_TRY(validate_graph(loaded));
  MINNOW_TRY(validate_training(loaded));
  return {};
}

}  // namespace minnow
