#include "frontend/lower/lower_results.h"

#include <algorithm>

#include "frontend/load/name_hint.h"
#include "frontend/lower/function_lowering.h"

namespace minnow {

std::vector<std::string> result_names(const Model& model) {
  std::vector<std::string> names;
  for (const spec::Layer& layer : model.layers()) {
    names.push_back(layer.name());
    std::ranges::move(other_results(layer), std::back_inserter(names));
  }
  return names;
}

Result<std::unique_ptr<Function>> lower_result(const LoadedModel& loaded, const std::string& name,
                                               const LowerOptions& options) {
  if (loaded.program) return fail(loaded.path, "the network is a program, which has no layers by name");
  const std::vector<std::string> names = result_names(loaded.model);
  if (std::ranges::find(names, name) == names.end())
    return fail_with_hint(loaded.path, fmt::format("no layer gives \"{}\"", name), name_hint(name, names));
  auto function = std::make_unique<Function>("result");
  FunctionLowering lowering(loaded, options, Mode::kInference, *function);
  lowering.scope().asked.insert(name);
  MINNOW_TRY(lowering.add_inputs());
  MINNOW_TRY(lowering.add_layers());
  function->add_result("result", lowering.output(name));
  return function;
}

}  // namespace minnow
