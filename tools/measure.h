// What `bench` and `profile` share: a function of a model, ready to run on a batch that looks like data, and statistics.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/random_batch.h"
#include "tools/command.h"

namespace minnow {

class MeasuredFunction {
 public:
  // Builds the function for the model's batch size, and compiles it unless it is to be interpreted.
  static Result<MeasuredFunction> create(const LoadedModel& loaded, const SessionOptions& options, int threads,
                                         ModelFunction function);

  Status run();
  Executable& executable() { return *executable_; }
  ThreadPool& pool() { return *pool_; }
  double build_seconds() const { return build_seconds_; }  // from the model to something that runs

 private:
  MeasuredFunction() = default;

  std::unique_ptr<ThreadPool> pool_;  // before the session that uses it
  std::unique_ptr<Session> session_;
  Executable* executable_ = nullptr;
  RandomBatch batch_;
  int64_t step_ = 0;
  double build_seconds_ = 0;
};

// Adds --function, "infer" or "train_step".
void add_function_flag(CLI::App& app, std::string& function);
ModelFunction function_named(std::string_view name);

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// "417 ns", "2.31 ms": three digits, in the unit that suits.
std::string format_step_time(double seconds);

struct Quartiles {
  double low = 0, median = 0, high = 0;
};
// Of at least one sample.
Quartiles quartiles(std::vector<double> samples);

}  // namespace minnow
