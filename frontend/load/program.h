// A network given as a program: the IR text that `network` of a model file names or holds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/load/load_model.h"
#include "ir/text.h"

namespace minnow {

struct Program {
  std::string text;
  std::string file;  // as messages name it
  std::unique_ptr<Module> module;
  OpPlaces places;  // of its ops
  int64_t batch = 0;
  // Parameters of @loss: what examples fill, and what outputs are compared with. A target is what is called "target" or
  // what @infer, if there is one, has not.
  std::vector<const Value*> inputs;
  std::vector<const Value*> targets;

  const Function& loss() const { return *module->find("loss"); }
};

// Whether a file is IR text, by its name: F.ir. What comes through a pipe has no name, so it is by how it begins.
bool is_ir_file(const std::string& path);

// A model whose network is the program in this file, with all else left to defaults.
LoadedModel model_of_program(const std::string& path);

// Reads the program of a model that has one, whose text then stands in the model, and takes the batch size from it.
//
// Errors: a network beside layers, inputs or losses; no such file; what the parser refuses; no @loss; inputs or targets
// without a batch in front, or with several; a batch size that is not the program's.
Status read_program(LoadedModel& loaded);

// The model with inputs as if layers read them, so that data can be held against them.
LoadedModel with_inputs_of_program(const LoadedModel& loaded);

// "%x" as it stands in the text.
std::string parameter_name(const Value& parameter);

}  // namespace minnow
