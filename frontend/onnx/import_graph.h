// From the graph of an .onnx file to ops: what layers give, values of its outputs, weights and states.
//
// Floats among the initializers are weights, of at least one dimension and finite, unless a node has to know them; what
// BatchNormalization keeps is state. All other initializers are constants, and what follows from constants and shapes
// alone is worked out. Shapes are fixed: a size that the file leaves open is the batch, where it is the first of an
// input, or is told by its name.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "frontend/onnx/onnx_file.h"
#include "ir/function.h"

namespace minnow {

// What the file leaves open.
struct GraphSizes {
  int64_t batch = 1;
  std::map<std::string, int64_t> named = {};
};

struct GraphInput {
  std::string name;
  TensorType type;      // bytes stay u8, so that images need no conversion
  ElementType element;  // in the file
};

// Whether the file leaves the input's first dimension open, which is then the batch.
bool has_open_batch(const onnx::ValueInfoProto& input);
// The batch that the file fixes, or 0: its inputs' first dimension, if that is a number and the same in all of them.
int64_t fixed_batch(const OnnxFile& file);
// Elements of inputs by their names.
using KnownInputs = std::map<std::string, KnownTensor>;

// Inputs that are computed with. Those of strings, which no tensor of the IR holds, are left out, and must be known.
//
// Errors: an input that is no tensor, or of strings that are not known; one whose shape is not known.
Result<std::vector<GraphInput>> graph_inputs(const OnnxFile& file, const GraphSizes& sizes,
                                             const KnownInputs& known = {});

struct ImportOptions {
  bool is_training = false;  // dropout drops, and batches are measured
  int64_t max_bytes = std::numeric_limits<int64_t>::max();
  // Where a node must know the elements of an input, or they are strings, these are taken.
  KnownInputs known_inputs = {};
  bool takes_strings = false;  // as outputs, which are refused else
};

// A parameter of role kWeight or kState that the graph reads.
struct ImportedTensor {
  std::string name;
  Shape shape;
  std::shared_ptr<const std::vector<float>> values;
  std::string node;  // that reads it first
};

struct ImportedNode {
  std::string name;
  std::string op;
  Shape output;         // of its first result
  int64_t weights = 0;  // numbers in those that it is the first to read
};

struct ImportedGraph {
  std::vector<Value*> outputs;       // as asked for; nullptr for one of strings
  std::vector<KnownTensor> strings;  // what such an output is; nullptr for the others
  std::vector<ElementType> output_types;
  std::vector<ImportedTensor> weights;
  std::vector<ImportedTensor> states;
  std::vector<FunctionResult> updates;  // new values of states
  std::vector<ImportedNode> nodes;      // in order
};

// Appends what `outputs` need to the function. `inputs` are its parameters by their names in the graph; weights and
// states are added to it.
//
// Errors: a graph that is none; nodes, types or attributes that are not supported, by the node's name, operator and
// version; what needs more than max_bytes.
Result<ImportedGraph> import_graph(const OnnxFile& file, const std::vector<std::string>& outputs,
                                   const std::map<std::string, Value*>& inputs, const ImportOptions& options,
                                   Function& function);

}  // namespace minnow
