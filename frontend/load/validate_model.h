// Everything about a model that can be refused without knowing a shape. Errors read
// `models/lenet.textproto:14:3: error: layer "conv2": stride is 0, but must lie in [1, 1024]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "frontend/load/load_model.h"

namespace minnow {

// Inputs and layers together.
inline constexpr int kMostLayers = 10000;

// Expects a model without blocks, with its defaults filled in. One error tells all mistakes that these checks find:
Status validate_model(const LoadedModel& loaded);

Status validate_parts(const LoadedModel& loaded);     // name, inputs, layers: without them the rest says nothing
Status validate_ranges(const LoadedModel& loaded);    // every number finite and in the range that its field states
Status validate_names(const LoadedModel& loaded);     // present, unique, of permitted characters
Status validate_layers(const LoadedModel& loaded);    // each has a kind, its inputs, and its fields
Status validate_graph(const LoadedModel& loaded);     // inputs exist, no cycles, everything leads to the output
Status validate_training(const LoadedModel& loaded);  // loss and data are complete and fit each other
Status validate_data(const LoadedModel& loaded);      // of validate_training, the data, where inputs have shapes

// What the options of its fields ask of a message of a layer, at this path, and of those inside.
Status check_fields(const LoadedModel& loaded, const google::protobuf::Message& message, const std::string& path);

// In place of them, for a model whose network is a program: names, ranges and data.
Status validate_network(const LoadedModel& loaded);
// Of either, how its weights begin.
Status validate_weights(const LoadedModel& loaded);

// It is printed and stored, never looked up, so any text without control characters will do.
Status check_model_name(const LoadedModel& loaded);

// The name in the field `path` is of the permitted length and characters.
Status check_name(const LoadedModel& loaded, const std::string& path, const std::string& name);
// The name fit for a terminal: what is not printable becomes '?'.
std::string printable_name(std::string_view name);

// Indices of the layers in an order in which each comes behind its inputs; stays as close to the file as that
// allows. Expects known inputs; a cycle is an error that names its layers.
Result<std::vector<int>> layer_order(const LoadedModel& loaded);

}  // namespace minnow
