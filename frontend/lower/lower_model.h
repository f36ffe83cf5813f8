// From layers to IR. Every layer is a composite of IR primitives; every shape is checked here, in the user's
// words and in 64 bits, before an op is built.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/load/load_model.h"
#include "frontend/lower/initialize.h"
#include "ir/function.h"

namespace minnow {

// Trained state. Parameters of role kWeight have these names, "conv1.weight", in this order.
struct WeightInfo {
  std::string name;
  Shape shape;
  WeightInit init;
  bool decays = false;  // weight decay applies: not to biases, gains and offsets
  std::string layer;
  bool is_frozen = false;  // training leaves it as it is
  double learning_rate_factor = 1;
};

// State that training updates without a gradient: running statistics. Parameters of role kState.
struct StateInfo {
  std::string name;
  Shape shape;
  double initial = 0;  // every element
  // In place of that, values that a file has.
  std::shared_ptr<const std::vector<float>> values = nullptr;

  std::vector<float> initial_values() const;
};

// Values of one example that a layer normalises together, each group by itself. Of a single value nothing is left.
struct Normalized {
  int64_t values = 0;
  bool over_batch = false;        // together with those of the batch's other examples
  std::string_view of_one = "0";  // what becomes of a single value, whatever it is
  std::string_view remedy = "";   // the hint that goes with it
};

// One row of the table that `minnow check` prints.
struct LayerRow {
  std::string name;
  std::string kind;     // as in the model file: "conv2d"
  Shape output;         // of one example, without the batch
  int64_t weights = 0;  // numbers in its weights, trained or frozen
  double flops = 0;     // forward, of one example; a multiply-add counts 2
  std::optional<Normalized> normalized = {};
};

// A parameter that examples fill, in all functions.
struct InputInfo {
  std::string name;
  TensorType type;         // [N,...]
  int64_t vocabulary = 0;  // of tokens: what they lie below, as the layers that read them say; 0 where none does
};

// A parameter of @loss and @evaluate that outputs are compared with.
struct TargetInfo {
  std::string name;                     // "target", or as a loss names it
  TensorType type;                      // i32 [N,...] labels, or f32 of the output's shape
  int64_t classes = 0;                  // of labels, otherwise 0
  std::optional<int32_t> ignored = {};  // the label that does not count
  bool is_probability = false;          // of binary cross-entropy
};

struct LoweredModel {
  Module module;                    // @loss, @evaluate, @infer: see lower_model
  std::vector<InputInfo> inputs;    // as the model file has them
  std::vector<TargetInfo> targets;  // that of `loss` first
  std::vector<WeightInfo> weights;
  std::vector<StateInfo> states;
  std::vector<LayerRow> layers;         // in the order of computation
  bool classifies = false;              // `correct` means something
  int64_t classes = 0;                  // of softmax cross-entropy, otherwise 0
  int64_t predictions_per_example = 1;  // accuracy = correct / (weight * predictions_per_example), see BatchOutcome
  bool labels_positions = false;        // classes are told at every position of an example, not once
  bool has_perplexity = false;          // exp(loss) is one: of cross-entropy alone, at every position
  bool has_fixed_batch = false;         // every batch has the size of the inputs' types, and none is smaller

  int64_t weight_count() const;   // numbers in all weights together
  int64_t trained_count() const;  // in those that are not frozen
  // Binary cross-entropy: targets are probabilities.
  bool is_binary() const { return !targets.empty() && targets[0].is_probability; }
};

// What functions call parameters and results of their own, so that no input, weight or state can be called so.
bool is_reserved(std::string_view name);

struct LowerOptions {
  int64_t batch_size = 1;
  // Weights and layer outputs together may not take more.
  int64_t max_bytes = std::numeric_limits<int64_t>::max();
};

// Builds three functions for one batch size N. Their parameters, in this order and found by name: the inputs
// (kInput; i32 if they say so, u8 if the data are images of bytes, else f32), the targets (kInput; not for @infer),
// weights and states by layer, and, if
// @loss has dropout, "seed" and "step", i32[] (kScalar).
//
//   @loss      training mode → "loss" f32[], mean over the batch; "correct" f32[], number of right
//   predictions; and each
//              state's new value under its name
//   @evaluate  inference mode → "loss" f32[], SUM over the batch, and "correct", so that partial batches add
//   up
//              Both have "counted" f32[], if the loss ignores a label: the number of labels that count, over which the
//              loss is the mean or the sum
//   @infer     inference mode → "prediction": the output through softmax (cross-entropy) or sigmoid (binary),
//   or as it is
//
// Of a model whose network is a program, it takes these functions from there: see lower_program. Of an .onnx file
// without a loss there is @infer alone, which gives all outputs of the graph by their names: see lower_graph.
//
// Expects what read_experiment gives. Errors: fields of a layer that do not fit each other, shapes that do not fit,
// tensors beyond kMaxElements or max_bytes.
Result<LoweredModel> lower_model(const LoadedModel& loaded, const LowerOptions& options);

// @generate, which goes through a text token by token: a step for each, whatever lies before. Its parameters are the
// input, one token i32[1,1]; the weights that the output needs; "position" i32[], which counts from 0, if a layer asks
// for it: then a text has no more positions than the model's input; and what layers remember (kState), zero at position
// 0. Its results are "logits" f32[1,1,V], the scores of the next token, and what the layers remember then. The first
// layer that cannot work so is an error. `lowered` comes from the same model.
Result<std::unique_ptr<Function>> lower_generation(const LoadedModel& loaded, const LoweredModel& lowered,
                                                   const LowerOptions& options);

// `wanted`, or what the model's program is written for.
int64_t batch_size_for(const LoadedModel& loaded, int64_t wanted);

}  // namespace minnow
