// Names, and how they connect the layers.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "frontend/load/complain.h"
#include "frontend/load/field_options.h"
#include "frontend/load/mistakes.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/validate_model.h"
#include "ir/printable.h"

namespace minnow {
namespace {

constexpr size_t kLongestName = 128;

std::string layer_path(int i) { return fmt::format("layers.{}", i); }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

struct Names {
  std::map<std::string, int> layers;   // name → index
  std::map<std::string, int> results;  // of layers, by their names and others → index
  std::map<std::string, int> inputs;
  std::vector<std::string> all;

  bool contains(const std::string& name) const { return results.contains(name) || inputs.contains(name); }
};

Names collect_names(const Model& model) {
  Names names;
  for (int i = 0; i < model.inputs_size(); ++i) names.inputs.emplace(model.inputs(i).name(), i);
  for (int i = 0; i < model.layers_size(); ++i) {
    names.layers.emplace(model.layers(i).name(), i);
    names.results.emplace(model.layers(i).name(), i);
    for (std::string& name : other_results(model.layers(i))) names.results.emplace(std::move(name), i);
  }
  for (const auto& [name, index] : names.inputs) names.all.push_back(name);
  for (const auto& [name, index] : names.results) names.all.push_back(name);
  return names;
}

Status check_references(const LoadedModel& loaded, const Names& names) {
  const Model& model = loaded.model;
  Mistakes found;
  for (int i = 0; i < model.layers_size(); ++i)
    for (int j = 0; j < model.layers(i).inputs_size(); ++j) {
      const std::string& input = model.layers(i).inputs(j);
      if (!names.contains(input))
        found.add(complain_with_hint(loaded, fmt::format("layers.{}.inputs.{}", i, j), name_hint(input, names.all),
                                     "there is no layer or input \"{}\"", printable_name(input)));
    }
  const auto check_output = [&](const std::string& path, const std::string& output) -> Status {
    if (names.layers.contains(output)) return {};
    return complain_with_hint(loaded, path, name_hint(output, names.all), "the output \"{}\" is not a layer",
                              printable_name(output));
  };
  found.add(check_output("output", model.output()));
  for (int i = 0; i < model.losses_size(); ++i)
    found.add(check_output(fmt::format("losses.{}.output", i), model.losses(i).output()));
  return found.status();
}

// Only a dense layer knows what to do with the weight of another kind of layer.
Status check_share(const LoadedModel& loaded, const Names& names, int index) {
  const Model& model = loaded.model;
  const spec::Layer& layer = model.layers(index);
  const std::string path = layer_path(index) + ".share";
  if (layer.share().empty() && layer.share_transposed())
    return complain_with_hint(loaded, path + "_transposed", "add: share: \"...\"", "shares no weights");
  if (layer.share().empty()) return {};
  const auto owner = names.layers.find(layer.share());
  if (owner == names.layers.end())
    return complain_with_hint(loaded, path, name_hint(layer.share(), names.all),
                              "there is no layer \"{}\" to share the weights of", printable(layer.share()));
  const spec::Layer& other = model.layers(owner->second);
  const bool have_kinds = kind_field(layer) != nullptr && kind_field(other) != nullptr;
  if (have_kinds && other.kind_case() != layer.kind_case() && !layer.has_dense())
    return complain(loaded, path, "is {}, so it cannot have the weights of \"{}\", {}", kind_field(layer)->name(),
                    layer.share(), kind_field(other)->name());
  return {};
}

// Depth-first search with the layers on the way to the current one marked; recursion would follow the depth
// of a file.
class TopologicalSort {
 public:
  explicit TopologicalSort(const LoadedModel& loaded)
      : loaded_(loaded), names_(collect_names(loaded.model)), state_(loaded.model.layers_size(), State::kNew) {}

  Result<std::vector<int>> sort() {
    for (int i = 0; i < loaded_.model.layers_size(); ++i) MINNOW_TRY(visit(i));
    return order_;
  }

 private:
  enum class State { kNew, kOpen, kDone };

  Status visit(int root) {
    std::vector<std::pair<int, int>> path;  // layer, its next input, or the layer that it shares with, to look at
    if (state_[root] == State::kNew) open(root, &path);
    while (!path.empty()) {
      auto& [layer, next] = path.back();
      const spec::Layer& current = loaded_.model.layers(layer);
      const int inputs = current.inputs_size();
      if (next == inputs + (current.share().empty() ? 0 : 1)) {
        state_[layer] = State::kDone;
        order_.push_back(layer);
        path.pop_back();
        continue;
      }
      const auto input = names_.results.find(next < inputs ? current.inputs(next) : current.share());
      ++next;
      if (input == names_.results.end()) continue;
      if (state_[input->second] == State::kOpen) return cycle_error(path, input->second);
      if (state_[input->second] == State::kNew) open(input->second, &path);
    }
    return {};
  }

  void open(int layer, std::vector<std::pair<int, int>>* path) {
    state_[layer] = State::kOpen;
    path->emplace_back(layer, 0);
  }

  tl::unexpected<Error> cycle_error(const std::vector<std::pair<int, int>>& path, int layer) const {
    constexpr size_t kMostNamed = 16;
    std::vector<std::string> cycle;
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      cycle.push_back(loaded_.model.layers(step->first).name());
      if (step->first == layer) break;
    }
    std::string text = loaded_.model.layers(layer).name();
    for (size_t i = cycle.size() - 1; i > 0 && cycle.size() - i < kMostNamed; --i) text += " ← " + cycle[i - 1];
    if (cycle.size() > kMostNamed) text += " ← ...";
    return complain(loaded_, layer_path(layer), "the layers feed each other in a cycle: {} ← {}", text,
                    loaded_.model.layers(layer).name());
  }

  const LoadedModel& loaded_;
  const Names names_;
  std::vector<State> state_;
  std::vector<int> order_;
};

Status check_everything_is_used(const LoadedModel& loaded, const Names& names) {
  const Model& model = loaded.model;
  std::set<std::string> used;
  std::vector<std::string> open = {model.output()};
  for (const spec::Loss& loss : model.losses()) open.push_back(loss.output());
  while (!open.empty()) {
    const auto layer = names.results.find(open.back());
    const std::string name = layer == names.results.end() ? open.back() : model.layers(layer->second).name();
    open.pop_back();
    if (!used.insert(name).second || layer == names.results.end()) continue;
    const auto& inputs = model.layers(layer->second).inputs();
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  Mistakes found;
  for (int i = 0; i < model.layers_size(); ++i)
    if (!used.contains(model.layers(i).name()))
      found.add(complain_with_hint(loaded, layer_path(i), "name it in the inputs of another layer, or remove it",
                                   "its result is not used: nothing leads from it to the output \"{}\"",
                                   model.output()));
  for (int i = 0; i < model.inputs_size(); ++i)
    if (!used.contains(model.inputs(i).name()))
      found.add(
          complain(loaded, fmt::format("inputs.{}", i), "no layer uses the input \"{}\"", model.inputs(i).name()));
  return found.status();
}

}  // namespace

std::string printable_name(std::string_view name) {
  std::string text(name.substr(0, kLongestName));
  std::replace_if(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

Status check_model_name(const LoadedModel& loaded) {
  const std::string& name = loaded.model.name();
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (name.size() <= kLongestName && std::none_of(name.begin(), name.end(), is_control)) return {};
  return complain(loaded, "name", "the model's name \"{}\" is too long or holds control characters",
                  printable_name(name));
}

Status check_name(const LoadedModel& loaded, const std::string& path, const std::string& name) {
  if (name.empty())
    return complain(loaded, path, "{} has no name", path.starts_with("layers") ? "a layer" : "an input");
  const std::string name_path = path + ".name";
  if (name.size() > kLongestName)
    return fail(loaded.where(name_path), "the name has {} characters, but at most {} are allowed", name.size(),
                kLongestName);
  if (!std::all_of(name.begin(), name.end(), is_name_character))
    return fail_with_hint(loaded.where(name_path),
                          fmt::format("the name \"{}\" has characters that are not allowed", printable_name(name)),
                          "a name is made of letters, digits, '_', '-' and '.'");
  return {};
}

namespace {

// `seen` are the names of inputs and layers, with the paths of their fields.
Status check_other_results(const LoadedModel& loaded, const std::map<std::string, std::string>& seen) {
  for (int i = 0; i < loaded.model.layers_size(); ++i)
    for (const std::string& name : other_results(loaded.model.layers(i)))
      if (const auto other = seen.find(name); other != seen.end())
        return fail_with_hint(loaded.where(other->second), fmt::format("the name \"{}\" is taken", name),
                              fmt::format("the layer \"{}\" at {} gives a result of that name",
                                          loaded.model.layers(i).name(), loaded.where(layer_path(i))));
  return {};
}

}  // namespace

Status validate_parts(const LoadedModel& loaded) {
  const Model& model = loaded.model;
  const int parts = model.layers_size() + model.inputs_size();
  Mistakes found;
  found.add(check_model_name(loaded));
  if (model.inputs().empty()) found.add(complain(loaded, "inputs", "the model has no input"));
  if (model.layers().empty()) found.add(complain(loaded, "layers", "the model has no layers"));
  if (parts > kMostLayers)
    found.add(complain(loaded, "layers", "the model has {} inputs and layers, but at most {} are allowed", parts,
                       kMostLayers));
  return found.status();
}

Status validate_names(const LoadedModel& loaded) {
  const Model& model = loaded.model;
  Mistakes found;
  std::map<std::string, std::string> seen;  // name → field path
  const auto check = [&](const std::string& path, const std::string& name) -> Status {
    MINNOW_TRY(check_name(loaded, path, name));
    const auto [first, is_new] = seen.emplace(name, path + ".name");
    if (is_new) return {};
    return fail_with_hint(loaded.where(path + ".name"), fmt::format("the name \"{}\" is taken", name),
                          fmt::format("it was first used at {}", loaded.where(first->second)));
  };
  for (int i = 0; i < model.inputs_size(); ++i) found.add(check(fmt::format("inputs.{}", i), model.inputs(i).name()));
  for (int i = 0; i < model.layers_size(); ++i) found.add(check(layer_path(i), model.layers(i).name()));
  found.add(check_other_results(loaded, seen));
  return found.status();
}

Status validate_graph(const LoadedModel& loaded) {
  const Names names = collect_names(loaded.model);
  Mistakes found;
  found.add(check_references(loaded, names));
  for (int i = 0; i < loaded.model.layers_size(); ++i) found.add(check_share(loaded, names, i));
  // Where a name is wrong, what else does not connect is mostly for that.
  if (!found.none() || !validate_names(loaded)) return found.status();
  MINNOW_TRY(layer_order(loaded));
  return check_everything_is_used(loaded, names);
}

Result<std::vector<int>> layer_order(const LoadedModel& loaded) { return TopologicalSort(loaded).sort(); }

}  // namespace minnow
