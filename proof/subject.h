// A program whose meaning is to be held against itself, and the ways to run it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "interpreter/interpreter.h"
#include "ir/function.h"
#include "proof/planted_bug.h"
#include "runtime/thread_pool.h"

namespace minnow::proof {

// A function run `steps` times. Results named like a weight or state are that parameter's argument in the next step.
struct Subject {
  std::unique_ptr<Function> function;
  std::vector<Tensor> arguments;  // of the first step
  int steps = 1;
  // Puts the batch of a step into the arguments; if empty, all steps are given the same.
  std::function<void(int step, std::vector<Tensor>& arguments)> feed = {};
  // Of the results: nothing is rounded on the way, so that the first step's must be the same to the bit. May be short.
  std::vector<bool> is_exact = {};
};

// What a result is: "output", "gradient", "weight" or "state".
std::string_view result_kind(const Function& function, const FunctionResult& result);

// The results of every step.
using Trace = std::vector<std::vector<Tensor>>;

// Looks on at the arguments of every step before it runs.
using StepObserver = std::function<void(std::span<const Tensor> arguments)>;
Result<Trace> trace_interpreted(const Subject& subject, const Function& function, Precision precision,
                                const OpObserver& observer = {}, const StepObserver& step_observer = {});

struct Way {
  std::string_view name;
  bool compiled = true;  // or interpreted
  bool fused = true;     // or the passes without fusion
  int opt_level = 2;
  std::string_view cpu = {};   // empty: the host's
  bool has_passes = true;      // or as it is
  bool is_divided = false;     // also among three ranks
  bool keeps_weights = false;  // what is made of weights has memory of its own
  // Also with this one of other_schedules, counted around.
  std::optional<size_t> other_schedule = {};
};

// What a way gives on one thread and, if it is compiled, on two; if it is divided, on each of the ranks; with another
// schedule, if there is one.
struct WayTraces {
  Trace alone, together;
  std::vector<Trace> by_rank = {};
  Trace rescheduled = {};
};
// `pair` has two threads. An error is a pass that broke the program, or a kernel that left its buffer.
Result<WayTraces> trace_way(const Subject& subject, const Way& way, ThreadPool& pair, const PlantedBug* bug = nullptr);

}  // namespace minnow::proof
