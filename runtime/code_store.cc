#include "codegen/compile.h"
#include "ir/text.h"
#include "passes/plan_memory.h"
#include "runtime/executable.h"
#include "runtime/tune.h"

namespace minnow {

Result<std::shared_ptr<const CompiledFunction>> CodeStore::compile(const Function& function, ThreadPool& pool,
                                                                   const CodeOptions& options) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const CompiledFunction>& slot = compiled_[(options.keeps_weights ? "kept " : "") + print(function)];
  if (slot) return slot;
  CompileOptions compile_options;
  compile_options.cpu = options.cpu;
  compile_options.cache_folder = options.cache_folder;
  compile_options.interrupt = options.interrupt;
  compile_options.keeps_weights = options.keeps_weights;
  const MemoryPlan plan = plan_memory(function);
  if (options.tune) {
    MINNOW_ASSIGN(slot, compile_tuned(function, plan, pool, compile_options, options.on_tuned));
  } else {
    MINNOW_ASSIGN(slot, minnow::compile(function, plan, compile_options));
  }
  return slot;
}

size_t CodeStore::size() const {
  const std::lock_guard lock(mutex_);
  return compiled_.size();
}

}  // namespace minnow
