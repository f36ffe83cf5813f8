// Several inputs and targets.
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "frontend/load/complain.h"
#include "frontend/load/program.h"
#include "frontend/load/text_data.h"
#include "frontend/load/validate_data.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

using Arrays = google::protobuf::RepeatedPtrField<spec::Data::Array>;

// An array for each of these names, and no other.
Status check_arrays(const LoadedModel& loaded, const std::string& path, const Arrays& arrays,
                    const std::vector<std::string>& wanted, std::string_view what) {
  std::set<std::string> seen;
  for (int i = 0; i < arrays.size(); ++i) {
    const std::string array_path = fmt::format("{}.{}", path, i);
    const std::string& name = arrays[i].name();
    if (std::ranges::find(wanted, name) == wanted.end())
      return complain_with_hint(loaded, array_path, fmt::format("known: {}", fmt::join(wanted, ", ")),
                                "the model has no {} \"{}\"", what, printable_name(name));
    if (!seen.insert(name).second)
      return complain(loaded, array_path, "there are files for the {} \"{}\" already", what, name);
    MINNOW_TRY(
        check_files(loaded, array_path, {{"train", &arrays[i].train()}, {"validation", &arrays[i].validation()}}));
  }
  for (const std::string& name : wanted)
    if (!seen.contains(name)) return complain(loaded, path, "there are no files for the {} \"{}\"", what, name);
  return {};
}

std::vector<std::string> names_of_targets(const LoadedModel& loaded) {
  const Model& model = loaded.model;
  std::vector<std::string> names;
  if (loaded.program) {
    for (const Value* target : loaded.program->targets) names.push_back(target->name);
    return names;
  }
  const auto add = [&](const spec::Loss& loss) {
    const std::string name = loss.target().empty() ? "target" : loss.target();
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  add(model.loss());
  for (const spec::Loss& loss : model.losses()) add(loss);
  return names;
}

}  // namespace

Status check_npy(const LoadedModel& loaded) {
  const spec::Data::Npy& npy = loaded.model.data().npy();
  if (npy.inputs().empty()) {
    MINNOW_TRY(check_files(loaded, "data.npy",
                           {{"train_inputs", &npy.train_inputs()}, {"validation_inputs", &npy.validation_inputs()}}));
  } else {
    std::vector<std::string> names;
    for (const spec::Input& input : loaded.model.inputs()) names.push_back(input.name());
    if (!npy.train_inputs().empty() || !npy.validation_inputs().empty())
      return complain(loaded, "data.npy", "has both train_inputs or validation_inputs and inputs");
    MINNOW_TRY(check_arrays(loaded, "data.npy.inputs", npy.inputs(), names, "input"));
  }
  if (npy.targets().empty())
    return check_files(loaded, "data.npy",
                       {{"train_targets", &npy.train_targets()}, {"validation_targets", &npy.validation_targets()}});
  if (!npy.train_targets().empty() || !npy.validation_targets().empty())
    return complain(loaded, "data.npy", "has both train_targets or validation_targets and targets");
  return check_arrays(loaded, "data.npy.targets", npy.targets(), names_of_targets(loaded), "target");
}

Status check_fed(const LoadedModel& loaded) {
  const Model& model = loaded.model;
  const spec::Data& data = model.data();
  const bool is_reverse = is_tokens(data) && !is_text(data);
  const bool feeds_all = data.has_npy() && !data.npy().inputs().empty();
  if (model.inputs_size() > (is_reverse ? 2 : 1) && !feeds_all)
    return complain_with_hint(
        loaded, fmt::format("inputs.{}", is_reverse ? 2 : 1), "data.npy.inputs has an array for each input",
        "the model has {} inputs, but the data feed {}", model.inputs_size(), is_reverse ? "one or two" : "one");
  const bool has_all_targets = data.has_npy() && !data.npy().targets().empty();
  const std::vector<std::string> targets = names_of_targets(loaded);
  const auto other = std::ranges::find_if(targets, [](const std::string& name) { return name != "target"; });
  if (!has_all_targets && other != targets.end())
    return complain_with_hint(loaded, "data", "data.npy.targets has an array for each",
                              "the losses name the target \"{}\", but the data have a single one, \"target\"",
                              targets.back() == "target" ? *other : targets.back());
  return {};
}

}  // namespace minnow
