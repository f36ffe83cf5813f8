// What a session on a model allocates, by what it holds.
#pragma once

#include <memory>
#include <span>

#include "frontend/load/load_model.h"
#include "ir/function.h"

namespace minnow {

// Bytes of one compiled function.
struct MemoryUse {
  int64_t weights = 0;
  int64_t running_statistics = 0;
  int64_t optimizer_state = 0;
  int64_t inputs = 0;
  int64_t arena = 0;    // activations, gradients and temporaries, sharing one block
  int64_t scratch = 0;  // what kernels need for themselves, such as sums over blocks
  int64_t blocks = 0;   // arenas for blocks of examples, one per thread
  int64_t constants = 0;
  int64_t results = 0;                     // that are not written over a parameter
  int64_t activations = 0, gradients = 0;  // in an arena where most of it is in use
  int64_t saved = 0;                       // activations that wait for the gradients

  // What is allocated: all but the last three, which lie in the arenas.
  int64_t total() const {
    return weights + running_statistics + optimizer_state + inputs + arena + scratch + blocks + constants + results;
  }
};

struct ModelMemory {
  MemoryUse training, inference;
  std::unique_ptr<Function> train_step;  // after the passes
};

// For batches of the model's own size and so many threads, on this machine. Refused where the model needs more than
// `max_bytes`.
Result<ModelMemory> measure_memory(const LoadedModel& model, int threads, int64_t max_bytes);

// A line of a table of memory. Rows of the first table add up to the total, those of the second are parts of arenas.
struct MemoryRow {
  const char* key;
  const char* title;
  int64_t MemoryUse::* bytes;
};
std::span<const MemoryRow> memory_rows();
std::span<const MemoryRow> memory_peak_rows();

}  // namespace minnow
