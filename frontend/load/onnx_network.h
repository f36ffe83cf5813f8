// A network given as an .onnx file.
#pragma once

#include "frontend/load/load_model.h"
#include "frontend/onnx/import_graph.h"

namespace minnow {

// A model whose network is the graph of this file, with all else left to defaults.
LoadedModel model_of_onnx(const std::string& path);

// Reads the file of a model that has one, writes its full path into the model, and says what the model leaves unsaid:
// the output, the graph's first, and the batch size, where the file fixes it.
//
// Errors: a network beside inputs, layers or blocks; what OnnxFile::read refuses; a batch size that is not the file's;
// sizes that are none.
Status read_onnx_network(LoadedModel& loaded);

// Names, ranges, outputs, losses and data of such a model.
Status validate_onnx_network(const LoadedModel& loaded);

// What the file leaves open, with this batch.
GraphSizes sizes_of(const LoadedModel& loaded, int64_t batch);

}  // namespace minnow
