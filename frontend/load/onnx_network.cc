#include "frontend/load/onnx_network.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "frontend/load/complain.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/validate_model.h"
#include "ir/printable.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

// The graph says all that these fields would.
Status check_network_alone(const LoadedModel& loaded) {
  const Model& model = loaded.model;
  for (const auto& [name, count] : {std::pair("inputs", model.inputs_size()), std::pair("layers", model.layers_size()),
                                    std::pair("blocks", model.blocks_size())})
    if (count > 0)
      return fail_with_hint(loaded.where(fmt::format("{}.0", name)),
                            fmt::format("the model has a network and {}, but the network has its own", name),
                            fmt::format("leave out {} or network", name));
  return {};
}

Status check_sizes(const LoadedModel& loaded) {
  const auto& sizes = loaded.model.network().sizes();
  for (int i = 0; i < sizes.size(); ++i) {
    const size_t equals = sizes[i].find('=');
    int64_t size = 0;
    const char* end = sizes[i].data() + sizes[i].size();
    const char* begin = equals == std::string::npos ? end : sizes[i].data() + equals + 1;
    const auto [stop, error] = std::from_chars(begin, end, size);
    if (error == std::errc{} && stop == end && size >= 1 && size <= kMaxElements) continue;
    return complain_with_hint(loaded, fmt::format("network.sizes.{}", i), "write \"length=128\"",
                              "\"{}\" gives no size to a name", printable(sizes[i]));
  }
  return {};
}

Status take_batch(LoadedModel& loaded) {
  const int64_t batch = fixed_batch(*loaded.graph);
  spec::Training& training = *loaded.model.mutable_training();
  // A graph that does not train is run on single examples, unless somebody asks for more.
  if (!training.has_batch_size() && (batch > 0 || !loaded.has_loss()))
    training.set_batch_size(std::max<int64_t>(batch, 1));
  if (batch == 0 || training.batch_size() == batch) return {};
  return complain(loaded, "training.batch_size", "batch size is {}, but the inputs of {} are of {}",
                  training.batch_size(), loaded.graph->path(), batch);
}

std::vector<std::string> output_names(const OnnxFile& file) {
  std::vector<std::string> names;
  for (const auto& output : file.graph().output()) names.push_back(output.name());
  return names;
}

Status check_output(const LoadedModel& loaded, const std::string& path, const std::string& output) {
  const std::vector<std::string> names = output_names(*loaded.graph);
  if (std::ranges::find(names, output) != names.end()) return {};
  return complain_with_hint(loaded, path, name_hint(output, names), "\"{}\" is no output of the graph",
                            printable_name(output));
}

// The model with inputs as if layers read them, so that data can be held against them.
Result<LoadedModel> with_inputs(const LoadedModel& loaded) {
  LoadedModel shown = loaded;
  MINNOW_ASSIGN(const std::vector<GraphInput> inputs, graph_inputs(*loaded.graph, sizes_of(loaded, 1)));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorType& type = inputs[i].type;
    if (type.rank() < 2 || type.elements() == 0)
      return fail_with_hint(
          loaded.graph->path(),
          fmt::format("the input \"{}\" is {}, which is no batch of examples", printable(inputs[i].name),
                      type.to_string()),
          type.rank() == 1 ? "one number for each example is [N,1]" : "[N,...], where N is the batch");
    spec::Input& input = *shown.model.add_inputs();
    input.set_name(inputs[i].name);
    input.mutable_shape()->Add(type.shape.begin() + 1, type.shape.end());
    if (type.dtype == DType::kI32) input.set_type(spec::Input::I32);
    shown.places[fmt::format("inputs.{}", i)] = loaded.graph->path();
  }
  if (inputs.empty()) return fail(loaded.graph->path(), "the graph has no input that data could fill");
  return shown;
}

}  // namespace

LoadedModel model_of_onnx(const std::string& path) {
  LoadedModel loaded{.model = {}, .path = path, .is_text = true, .places = {}};
  loaded.model.mutable_network()->set_onnx(fs::path(path).filename().string());
  return loaded;
}

Status read_onnx_network(LoadedModel& loaded) {
  MINNOW_TRY(check_network_alone(loaded));
  MINNOW_TRY(check_sizes(loaded));
  spec::Network& network = *loaded.model.mutable_network();
  if (!loaded.graph) {
    const fs::path path = fs::path(loaded.path).parent_path() / network.onnx();
    auto file = OnnxFile::read(path.lexically_normal().string());
    if (!file && is_onnx_file(loaded.path)) return tl::unexpected(file.error());
    if (!file)
      return fail_with_hint(loaded.where("network.onnx"),
                            fmt::format("{}: {}", file.error().where, file.error().message), file.error().hint);
    loaded.graph = *std::move(file);
    std::error_code error;
    const fs::path full = fs::absolute(path, error);
    if (!error) network.set_onnx(full.lexically_normal().string());
  }
  if (loaded.model.output().empty()) loaded.model.set_output(loaded.graph->graph().output(0).name());
  return take_batch(loaded);
}

Status validate_onnx_network(const LoadedModel& loaded) {
  MINNOW_TRY(check_model_name(loaded));
  MINNOW_TRY(validate_ranges(loaded));
  MINNOW_TRY(validate_weights(loaded));
  MINNOW_TRY(check_output(loaded, "output", loaded.model.output()));
  for (int i = 0; i < loaded.model.losses_size(); ++i)
    MINNOW_TRY(check_output(loaded, fmt::format("losses.{}.output", i), loaded.model.losses(i).output()));
  if (!loaded.has_loss() && loaded.model.losses().empty() && !loaded.model.has_data()) return {};
  MINNOW_ASSIGN(const LoadedModel shown, with_inputs(loaded));
  return loaded.has_loss() || !loaded.model.losses().empty() ? validate_training(shown) : validate_data(shown);
}

GraphSizes sizes_of(const LoadedModel& loaded, int64_t batch) {
  GraphSizes sizes{batch, {}};
  for (const std::string& text : loaded.model.network().sizes()) {
    const size_t equals = text.find('=');
    std::from_chars(text.data() + equals + 1, text.data() + text.size(), sizes.named[text.substr(0, equals)]);
  }
  return sizes;
}

}  // namespace minnow
