#include "codegen/compilation.h"

#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <future>

#include "codegen/buffer_uses.h"
#include "codegen/kernel_comments.h"
#include "codegen/kernel_texts.h"
#include "codegen/kernels/emit_kernel.h"
#include "codegen/machine/jit_code.h"
#include "ir/text.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

// Below these a kernel is done before a second thread has woken.
const Threshold kSerialFlops{"flops of a kernel", 20'000};
const Threshold kSerialBytes{"bytes of a kernel", 32'768};

// Below these a whole function is done before its data, which the kernels hand from core to core, has moved. A function
// is divided throughout or not at all: kernel after kernel then finds its half where the last one left it.
const Threshold kSerialFunctionFlops{"flops of a function", 200'000};
const Threshold kSerialFunctionBytes{"bytes of a function", 200'000};

// Above these it pays, on whatever machine. In between runs have to tell.
const Threshold kParallelFunctionFlops{"flops of a large function", 500'000'000};
const Threshold kParallelFunctionBytes{"bytes of a large function", 1'000'000'000};

bool is_worth_threads(double flops, double bytes) { return flops > kSerialFlops || bytes > kSerialBytes; }

std::string symbol_text(std::string_view text) {
  std::string symbol;
  for (char c : text) symbol += std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? c : '_';
  return symbol;
}

// Roughly, how long LLVM takes for a kernel.
int compile_cost(const KernelWork& work) {
  if (work.main != nullptr && has_trait(work.main->kind, kContraction)) return 12;
  return work.row || work.main != nullptr ? 4 : 1;
}

// Runs `body(i)` for each i below `count`, on as many threads.
template <typename Body>
void on_threads(size_t count, Body body) {
  std::vector<std::future<void>> running;
  for (size_t i = 1; i < count; ++i) running.push_back(std::async(std::launch::async, body, i));
  if (count > 0) body(size_t{0});
  for (auto& one : running) one.get();
}

}  // namespace

Compilation::Compilation(const Function& function, const MemoryPlan& plan, const Target& target,
                         const CompileOptions& options)
    : function_(function), target_(target), options_(options) {
  lowered_.keeps_weights = options.keeps_weights;
  lower_function(function, plan, target, lowered_);
  const auto names = value_names(function);
  for (const KernelWork& work : lowered_.works) {
    kernels_.push_back(describe(work));
    if (work.origin != nullptr) kernels_.back().value = names.at(work.origin->result());
  }
  decide_threads();
}

void Compilation::decide_threads() {
  double all_flops = 0;
  double all_bytes = 0;
  for (const Kernel& kernel : kernels_) {
    const BlockLoop* loop = kernel.loop < 0 ? nullptr : &lowered_.loops[static_cast<size_t>(kernel.loop)];
    if (loop != nullptr && loop->partitions == 1) continue;  // one thread does it in any case
    const auto runs = static_cast<double>(loop == nullptr ? kernel.repeats : kernel.repeats * loop->blocks);
    all_flops += kernel.flops * runs;
    all_bytes += kernel.bytes * runs;
  }
  if (all_flops > kParallelFunctionFlops || all_bytes > kParallelFunctionBytes) threads_ = Threads::kAll;
  else if (all_flops > kSerialFunctionFlops || all_bytes > kSerialFunctionBytes) threads_ = Threads::kOneOrAll;
  for (BlockLoop& loop : lowered_.loops) {
    double flops = 0;
    double bytes = 0;
    for (size_t i = loop.first; i < loop.last; ++i) {
      flops += kernels_[i].flops;
      bytes += kernels_[i].bytes;
    }
    const auto blocks = static_cast<double>(loop.blocks);
    loop.parallel =
        threads_ != Threads::kOne && loop.partitions > 1 && is_worth_threads(flops * blocks, bytes * blocks);
  }
}

// Costly kernels first, each to the module that has least to do, or that already has its like.
void Compilation::divide(int module_count) {
  std::vector<size_t> order(lowered_.works.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return compile_cost(lowered_.works[i]); });
  std::vector<int> cost(static_cast<size_t>(module_count), 0);
  std::unordered_map<std::string, size_t> part_by_likeness;
  for (const size_t i : order) {
    const auto least = static_cast<size_t>(std::ranges::min_element(cost) - cost.begin());
    const auto [part, is_new] = part_by_likeness.try_emplace(likeness(lowered_.works[i]), least);
    if (is_new) cost[least] += compile_cost(lowered_.works[i]);
    parts_[part->second].kernels.push_back(i);
  }
}

void Compilation::emit(int module_count) {
  parts_.resize(static_cast<size_t>(module_count));
  divide(module_count);
  on_threads(parts_.size(), [this](size_t i) {
    Part& part = parts_[i];
    part.module = std::make_unique<llvm::Module>(function_.name(), *part.context);
    std::ranges::sort(part.kernels);
    DuplicateKernels duplicates;
    for (const size_t kernel : part.kernels)
      if (!is_interrupted(options_.interrupt)) emit_kernel(kernel, *part.module, duplicates);
  });
}

void Compilation::emit_into(llvm::Module& module, DuplicateKernels& duplicates) {
  for (size_t kernel = 0; kernel < kernels_.size(); ++kernel) emit_kernel(kernel, module, duplicates);
}

void Compilation::emit_kernel(size_t index, llvm::Module& module, DuplicateKernels& duplicates) {
  Kernel& kernel = kernels_[index];
  KernelWork work = lowered_.works[index];
  Target target = target_of(work, target_);
  if (!options_.schedules.empty()) {
    target.schedule = options_.schedules.at(index);
    reschedule_contraction(work, target);
  }
  if (changes_.work) changes_.work(work, target);
  kernel.schedule = work.schedule_text();
  if (!options_.notes.empty()) kernel.schedule += options_.notes.at(index);
  KernelBuilder builder(module, target, kernel.name);
  const WorkUnits units = minnow::emit_kernel(builder, lowered_.storage, work);
  builder.finish();
  if (changes_.code) changes_.code(*builder.function());
  kernel.units = units.count;
  const bool is_divided = threads_ != Threads::kOne && units.parallel && is_worth_threads(kernel.flops, kernel.bytes);
  kernel.parallel_units = is_divided ? units.count : 1;
  kernel.buffers = builder.buffers();
  if (units.grid.is_sound() && units.grid.pieces() >= units.count) kernel.grid = units.grid;
  kernel.uses = buffer_uses(work, lowered_.storage, kernel.buffers, kernel.grid);
  if (llvm::Function* duplicate = duplicates.find_or_add(*builder.function())) {
    builder.function()->eraseFromParent();
    llvm::GlobalAlias::create(kernel.name, duplicate);
  }
}

// "step.conv1.gradient.conv_filter"
std::string Compilation::unique_name(const KernelWork& work) {
  std::string name = function_.name();
  if (const Op* attributed_op = work.attributed_op()) {
    const Location& location = attributed_op->location;
    if (!location.layer.empty()) name += "." + location.layer;
    name += "." + std::string(phase_name(location.phase));
  }
  const std::string ops =
      work.main != nullptr && !work.packs_panels ? std::string(mnemonic(work.main->kind)) : work.ops;
  name = symbol_text(name + "." + ops.substr(0, 48));
  std::string unique = name;
  for (int& i = last_number_[name]; !names_.insert(unique).second;) unique = name + "_" + std::to_string(++i);
  return unique;
}

Kernel Compilation::describe(const KernelWork& work) {
  Kernel kernel;
  kernel.name = unique_name(work);
  kernel.loop = work.loop;
  kernel.repeats = work.repeats;
  kernel.is_kept = work.is_kept;
  kernel.op = work.ops;
  std::unordered_set<const Value*> read;
  for (const Op* op : work.inside) {
    kernel.flops += count_flops(*op);
    for (const Value* operand : op->operands) {
      const Value* value = lowered_.storage.resolve(operand);
      if (value->op == nullptr || !work.inside.contains(value->op)) read.insert(value);
    }
  }
  for (const Value* value : read) kernel.bytes += static_cast<double>(value->type.bytes());
  for (const KernelOutput& output : work.outputs) kernel.bytes += static_cast<double>(output.value->type.bytes());
  if (const Op* attributed_op = work.attributed_op()) {
    kernel.layer = attributed_op->location.layer;
    kernel.phase = attributed_op->location.phase;
  }
  return kernel;
}

Status Compilation::verify() const {
  for (const Part& part : parts_) {
    std::string text;
    llvm::raw_string_ostream out(text);
    if (llvm::verifyModule(*part.module, &out)) return fail("", "internal: broken LLVM IR: {}", text);
  }
  return {};
}

Result<std::vector<ObjectBytes>> Compilation::make_objects() const {
  std::vector<ObjectBytes> objects(parts_.size());
  std::vector<Status> statuses(parts_.size());
  on_threads(parts_.size(), [&, this](size_t i) {
    auto object =
        compile_module(*parts_[i].module, target_, options_.opt_level, options_.llvm_times, options_.interrupt);
    if (object) objects[i] = *std::move(object);
    else statuses[i] = tl::unexpected(object.error());
  });
  for (const Status& status : statuses) MINNOW_TRY(status);
  return objects;
}

std::string Compilation::llvm_ir() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  const KernelsByName by_name(kernels_);
  KernelAnnotator annotator(by_name);
  for (const Part& part : parts_) part.module->print(out, &annotator);
  return text;
}

Result<std::string> Compilation::assembly() const {
  std::string text;
  for (const Part& part : parts_) {
    MINNOW_ASSIGN(std::string assembled,
                  assemble_module(*part.module, target_, options_.opt_level, options_.llvm_times));
    text += annotate_assembly(assembled, kernels_, target_);
  }
  return text;
}

// In the order of execution.
Result<std::vector<KernelText>> Compilation::kernel_texts() const {
  std::vector<KernelText> texts;
  for (const Kernel& kernel : kernels_) texts.push_back({kernel, {}, {}, {}});
  const KernelsByName by_name(kernels_);
  for (const Part& part : parts_) {
    for (const size_t i : part.kernels) {
      texts[i].duplicate = duplicate_of(kernels_[i].name, *part.module);
      texts[i].llvm_ir = llvm_ir_of(kernels_[i].name, *part.module, by_name);
    }
  }
  MINNOW_ASSIGN(const std::string all, assembly());
  auto assemblies = assembly_by_kernel(all, kernels_);
  for (KernelText& text : texts) text.assembly = std::move(assemblies[text.kernel.name]);
  return texts;
}

std::string Compilation::key() const {
  return cache_key({print(function_), target_.triple, target_.cpu, target_.features, std::to_string(options_.opt_level),
                    std::to_string(target_.schedule.cache_bytes), options_.is_tuned ? "tuned" : "",
                    options_.keeps_weights ? "kept" : ""});
}

bool Compilation::adopt(const CachedKernels& cached) {
  if (cached.kernels.size() != kernels_.size()) return false;
  for (size_t i = 0; i < kernels_.size(); ++i) {
    kernels_[i].units = cached.kernels[i].units;
    kernels_[i].parallel_units = cached.kernels[i].parallel_units;
    kernels_[i].buffers = cached.kernels[i].buffers;
    kernels_[i].schedule = cached.kernels[i].schedule;
    kernels_[i].grid = cached.kernels[i].grid;
    for (const int buffer : kernels_[i].buffers)
      if (buffer < 0 || static_cast<size_t>(buffer) >= lowered_.buffers.size()) return false;
    kernels_[i].uses = buffer_uses(lowered_.works[i], lowered_.storage, kernels_[i].buffers, kernels_[i].grid);
  }
  return true;
}

CachedKernels Compilation::to_cache(std::vector<ObjectBytes> objects) const {
  CachedKernels cached;
  for (const Kernel& kernel : kernels_)
    cached.kernels.push_back({kernel.units, kernel.parallel_units, kernel.buffers, kernel.grid, kernel.schedule});
  cached.objects = std::move(objects);
  return cached;
}

const LoweredFunction& Compilation::with_constants() {
  std::vector<bool> is_used(lowered_.buffers.size());
  for (const Kernel& kernel : kernels_)
    for (const int index : kernel.buffers) {
      is_used[static_cast<size_t>(index)] = true;
      const Buffer& buffer = lowered_.buffers[static_cast<size_t>(index)];
      if (buffer.kind == Buffer::Kind::kBlock) is_used[static_cast<size_t>(buffer.index)] = true;
    }
  for (const SequentialLoop& loop : lowered_.sequences) {
    for (const int part : loop.parts)
      is_used[static_cast<size_t>(lowered_.buffers[static_cast<size_t>(part)].index)] = true;
    for (const SequentialLoop::Carry& carry : loop.carries) is_used[static_cast<size_t>(carry.initial)] = true;
  }
  for (size_t i = 0; i < is_used.size(); ++i) {
    Buffer& buffer = lowered_.buffers[i];
    if (buffer.kind != Buffer::Kind::kConstant) continue;
    if (is_used[i]) buffer.data = constant_bytes(*lowered_.constants[static_cast<size_t>(buffer.index)]);
    else buffer.bytes = 0;
  }
  return lowered_;
}

Result<std::unique_ptr<CompiledFunction>> Compilation::finish(std::vector<ObjectBytes> objects) {
  with_constants();
  MINNOW_ASSIGN(auto code, JitCode::link(std::move(objects)));
  for (Kernel& kernel : kernels_) {
    MINNOW_ASSIGN(void* address, code->find(kernel.name));
    kernel.entry = reinterpret_cast<KernelEntry>(address);
  }
  auto compiled = std::make_unique<CompiledFunction>();
  compiled->name = function_.name();
  compiled->kernels = std::move(kernels_);
  compiled->buffers = std::move(lowered_.buffers);
  compiled->loops = std::move(lowered_.loops);
  compiled->sequences = std::move(lowered_.sequences);
  compiled->arena_bytes = lowered_.arena_bytes;
  compiled->threads = threads_;
  compiled->code = std::move(code);
  return compiled;
}

}  // namespace minnow
