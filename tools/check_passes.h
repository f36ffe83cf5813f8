// --check-passes of `compile` and `opt`.
#pragma once

#include <memory>

#include "proof/check_passes.h"
#include "tools/command.h"

namespace minnow {

// What a model's functions are run on: the data that it names, or random batches if it names none or they are not
// there.
class ModelBatches {
 public:
  static Result<std::unique_ptr<ModelBatches>> load(const LoadedModel& model, const DataFlags& flags);
  // nullptr: random.
  const Dataset* data() const { return is_random_ ? nullptr : &data_.train; }

 private:
  bool is_random_ = true;
  DataSplits data_;
};

// For a function of the model, on two batches. `model` and `batches` must outlive it.
proof::PassChecker make_model_checker(const LoadedModel& model, const ModelBatches& batches);
// For a function of IR text, on random numbers.
proof::PassChecker make_ir_checker();
// On stderr.
void print_checked(const proof::PassChecker& checker);

}  // namespace minnow
