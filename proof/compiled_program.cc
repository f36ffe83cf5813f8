#include "proof/compiled_program.h"

#include "passes/plan_memory.h"
#include "runtime/executable.h"

namespace minnow::proof {

Result<CompiledProgram> CompiledProgram::create(const Function& function, CompileOptions options,
                                                const PlantedBug* bug) {
  options.threads = 1;
  options.verify = true;
  MemoryPlan plan = plan_memory(function);
  if (bug != nullptr && bug->plan) bug->plan(function, plan);
  MINNOW_ASSIGN(std::unique_ptr<CompiledFunction> compiled,
                compile_changed(function, plan, options, bug != nullptr ? bug->kernels : KernelChanges{}));
  if (bug != nullptr && bug->code) bug->code(*compiled);
  CompiledProgram program;
  program.function_ = function.clone();
  program.compiled_ = std::move(compiled);
  return program;
}

Result<std::vector<Tensor>> CompiledProgram::run(const std::vector<Tensor>& arguments, ThreadPool& pool,
                                                 Communicator* ranks) const {
  std::vector<Tensor> own;
  std::vector<Tensor*> pointers;
  for (const Tensor& argument : arguments) own.push_back(argument.clone());
  for (Tensor& argument : own) pointers.push_back(&argument);
  const auto executable =
      make_executable(function_->clone(), compiled_, pool, {.is_guarded = true, .divides_all = true, .ranks = ranks});
  MINNOW_TRY(executable->run(pointers));
  std::vector<Tensor> results;
  for (size_t i = 0; i < function_->results().size(); ++i) results.push_back(executable->result(i, pointers).clone());
  return results;
}

}  // namespace minnow::proof
