// One function of a model in the making: its inputs and layers, behind which its end puts what it asks for.
#pragma once

#include <map>
#include <set>
#include <string>

#include "frontend/lower/layer_scope.h"

namespace minnow {

class FunctionLowering {
 public:
  FunctionLowering(const LoadedModel& loaded, const LowerOptions& options, Mode mode, Function& function)
      : model_(loaded.model), scope_{loaded, options, mode, Builder(function)} {}

  FunctionScope& scope() { return scope_; }
  Builder& builder() { return scope_.builder; }

  // Parameters for the model's inputs, as it has them, or for its one input of another type.
  Status add_inputs();
  void add_input(const TensorType& type);
  // All layers, or those of these names, in the order of computation.
  Status add_layers(const std::set<std::string>* names = nullptr);

  // Of a layer, once they are there.
  Value* output(const std::string& layer) const { return values_.at(layer); }

 private:
  void convert_inputs();
  Status add_layer(int index);
  Result<std::vector<Value*>> inputs_of(int index) const;
  Status check_takes_tokens(int index, const std::vector<Value*>& inputs) const;

  const Model& model_;
  FunctionScope scope_;
  std::map<std::string, Value*> values_;  // of inputs and layers, those of `given` too
};

}  // namespace minnow
