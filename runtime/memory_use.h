// What a model's compiled functions take in memory, by what they hold: the plan, not a measurement.
#pragma once

#include <memory>

#include "frontend/load_model.h"
#include "ir/function.h"

namespace minnow {

// Bytes of one compiled function, by what they hold.
struct MemoryUse {
  int64_t weights = 0;
  int64_t running_statistics = 0;
  int64_t optimizer_state = 0;
  int64_t inputs = 0;
  int64_t arena = 0;                       // activations, gradients and temporaries, sharing one block
  int64_t blocks = 0;                      // the same for blocks of examples, one arena per thread
  int64_t activations = 0, gradients = 0;  // in an arena where most of it is in use
  int64_t saved = 0;                       // activations that wait for the gradients
  int64_t total() const { return weights + running_statistics + optimizer_state + inputs + arena + blocks; }
};

struct ModelMemory {
  MemoryUse training, inference;
  std::unique_ptr<Function> train_step;  // after the passes
};

// For batches of the model's own size and so many threads. Refused where the model needs more than `max_bytes`.
Result<ModelMemory> measure_memory(const LoadedModel& model, int threads, int64_t max_bytes);

}  // namespace minnow
