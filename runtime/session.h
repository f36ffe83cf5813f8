// A network with its state: weights, running statistics and optimiser state, and the functions that use them, built
// for each batch size as it is met (the last batch of an epoch is usually smaller) and kept.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "frontend/lower/lower_model.h"
#include "passes/pass_runner.h"
#include "runtime/executable.h"

namespace minnow {

struct SessionOptions {
  Backend backend = Backend::kJit;
  bool fuse = true;      // or run the passes without fusion
  bool optimize = true;  // or run the function as lowered
  bool trains = true;    // or keep no state of an optimiser, and never train
  CodeOptions code = {};
  ExecutorOptions executor = {};
  int64_t max_bytes = std::numeric_limits<int64_t>::max();
};

// The functions of a compiled model. @generate is of one example; what it remembers belongs to its caller (Generator).
enum class ModelFunction { kInfer, kEvaluate, kTrainStep, kGenerate };

// What a step or an evaluation says of its batch.
struct BatchOutcome {
  double loss = 0;     // mean for a training step, sum for an evaluation
  double correct = 0;  // right predictions; 0 for a regression
  double weight = 0;   // what the loss is the mean over: examples, or the labels that count where some are ignored
};

// What a step is fed: for each input and, where there are any, each target, a tensor by its name, with the batch as
// dimension 0.
struct Batch {
  std::map<std::string, Tensor, std::less<>> tensors;

  int64_t size() const { return tensors.begin()->second.dim(0); }
};

// Which rows of a batch's tensors a rank reads, by name; of a tensor without an entry, all.
using RowsRead = std::map<std::string, ByteRanges, std::less<>>;

struct BuildOptions {
  LowerOptions lower;
  std::vector<Pass> pipeline;  // empty: as lowered
  PassOptions passes;
  std::vector<PassRecord>* records = nullptr;  // where to leave what the passes did
};

// One of "infer", "evaluate", "loss" and "train_step" for a batch, or "generate": lowered, differentiated, extended by
// the optimiser and run through the passes. A model that asks for a NAIVE softmax keeps it.
Result<std::unique_ptr<Function>> build_function(const LoadedModel& model, std::string_view function,
                                                 const BuildOptions& options);

class Session {
 public:
  // Lowers the model and draws its weights. `pool` must outlive the session.
  static Result<std::unique_ptr<Session>> create(LoadedModel model, const SessionOptions& options, ThreadPool& pool);

  // The batch has the inputs and targets of `lowered()`; infer needs the inputs alone.
  Result<BatchOutcome> train_step(Batch& batch, int64_t step, double learning_rate);
  Result<BatchOutcome> evaluate(Batch& batch);
  Result<const Tensor*> infer(Batch& batch);

  // Weights, states and optimiser state by name. They are there, and stay where they are in memory, as long as the
  // session: whoever changes them writes into them, and asks for them each time, since what is made of weights is kept
  // until then.
  std::map<std::string, Tensor>& tensors() {
    weights_changed();
    return tensors_;
  }
  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  const LoweredModel& lowered() const { return lowered_; }
  const LoadedModel& model() const { return model_; }
  // Of the batch of examples that the model's first input is fed; dimension 0 is the batch.
  const TensorType& input_type() const { return lowered_.inputs[0].type; }

  // To be told of what is written to them otherwise.
  void weights_changed() { ++weights_version_; }
  // From now on somebody may write to them at any time: nothing that is made of them is kept from one run to the next.
  void lend_weights() { lends_weights_ = true; }

  // The executable for a batch size, built if need be.
  Result<Executable*> executable(ModelFunction function, int64_t batch_size);
  // What a run of it reads of a batch.
  Result<const RowsRead*> rows_read(ModelFunction function, int64_t batch_size);
  // Runs a function of the model on the session's tensors.
  Status run(Executable& executable, Batch& batch, int64_t step, double learning_rate);
  // The same with a tensor for each of its parameters; weights and states are the session's.
  Status run(Executable& executable, std::span<Tensor* const> arguments);
  // The tensor for each parameter of `function`.
  std::vector<Tensor*> bind(const Function& function, Batch& batch, int64_t step, double learning_rate);

 private:
  Session(LoadedModel model, const SessionOptions& options, ThreadPool& pool)
      : model_(std::move(model)), options_(options), pool_(pool) {}
  Status create_tensors();
  bool writes_tensors(const Function& function) const;
  Tensor* find_argument(const Value& parameter, Batch& batch);

  LoadedModel model_;
  SessionOptions options_;
  ThreadPool& pool_;
  LoweredModel lowered_;
  std::map<std::string, Tensor> tensors_;
  Tensor learning_rate_ = Tensor::zeros({DType::kF32, {}});
  Tensor step_ = Tensor::zeros({DType::kI32, {}});
  Tensor seed_ = Tensor::zeros({DType::kI32, {}});
  std::map<std::pair<ModelFunction, int64_t>, std::unique_ptr<Executable>> executables_;
  std::map<std::pair<ModelFunction, int64_t>, RowsRead> rows_read_;
  int64_t weights_version_ = 0;
  bool lends_weights_ = false;
  std::map<const Executable*, int64_t> ran_with_;  // the version that what it has kept is made of
};

// What `infer` gives for training.batch_size examples: f32 [N,...].
//
// Errors: a program without @infer; a graph without a loss, of which anything may come in and out, with an input that
// is no batch of examples, or a first output that holds no prediction for each.
Result<TensorType> prediction_type(const Session& session);

}  // namespace minnow
