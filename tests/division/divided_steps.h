// Training steps of a model on ranks that are threads, held against those of one process.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/load/load_model.h"
#include "interpreter/tensor.h"
#include "runtime/executable.h"

namespace minnow::testing {

// A function with its code and what its parameters hold at first. Steps go on with the weights and states that the one
// before left, each with other inputs.
class SteppedFunction {
 public:
  // Compiled for the batch size of the model.
  static SteppedFunction train_step(const LoadedModel& model);
  SteppedFunction(std::unique_ptr<Function> function, std::vector<Tensor> arguments);

  // All parameters and results after so many steps.
  std::vector<Tensor> alone(int steps) const;

  struct Ranks {
    int count = 1;
    int threads = 1;
    bool divides_all = true;
    bool is_guarded = false;
  };
  // Where the outcome of a rank is not that of `expected`, what differs; else empty.
  std::string difference(const std::vector<Tensor>& expected, int steps, const Ranks& ranks) const;

  const CompiledFunction& code() const { return *compiled_; }
  void change_code(const std::function<void(CompiledFunction& code)>& change) { change(*compiled_); }

 private:
  Result<std::vector<Tensor>> run(int steps, int threads, const ExecutorOptions& options) const;

  std::unique_ptr<Function> function_;
  std::vector<Tensor> arguments_;
  std::shared_ptr<CompiledFunction> compiled_;
};

}  // namespace minnow::testing
