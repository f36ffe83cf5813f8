#include "proof/subject.h"

#include "interpreter/function_ref.h"
#include "passes/pipeline.h"
#include "proof/compiled_program.h"
#include "proof/other_schedules.h"
#include "proof/rank_threads.h"

namespace minnow::proof {
namespace {

using RunOnce = FunctionRef<Result<std::vector<Tensor>>(const std::vector<Tensor>& arguments)>;

Result<Trace> trace_steps(const Subject& subject, RunOnce run_once) {
  std::vector<Tensor> arguments;
  for (const Tensor& argument : subject.arguments) arguments.push_back(argument.clone());
  Trace trace;
  for (int step = 0; step < subject.steps; ++step) {
    if (subject.feed) subject.feed(step, arguments);
    MINNOW_ASSIGN(std::vector<Tensor> results, run_once(arguments));
    const auto& names = subject.function->results();
    for (size_t i = 0; i < results.size(); ++i)
      if (const Value* parameter = subject.function->replaced_parameter(names[i]))
        arguments[static_cast<size_t>(parameter->index)] = results[i].clone();
    trace.push_back(std::move(results));
  }
  return trace;
}

Result<std::unique_ptr<Function>> transform(const Function& function, const Way& way, const PlantedBug* bug) {
  auto transformed = function.clone();
  if (!way.has_passes) return transformed;
  PassOptions options;
  options.check_answers = true;
  if (!way.fused) options.skip.emplace_back("fuse");
  std::vector<Pass> pipeline = default_pipeline();
  if (bug != nullptr) pipeline.insert(pipeline.end(), bug->passes.begin(), bug->passes.end());
  MINNOW_TRY(run_passes(*transformed, pipeline, options));
  return transformed;
}

Result<std::vector<Trace>> trace_ranks(const Subject& subject, const CompiledProgram& program) {
  constexpr int kRanks = 3;
  std::vector<Trace> traces(kRanks);
  RankThreads ranks(kRanks);
  MINNOW_TRY(ranks.run([&](Communicator& rank) -> Status {
    ThreadPool alone(1);
    MINNOW_ASSIGN(traces[static_cast<size_t>(rank.rank())],
                  trace_steps(subject, [&](const std::vector<Tensor>& arguments) {
                    return program.run(arguments, alone, &rank);
                  }));
    return {};
  }));
  return traces;
}

CompileOptions options_of(const Way& way) {
  return {.opt_level = way.opt_level, .cpu = std::string(way.cpu), .keeps_weights = way.keeps_weights};
}

// Of the program whose kernels are divided in another way, on one thread.
Result<Trace> trace_rescheduled(const Subject& subject, const Function& function, const Way& way, size_t kernels,
                                const PlantedBug* bug) {
  CompileOptions options = options_of(way);
  MINNOW_ASSIGN(const Target target, host_target(options.cpu));
  const std::vector<ScheduleOptions> others = other_schedules(target);
  options.schedules.assign(kernels, others[*way.other_schedule % others.size()]);
  MINNOW_ASSIGN(const CompiledProgram program, CompiledProgram::create(function, options, bug));
  ThreadPool alone(1);
  return trace_steps(subject, [&](const std::vector<Tensor>& arguments) { return program.run(arguments, alone); });
}

}  // namespace

std::string_view result_kind(const Function& function, const FunctionResult& result) {
  const Value* parameter = function.replaced_parameter(result);
  if (parameter != nullptr) return role_name(parameter->role);
  return result.name.starts_with("gradient.") ? "gradient" : "output";
}

Result<Trace> trace_interpreted(const Subject& subject, const Function& function, Precision precision,
                                const OpObserver& observer, const StepObserver& step_observer) {
  return trace_steps(subject, [&](const std::vector<Tensor>& arguments) {
    if (step_observer) step_observer(arguments);
    std::vector<const Tensor*> pointers;
    for (const Tensor& argument : arguments) pointers.push_back(&argument);
    return interpret(function, pointers, precision, observer);
  });
}

Result<WayTraces> trace_way(const Subject& subject, const Way& way, ThreadPool& pair, const PlantedBug* bug) {
  MINNOW_ASSIGN(const auto function, transform(*subject.function, way, bug));
  WayTraces traces;
  if (!way.compiled) {
    MINNOW_ASSIGN(traces.alone, trace_interpreted(subject, *function, Precision::kDeclared));
    return traces;
  }
  MINNOW_ASSIGN(const CompiledProgram program, CompiledProgram::create(*function, options_of(way), bug));
  const auto trace_on = [&](ThreadPool& pool) {
    return trace_steps(subject, [&](const std::vector<Tensor>& arguments) { return program.run(arguments, pool); });
  };
  ThreadPool alone(1);
  MINNOW_ASSIGN(traces.alone, trace_on(alone));
  MINNOW_ASSIGN(traces.together, trace_on(pair));
  if (way.is_divided) {
    MINNOW_ASSIGN(traces.by_rank, trace_ranks(subject, program));
  }
  if (way.other_schedule) {
    MINNOW_ASSIGN(traces.rescheduled, trace_rescheduled(subject, *function, way, program.kernels(), bug));
  }
  return traces;
}

}  // namespace minnow::proof
