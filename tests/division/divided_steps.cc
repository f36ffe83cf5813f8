#include "tests/division/divided_steps.h"

#include <algorithm>

#include "codegen/compile.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "proof/rank_threads.h"
#include "runtime/random_batch.h"
#include "runtime/session.h"
#include "tests/expect.h"

namespace minnow::testing {
namespace {

// Another batch for each step: the same numbers, one place on.
void feed(const Function& function, int step, std::vector<Tensor>& arguments) {
  for (const auto& parameter : function.parameters()) {
    Tensor& argument = arguments[static_cast<size_t>(parameter->index)];
    const std::span<std::byte> bytes(argument.data(), static_cast<size_t>(argument.type().bytes()));
    if (parameter->role == Role::kInput && step > 0)
      std::rotate(bytes.begin(), bytes.begin() + dtype_bytes(parameter->type.dtype), bytes.end());
    if (parameter->name == "step" && parameter->role == Role::kScalar) argument.as<int32_t>()[0] = step;
  }
}

}  // namespace

SteppedFunction SteppedFunction::train_step(const LoadedModel& model) {
  ThreadPool pool(1);
  auto session = expect(Session::create(model, {.code = {}}, pool));
  Batch batch = draw_batch(*session);
  BuildOptions options{{model.model.training().batch_size()}, default_pipeline(), {}};
  auto function = expect(build_function(model, "train_step", options));
  std::vector<Tensor> arguments;
  for (const Tensor* argument : session->bind(*function, batch, 0, model.model.training().learning_rate()))
    arguments.push_back(argument->clone());
  return {std::move(function), std::move(arguments)};
}

SteppedFunction::SteppedFunction(std::unique_ptr<Function> function, std::vector<Tensor> arguments)
    : function_(std::move(function)), arguments_(std::move(arguments)) {
  compiled_ = expect(compile(*function_, plan_memory(*function_), {}));
}

Result<std::vector<Tensor>> SteppedFunction::run(int steps, int threads, const ExecutorOptions& options) const {
  ThreadPool pool(threads);
  const auto executable = make_executable(function_->clone(), compiled_, pool, options);
  std::vector<Tensor> arguments;
  std::vector<Tensor*> pointers;
  for (const Tensor& argument : arguments_) arguments.push_back(argument.clone());
  for (Tensor& argument : arguments) pointers.push_back(&argument);
  for (int step = 0; step < steps; ++step) {
    feed(*function_, step, arguments);
    MINNOW_TRY(executable->run(pointers));
  }
  std::vector<Tensor> outcome;
  for (const Tensor& argument : arguments) outcome.push_back(argument.clone());
  for (size_t i = 0; i < function_->results().size(); ++i) outcome.push_back(executable->result(i, pointers).clone());
  return outcome;
}

std::vector<Tensor> SteppedFunction::alone(int steps) const { return expect(run(steps, 1, {})); }

std::string SteppedFunction::difference(const std::vector<Tensor>& expected, int steps, const Ranks& ranks) const {
  std::vector<std::string> found(static_cast<size_t>(ranks.count));
  proof::RankThreads all(ranks.count);
  const Status status = all.run([&](Communicator& rank) -> Status {
    const ExecutorOptions options{.is_guarded = ranks.is_guarded, .divides_all = ranks.divides_all, .ranks = &rank};
    MINNOW_ASSIGN(const std::vector<Tensor> results, run(steps, ranks.threads, options));
    for (size_t i = 0; i < expected.size(); ++i) {
      if (std::ranges::equal(results[i].bytes(), expected[i].bytes())) continue;
      const size_t parameters = function_->parameters().size();
      found[static_cast<size_t>(rank.rank())] =
          "rank " + std::to_string(rank.rank()) + " has another " +
          (i < parameters ? function_->parameters()[i]->name : function_->results()[i - parameters].name);
      break;
    }
    return {};
  });
  if (!status) return status.error().to_string();
  const auto one = std::ranges::find_if(found, [](const std::string& text) { return !text.empty(); });
  return one == found.end() ? "" : *one;
}

}  // namespace minnow::testing
