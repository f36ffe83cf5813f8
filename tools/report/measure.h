// What `bench` and `profile` share: a function of a model, ready to run on a batch that looks like data, and
// statistics.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel_seconds.h"
#include "runtime/random_batch.h"
#include "tools/flags/flags.h"

namespace minnow {

class MeasuredFunction {
 public:
  Status run();
  Executable& executable() { return *executable_; }
  ThreadPool& pool() { return *pool_; }
  double build_seconds() const { return build_seconds_; }  // from the model to something that runs

 private:
  friend class Subject;
  friend Result<MeasuredFunction> measure_as_it_stands(const Function& function, int threads);
  MeasuredFunction() = default;
  Status build(const LoadedModel& loaded, const SessionOptions& options, ModelFunction function);
  Status build(const Function& function, const SessionOptions& options);

  std::unique_ptr<ThreadPool> pool_;  // before the session that uses it
  std::unique_ptr<Session> session_;  // of a model
  Batch batch_;
  int64_t step_ = 0;
  std::unique_ptr<Executable> owned_;  // of IR text
  std::vector<Tensor> arguments_;
  Executable* executable_ = nullptr;
  double build_seconds_ = 0;
};

// What is measured: a function of a model, or of IR text.
class Subject {
 public:
  // `function` empty: train_step, or the first of the file.
  static Result<Subject> read(const ModelFlags& model, const std::string& function, int64_t max_bytes);

  // Compiles it, for the model's batch size, unless it is to be interpreted.
  Result<MeasuredFunction> prepare(const SessionOptions& options, int threads) const;
  // Of its dots and convolutions.
  Result<double> flops() const;
  const std::string& name() const { return name_; }
  const std::string& function() const { return function_; }
  std::string title() const;  // "lenet @train_step, batch size 64"
  std::optional<int64_t> batch_size() const;

 private:
  Subject() = default;

  std::string name_, function_;
  std::unique_ptr<LoadedModel> loaded_;
  std::unique_ptr<Function> text_;
};

// A function that has been through the passes, compiled, and run on values drawn for its parameters.
Result<MeasuredFunction> measure_as_it_stands(const Function& function, int threads);

// Adds --function.
void add_function_flag(CLI::App& app, std::string& function);

// "417 ns", "2.31 ms": three digits, in the unit that suits.
std::string format_step_time(double seconds);

}  // namespace minnow
