// What lowering works with: the function in the making, and one layer of it with its fields and operands.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "frontend/lower/layer_fields.h"
#include "frontend/lower/lower_model.h"
#include "ir/builder.h"

namespace minnow {

// kGeneration: inference on one position of one sequence of tokens, with what layers remember of the positions before.
enum class Mode { kTraining, kInference, kGeneration };

// One function in the making.
struct FunctionScope {
  const LoadedModel& loaded;
  const LowerOptions& options;
  Mode mode;
  Builder builder;
  std::vector<WeightInfo> weights = {};
  std::vector<StateInfo> states = {};
  std::vector<LayerRow> rows = {};
  std::vector<FunctionResult> updates = {};          // new values of states, by name
  std::map<std::string, int64_t> vocabularies = {};  // of inputs that hold tokens: what these lie below
  std::set<std::string> asked = {};                  // other results of layers that the function is to give
  int64_t bytes = 0;                                 // of weights and layer outputs so far

  // The parameter of this name, added if it is not there yet: f32 weights and states, i32[] scalars.
  Value* parameter(const std::string& name, TensorType type, Role role);
  // Counts a tensor; an error at `field_path` if it or the total is too large. `what` names it: "its output".
  Status admit(const Shape& shape, std::string_view field_path, std::string_view what);
};

// The layer whose weights another has, and whether those of two dimensions are transposed: `share`.
struct WeightOwner {
  int layer;
  bool is_transposed;
};

class LayerScope : public LayerFields {
 public:
  LayerScope(FunctionScope& function, int index, std::vector<Value*> inputs);

  Builder& builder() { return function_.builder; }
  Mode mode() const { return function_.mode; }
  Value* input(size_t i = 0) const { return inputs_[i]; }
  const std::vector<Value*>& inputs() const { return inputs_; }
  const Shape& input_shape(size_t i = 0) const { return inputs_[i]->type.shape; }

  // Declares a weight "<layer>.<suffix>" of this shape, or finds that of the layer whose weights are shared. `init`
  // says how it is drawn; it decays if it has several dimensions. Not null, or an error if it is too large.
  Result<Value*> weight(const std::string& suffix, const Shape& shape, WeightInit init);
  // A weight without a say in its initialisation.
  Result<Value*> constant_weight(const std::string& suffix, const Shape& shape, double value);
  // The state's value so far: another layer that shares it may have updated it.
  Result<Value*> state(const std::string& suffix, const Shape& shape, double initial);
  // The value of the state "<layer>.<suffix>" after this step, from what state() gave.
  void update_state(const std::string& suffix, Value* value);
  // Whether training leaves the weight "<layer>.<suffix>" as it is.
  bool is_frozen(const std::string& suffix) const;
  // An i32[] run-time number, "seed", "step" or "position".
  Value* scalar(const std::string& name);

  // What other layers know as "<layer>.<result>", one of the kind's `other_results`: whether anybody asks for it.
  bool is_read(std::string_view result) const;
  void give(std::string_view result, Value* value) { given_.emplace(full_name(result), value); }
  const std::map<std::string, Value*>& given() const { return given_; }

  // In generation: what the layer keeps of the positions before, "<layer>.<suffix>", zero at the first. Layers that
  // share weights have each their own.
  Result<Value*> memory(const std::string& suffix, const Shape& shape);
  // What memory() gives at the next position.
  void remember(const std::string& suffix, Value* value);
  // Positions of the sequence that the model is made for.
  int64_t sequence_length() const { return function_.loaded.model.inputs(0).shape(0); }
  // The row of a table [sequence_length, ...] that belongs to the position at hand, [1, ...].
  Value* row_of_position(Value* table);
  // For LayerRule::check_generation: why what the layer makes of one position depends on others that it does not
  // remember.
  tl::unexpected<Error> mixes_positions(std::string_view field, std::string_view why) const;

  // An error unless the layer's output, or what else `what` names, may have this shape.
  Status admit_output(const Shape& shape, std::string_view what = "its output");
  // An error unless the input has so many dimensions of space behind its channels: [N,C,W], [N,C,H,W] or [N,C,D,H,W].
  Status expect_space(size_t dims);
  // An error unless it has one, two or three.
  Status expect_space();
  // An error unless the input holds tokens.
  Status expect_tokens();
  // The layer makes something of tokens below `vocabulary` only, which data are checked by.
  void bound_tokens(int64_t vocabulary);
  // The sizes behind the channels.
  Shape space() const;
  void add_flops(double per_example) { flops_ += per_example; }
  double flops() const { return flops_; }
  // What validate_learning has to know.
  void normalizes(Normalized normalized) { normalized_ = normalized; }
  const std::optional<Normalized>& normalized() const { return normalized_; }

  // " (from layer \"pool1\")"
  std::string from(int i = 0) const;
  // The shape of one example, "[6,28,28]", without the batch.
  std::string example_shape(size_t i = 0) const;

 private:
  std::string full_name(std::string_view suffix) const { return fmt::format("{}.{}", layer().name(), suffix); }
  // The weight or state of another layer that stands for this one's; nullptr if there is none such.
  Result<Value*> shared(const std::string& suffix, const Shape& shape);
  const std::string& owner_name() const;

  FunctionScope& function_;
  std::vector<Value*> inputs_;
  int index_;
  WeightOwner owner_;
  std::map<std::string, Value*> given_;
  double flops_ = 0;
  std::optional<Normalized> normalized_;
};

}  // namespace minnow
