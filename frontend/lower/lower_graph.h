// A network that is the graph of an .onnx file, in place of layers.
#pragma once

#include "frontend/lower/layer_scope.h"
#include "frontend/onnx/host_tensor.h"

namespace minnow {

// Values by the names of inputs and of the outputs that losses see.
using NamedValues = std::map<std::string, Value*>;

// Parameters for the graph's inputs. An error at the file if one has a name that functions need for themselves, or no
// batch.
Status add_graph_inputs(FunctionScope& scope, NamedValues& values);
// The graph's ops, behind what `data` asks for before the network sees its numbers, with weights and states.
Status add_graph(FunctionScope& scope, NamedValues& values);
// What `describe` of lower_model.cc tells of layers.
void describe_graph(LoweredModel* lowered, FunctionScope* scope);

// Of a model without a loss: @infer, whose inputs need no batch, and whose results are all of the graph's outputs,
// first the one that the model names.
Result<LoweredModel> lower_graph(const LoadedModel& loaded, const LowerOptions& options);

// Outputs of strings, by their names.
using NamedStrings = std::vector<std::pair<std::string, KnownTensor>>;

// @infer of such a model as a function to be run: where nodes must know the elements of an input, they are those in
// `known`. It stays a parameter, though nothing reads it; but of strings there is none. Outputs of strings are no
// results; they are refused where nobody asks for them.
Result<std::unique_ptr<Function>> graph_function(const LoadedModel& loaded, const LowerOptions& options,
                                                 const std::map<std::string, KnownTensor>& known, LoweredModel* lowered,
                                                 NamedStrings* strings = nullptr);

}  // namespace minnow
