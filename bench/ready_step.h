// A function of a shipped model, made ready to run on a random batch.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/random_batch.h"

namespace minnow {

struct StepCase {
  std::string model;
  ModelFunction function = ModelFunction::kTrainStep;
  int64_t batch = 1;
  Backend backend = Backend::kJit;
  bool fuse = true;
  int threads = 1;

  std::string_view function_name() const { return function == ModelFunction::kInfer ? "infer" : "train_step"; }
  std::string name() const;  // "lenet/train_step/batch:64/jit/threads:1"
};

struct ReadyStep {
  std::string name;
  LoadedModel model;
  ThreadPool pool;
  std::unique_ptr<Session> session = {};
  Executable* executable = nullptr;
  Batch batch = {};
  double flops = 0;  // of dots and convolutions
  int64_t step = 0;

  ReadyStep(const StepCase& one, LoadedModel loaded) : name(one.name()), model(std::move(loaded)), pool(one.threads) {}

  Status prepare(const StepCase& one);
  Status run() { return session->run(*executable, batch, step++, 0.001); }
};

// Google Benchmark calls a benchmark again with more iterations until it has run for long enough; the last case is
// kept, so that it is built only once. Machine code comes from the cache where it is there.
Result<ReadyStep*> make_ready(const StepCase& one);

}  // namespace minnow
