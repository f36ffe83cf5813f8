#include "codegen/compile.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "codegen/compilation.h"
#include "codegen/kernel_changes.h"
#include "passes/group/check_kernels.h"

namespace minnow {
namespace {

// The texts of one module that holds all kernels.
template <typename Produce>
auto emit_for(const Function& function, const MemoryPlan& plan, const std::string& triple, const std::string& cpu,
              std::string* llvm_times, Produce produce) -> decltype(produce(std::declval<const Compilation&>())) {
  MINNOW_TRY(check_kernels(function));
  MINNOW_ASSIGN(const Target target, named_target(triple, cpu));
  CompileOptions options;
  options.llvm_times = llvm_times;
  Compilation compilation(function, plan, target, options);
  compilation.emit(1);
  MINNOW_TRY(compilation.verify());
  return produce(compilation);
}

ObjectCache cache_for(const CompileOptions& options) {
  return ObjectCache(options.keep_llvm_ir ? "" : options.cache_folder);
}

// Whether it trains. A session keeps what it makes of weights for what does not.
bool writes_weights(const Function& function) {
  return std::ranges::any_of(function.results(), [&](const FunctionResult& result) {
    const Value* parameter = function.replaced_parameter(result);
    return parameter != nullptr && parameter->role == Role::kWeight;
  });
}

// Empty where there is no cache.
std::string key_of(const Compilation& compilation, const CompileOptions& options) {
  return options.cache_folder.empty() ? "" : compilation.key();
}

// nullptr if the cache has no such code.
Result<std::unique_ptr<CompiledFunction>> from_cache(Compilation& compilation, const std::string& key,
                                                     const CompileOptions& options) {
  auto cached = cache_for(options).find(key);
  if (!cached || !compilation.adopt(*cached)) return nullptr;
  MINNOW_ASSIGN(auto compiled, compilation.finish(std::move(cached->objects)));
  compiled->is_cached = true;
  return compiled;
}

Result<std::unique_ptr<CompiledFunction>> compile_anew(Compilation& compilation, const std::string& key,
                                                       const CompileOptions& options) {
  compilation.emit(std::max(1, options.threads));
  MINNOW_TRY(check_interrupt(options.interrupt));
  if (options.verify) MINNOW_TRY(compilation.verify());
  std::string llvm_ir = options.keep_llvm_ir ? compilation.llvm_ir() : "";
  MINNOW_ASSIGN(std::vector<ObjectBytes> objects, compilation.make_objects());
  cache_for(options).store(key, compilation.to_cache(objects));
  MINNOW_ASSIGN(auto compiled, compilation.finish(std::move(objects)));
  compiled->llvm_ir = std::move(llvm_ir);
  return compiled;
}

}  // namespace

Result<std::unique_ptr<CompiledFunction>> compile(const Function& function, const MemoryPlan& plan,
                                                  const CompileOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  MINNOW_TRY(check_kernels(function));
  MINNOW_ASSIGN(const Target target, host_target(options.cpu));
  Compilation compilation(function, plan, target, options);
  const std::string key = key_of(compilation, options);
  MINNOW_ASSIGN(auto compiled, from_cache(compilation, key, options));
  if (!compiled) {
    MINNOW_ASSIGN(compiled, compile_anew(compilation, key, options));
  }
  if (options.keep_assembly) {
    MINNOW_ASSIGN(compiled->assembly, emit_assembly(function, plan, {}, options.cpu));
  }
  compiled->compile_milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return compiled;
}

Result<std::unique_ptr<CompiledFunction>> compile_changed(const Function& function, const MemoryPlan& plan,
                                                          CompileOptions options, const KernelChanges& changes) {
  MINNOW_TRY(check_kernels(function));
  MINNOW_ASSIGN(const Target target, host_target(options.cpu));
  options.cache_folder.clear();
  Compilation compilation(function, plan, target, options);
  compilation.change(changes);
  return compile_anew(compilation, "", options);
}

Result<std::unique_ptr<CompiledFunction>> find_compiled(const Function& function, const MemoryPlan& plan,
                                                        const CompileOptions& options) {
  MINNOW_TRY(check_kernels(function));
  MINNOW_ASSIGN(const Target target, host_target(options.cpu));
  Compilation compilation(function, plan, target, options);
  return from_cache(compilation, key_of(compilation, options), options);
}

Status explain_layouts(const Function& function, const MemoryPlan& plan, const std::string& triple,
                       const std::string& cpu, Remarks& remarks) {
  MINNOW_TRY(check_kernels(function));
  MINNOW_ASSIGN(const Target target, named_target(triple, cpu));
  LoweredFunction lowered;
  lowered.remarks = &remarks;
  lower_function(function, plan, target, lowered);
  return {};
}

Result<RunMemory> run_memory(const Function& function, const MemoryPlan& plan) {
  MINNOW_TRY(check_kernels(function));
  MINNOW_ASSIGN(const Target target, host_target());
  CompileOptions options;
  options.keeps_weights = !writes_weights(function);
  Compilation compilation(function, plan, target, options);
  compilation.emit(1);
  const LoweredFunction& lowered = compilation.with_constants();
  RunMemory memory;
  memory.scratch = lowered.arena_bytes - plan.arena_bytes;
  memory.local = local_bytes(lowered.loops);
  for (const Buffer& buffer : lowered.buffers) {
    if (buffer.kind == Buffer::Kind::kConstant) memory.constants += buffer.bytes;
    if (buffer.kind == Buffer::Kind::kResult) memory.results += buffer.bytes;
  }
  return memory;
}

Result<std::string> emit_llvm_ir(const Function& function, const MemoryPlan& plan, const std::string& triple,
                                 const std::string& cpu) {
  return emit_for(function, plan, triple, cpu, nullptr,
                  [](const Compilation& compilation) -> Result<std::string> { return compilation.llvm_ir(); });
}

Result<std::string> emit_assembly(const Function& function, const MemoryPlan& plan, const std::string& triple,
                                  const std::string& cpu, std::string* llvm_times) {
  return emit_for(function, plan, triple, cpu, llvm_times,
                  [](const Compilation& compilation) { return compilation.assembly(); });
}

Result<std::vector<KernelText>> emit_kernel_texts(const Function& function, const MemoryPlan& plan,
                                                  const std::string& triple, const std::string& cpu) {
  return emit_for(function, plan, triple, cpu, nullptr,
                  [](const Compilation& compilation) { return compilation.kernel_texts(); });
}

}  // namespace minnow
