#include "codegen/compile.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <chrono>
#include <future>
#include <unordered_set>

#include "codegen/emit_kernel.h"
#include "codegen/jit_code.h"
#include "codegen/kernel_work.h"

namespace minnow {
namespace {

// Kernels, divided among LLVM modules that are compiled at the same time.
struct Modules {
  std::vector<std::unique_ptr<llvm::LLVMContext>> contexts;
  std::vector<std::unique_ptr<llvm::Module>> modules;
};

constexpr double kSerialFlops = 20000;  // below this a kernel is done before a second thread has woken
constexpr double kSerialBytes = 32768;

std::string symbol_text(std::string_view text) {
  std::string symbol;
  for (char c : text) symbol += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? c : '_';
  return symbol;
}

class Compilation {
 public:
  Compilation(const Function& function, const MemoryPlan& plan, const Target& target, const CompileOptions& options)
      : function_(function), target_(target), options_(options) {
    lower_function(function, plan, target.lanes, lowered_);
  }

  void emit(int module_count);
  Status verify() const;
  Result<std::vector<ObjectBytes>> make_objects() const;
  Result<std::string> assembly() const;
  std::string llvm_ir() const;
  std::unique_ptr<CompiledFunction> take();

 private:
  void emit_one(const KernelWork& work, llvm::Module& module);
  std::string unique_name(const KernelWork& work);
  void describe(const KernelWork& work, Kernel& kernel) const;

  const Function& function_;
  const Target& target_;
  const CompileOptions& options_;
  LoweredFunction lowered_;
  Modules modules_;
  std::vector<Kernel> kernels_;
  std::unordered_set<std::string> names_;
};

void Compilation::emit(int module_count) {
  for (int i = 0; i < module_count; ++i) {
    modules_.contexts.push_back(std::make_unique<llvm::LLVMContext>());
    modules_.modules.push_back(std::make_unique<llvm::Module>(function_.name(), *modules_.contexts.back()));
  }
  size_t next = 0;
  for (const KernelWork& work : lowered_.works) {
    emit_one(work, *modules_.modules[next]);
    next = (next + 1) % modules_.modules.size();
  }
}

void Compilation::emit_one(const KernelWork& work, llvm::Module& module) {
  Kernel kernel;
  describe(work, kernel);
  kernel.name = unique_name(work);
  KernelBuilder builder(module, target_, kernel.name);
  const WorkUnits units = emit_kernel(builder, lowered_.storage, work);
  builder.finish();
  kernel.units = units.count;
  kernel.loop = work.loop;
  const bool worthwhile = kernel.flops > kSerialFlops || kernel.bytes > kSerialBytes;
  kernel.parallel_units = units.parallel && worthwhile ? units.count : 1;
  kernel.buffers = builder.buffers();
  kernels_.push_back(std::move(kernel));
}

// "step.conv1.gradient.conv_filter"
std::string Compilation::unique_name(const KernelWork& work) {
  std::string name = function_.name();
  if (const Op* speaker = work.speaker()) {
    const Location& location = speaker->location;
    if (!location.layer.empty()) name += "." + location.layer;
    name += "." + std::string(phase_name(location.phase));
  }
  const std::string ops = work.main != nullptr ? std::string(mnemonic(work.main->kind)) : work.ops;
  name = symbol_text(name + "." + ops.substr(0, 48));
  if (work.stage == KernelWork::Stage::kPartial) name += ".partial";
  std::string unique = name;
  for (int i = 1; !names_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
  return unique;
}

void Compilation::describe(const KernelWork& work, Kernel& kernel) const {
  kernel.op = work.ops;
  std::unordered_set<const Value*> read;
  for (const Op* op : work.inside) {
    if (!work.computes(op)) continue;
    kernel.flops += count_flops(*op);
    for (const Value* operand : op->operands) {
      const Value* value = lowered_.storage.resolve(operand);
      if (value->op == nullptr || !work.inside.contains(value->op)) read.insert(value);
    }
  }
  for (const Value* value : read) kernel.bytes += static_cast<double>(value->type.bytes());
  for (const KernelOutput& output : work.outputs) kernel.bytes += static_cast<double>(output.value->type.bytes());
  if (const Op* speaker = work.speaker()) {
    kernel.layer = speaker->location.layer;
    kernel.phase = speaker->location.phase;
  }
}

Status Compilation::verify() const {
  for (const auto& module : modules_.modules) {
    std::string text;
    llvm::raw_string_ostream out(text);
    if (llvm::verifyModule(*module, &out)) return fail("", "internal: broken LLVM IR: {}", text);
  }
  return {};
}

Result<std::vector<ObjectBytes>> Compilation::make_objects() const {
  std::vector<std::future<Result<ObjectBytes>>> running;
  for (const auto& module : modules_.modules) {
    running.push_back(std::async(modules_.modules.size() > 1 ? std::launch::async : std::launch::deferred, [&, this] {
      return compile_module(*module, target_, options_.opt_level);
    }));
  }
  std::vector<ObjectBytes> objects;
  Status status;
  for (auto& one : running) {
    auto object = one.get();
    if (!object) status = tl::unexpected(object.error());
    else objects.push_back(*std::move(object));
  }
  MINNOW_TRY(status);
  return objects;
}

std::string Compilation::llvm_ir() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  for (const auto& module : modules_.modules) module->print(out, nullptr);
  return text;
}

Result<std::string> Compilation::assembly() const {
  std::string text;
  for (const auto& module : modules_.modules) {
    MINNOW_ASSIGN(std::string part, assemble_module(*module, target_, options_.opt_level));
    text += part;
  }
  return text;
}

std::unique_ptr<CompiledFunction> Compilation::take() {
  auto compiled = std::make_unique<CompiledFunction>();
  compiled->name = function_.name();
  compiled->kernels = std::move(kernels_);
  compiled->buffers = std::move(lowered_.buffers);
  compiled->loops = std::move(lowered_.loops);
  compiled->arena_bytes = lowered_.arena_bytes;
  return compiled;
}

// The text or object of one module that holds all kernels.
template <typename Produce>
Result<std::string> emit_for(const Function& function, const MemoryPlan& plan, const std::string& triple,
                             const std::string& cpu, Produce produce) {
  MINNOW_ASSIGN(const Target target, named_target(triple, cpu));
  const CompileOptions options;
  Compilation compilation(function, plan, target, options);
  compilation.emit(1);
  MINNOW_TRY(compilation.verify());
  return produce(compilation);
}

}  // namespace

Result<std::unique_ptr<CompiledFunction>> compile(const Function& function, const MemoryPlan& plan,
                                                  const CompileOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  MINNOW_ASSIGN(const Target target, host_target(options.cpu));
  Compilation compilation(function, plan, target, options);
  compilation.emit(std::max(1, options.threads));
  if (options.verify) MINNOW_TRY(compilation.verify());
  std::string llvm_ir = options.keep_llvm_ir ? compilation.llvm_ir() : "";
  MINNOW_ASSIGN(std::vector<ObjectBytes> objects, compilation.make_objects());
  MINNOW_ASSIGN(auto code, JitCode::link(std::move(objects)));
  auto compiled = compilation.take();
  for (Kernel& kernel : compiled->kernels) {
    MINNOW_ASSIGN(void* address, code->find(kernel.name));
    kernel.entry = reinterpret_cast<KernelEntry>(address);
  }
  compiled->code = std::move(code);
  compiled->llvm_ir = std::move(llvm_ir);
  if (options.keep_assembly) {
    MINNOW_ASSIGN(compiled->assembly, emit_assembly(function, plan, {}, options.cpu));
  }
  compiled->compile_milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return compiled;
}

Result<std::string> emit_object(const Function& function, const MemoryPlan& plan, const std::string& triple,
                                const std::string& cpu) {
  return emit_for(function, plan, triple, cpu, [](const Compilation& compilation) -> Result<std::string> {
    MINNOW_ASSIGN(std::vector<ObjectBytes> objects, compilation.make_objects());
    return std::string(objects[0].begin(), objects[0].end());
  });
}

Result<std::string> emit_llvm_ir(const Function& function, const MemoryPlan& plan, const std::string& triple,
                                 const std::string& cpu) {
  return emit_for(function, plan, triple, cpu,
                  [](const Compilation& compilation) -> Result<std::string> { return compilation.llvm_ir(); });
}

Result<std::string> emit_assembly(const Function& function, const MemoryPlan& plan, const std::string& triple,
                                  const std::string& cpu) {
  return emit_for(function, plan, triple, cpu,
                  [](const Compilation& compilation) { return compilation.assembly(); });
}

}  // namespace minnow
