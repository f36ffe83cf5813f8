// A model whose network is a program.
#include "frontend/load/complain.h"
#include "frontend/load/program.h"
#include "frontend/load/validate_model.h"

namespace minnow {

Status validate_weights(const LoadedModel& loaded) {
  for (int i = 0; i < loaded.model.network().weights_size(); ++i) {
    const spec::Network::Weight& weight = loaded.model.network().weights(i);
    const std::string path = fmt::format("network.weights.{}", i);
    if (weight.name().empty())
      return complain_with_hint(loaded, path, "a name or a pattern: \"*.bias\"", "name is missing");
    MINNOW_TRY(check_fields(loaded, weight.init(), path + ".init"));
  }
  return {};
}

Status validate_network(const LoadedModel& loaded) {
  MINNOW_TRY(check_model_name(loaded));
  MINNOW_TRY(validate_ranges(loaded));
  MINNOW_TRY(validate_weights(loaded));
  return loaded.model.has_data() ? validate_data(with_inputs_of_program(loaded)) : Status{};
}

}  // namespace minnow
