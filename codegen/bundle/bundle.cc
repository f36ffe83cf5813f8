#include "codegen/bundle/bundle.h"

#include <llvm/Target/TargetMachine.h>

#include <algorithm>
#include <optional>

#include "codegen/bundle/bundle_texts.h"
#include "codegen/bundle/c_function.h"
#include "codegen/bundle/emit_entries.h"
#include "codegen/bundle/freestanding.h"
#include "codegen/machine/jit_code.h"
#include "ir/text.h"
#include "passes/group/check_kernels.h"
#include "passes/plan_scratch.h"

namespace minnow {
namespace {

constexpr int64_t kStackOfKernel = 1024;

// What may shorten code.
struct CodeStyle {
  bool has_short_tiles = false;  // and panels as narrow as can be
  bool is_for_size = false;      // as LLVM understands it
};
// Of short code. None is the shortest of every network, and a loop may be longer than what it repeats.
constexpr CodeStyle kShortStyles[] = {{true, true}, {false, true}, {false, false}};

// Machines that C code may run on have one thread for it and little stack.
Result<Target> bundle_target(const BundleOptions& options, const CodeStyle& style) {
  MINNOW_ASSIGN(Target target, named_target(options.triple, options.cpu));
  MINNOW_ASSIGN(const auto machine, make_target_machine(target, 2));
  if (!machine->getTargetTriple().isLittleEndian())
    return fail("--target", "{} stores the high byte first; bundles are for machines that store the low byte first",
                target.triple);
  target.has_threads = false;
  target.stack_bytes = kStackOfKernel;
  if (!style.has_short_tiles) return target;
  target.lanes = std::min(target.lanes, 4);
  target.schedule.tiles.dot.vectors = 1;
  return target;
}

int64_t arena_bytes(const LoweredFunction& lowered) {
  return aligned(lowered.arena_bytes) + local_bytes(lowered.loops);
}

// By op; of several kernels of one, what the most needs. In loops it is a part of theirs.
std::vector<int64_t> scratch_of(const Function& function, const LoweredFunction& lowered) {
  std::vector<int64_t> scratch;
  for (const auto& op : function.ops()) {
    int64_t most = 0;
    for (const KernelWork& work : lowered.works)
      if (work.origin == op.get() && work.loop < 0 && work.scratch >= 0)
        most = std::max(most, work.scratch_bytes * work.scratch_units);
    scratch.push_back(most);
  }
  return scratch;
}

class BundleMaker {
 public:
  BundleMaker(const BundleOptions& options, const CodeStyle& style, Target target, BundleLayout layout)
      : options_(options), style_(style), target_(std::move(target)), layout_(std::move(layout)),
        module_(options.name, context_) {}

  Result<Bundle> make(uint64_t model) {
    MINNOW_TRY(lower());
    const Checkpoint checkpoint = checkpoint_of(layout_, options_.model, options_.class_names);
    MINNOW_TRY(check_size(checkpoint.bytes));
    MINNOW_TRY(emit(checkpoint, model));
    MINNOW_ASSIGN(const ObjectBytes bytes, compile_module(module_, target_, 2, nullptr, nullptr, true));
    const std::string object(bytes.begin(), bytes.end());
    Bundle bundle;
    MINNOW_ASSIGN(const ObjectFacts facts, facts_of(object));
    bundle.needs = facts.needs;
    bundle.code_bytes = facts.code_bytes;
    bundle.constant_bytes = facts.constant_bytes;
    bundle.checkpoint_bytes = checkpoint.bytes;
    bundle.layout = layout_;
    const BundleTexts texts{layout_, options_, checkpoint, bundle.needs, target_.triple, model};
    bundle.files = {{options_.name + ".o", object}};
    for (auto& file : texts_of(texts)) bundle.files.push_back(std::move(file));
    return bundle;
  }

 private:
  Status lower() {
    std::vector<int64_t> arenas;
    for (const BundleEntry& entry : layout_.entries) {
      add_compilation(*entry.function, plan_memory(*entry.function));
      make_room(*entry.function);
      arenas.push_back(arena_bytes(compilations_.back()->lowered()));
    }
    place_memory(layout_, arenas);
    return check_size(layout_.memory_bytes);
  }

  void add_compilation(const Function& function, MemoryPlan plan) {
    plans_.push_back(std::make_unique<MemoryPlan>(std::move(plan)));
    compilations_.push_back(std::make_unique<Compilation>(function, *plans_.back(), target_, compile_options_));
  }

  // What kernels need for themselves is known once they are chosen: the memory is planned again then, with room for it.
  void make_room(const Function& function) {
    const std::vector<int64_t> scratch = scratch_of(function, compilations_.back()->lowered());
    const int64_t before = arena_bytes(compilations_.back()->lowered());
    if (std::ranges::count(scratch, 0) == std::ssize(scratch)) return;
    add_compilation(function, plan_memory_with_scratch(function, scratch));
    const bool is_better = arena_bytes(compilations_.back()->lowered()) < before;
    const auto other = compilations_.size() - (is_better ? 2 : 1);
    compilations_.erase(compilations_.begin() + static_cast<ptrdiff_t>(other));
    plans_.erase(plans_.begin() + static_cast<ptrdiff_t>(other));
  }

  Status emit(const Checkpoint& checkpoint, uint64_t model) {
    MINNOW_ASSIGN(const auto machine, make_target_machine(target_, 2));
    module_.setTargetTriple(target_.triple);
    module_.setDataLayout(machine->createDataLayout());
    DuplicateKernels duplicates;
    for (const auto& compilation : compilations_) compilation->emit_into(module_, duplicates);
    for (llvm::Function& kernel : module_)
      if (!kernel.isDeclaration()) kernel.setLinkage(llvm::GlobalValue::InternalLinkage);
    BundleCode code{module_, target_, layout_, options_, checkpoint, model, {}};
    add_tensors(code);
    emit_init(code);
    for (size_t i = 0; i < compilations_.size(); ++i) emit_entry(code, layout_.entries[i], *compilations_[i]);
    if (layout_.can_save()) emit_checkpoint(code);
    if (std::ranges::any_of(layout_.tensors, &BundleTensor::is_memory)) emit_restart(code);
    finish_module(*machine);
    return {};
  }

  void add_tensors(BundleCode& code) {
    for (const BundleTensor& tensor : layout_.tensors)
      if (const auto bytes = values_in_object(tensor, options_))
        code.tensors[tensor.name] = add_constant(module_, *bytes, "tensor." + tensor.name);
  }

  void finish_module(const llvm::TargetMachine& machine) {
    std::vector<llvm::GlobalAlias*> aliases;
    for (llvm::GlobalAlias& alias : module_.aliases()) aliases.push_back(&alias);
    for (llvm::GlobalAlias* alias : aliases) alias->eraseFromParent();  // calls go where they point
    make_freestanding(module_, target_, machine);
    if (style_.is_for_size)
      for (llvm::Function& function : module_)
        if (!function.isDeclaration()) function.addFnAttr(llvm::Attribute::OptimizeForSize);
  }

  const BundleOptions& options_;
  const CodeStyle style_;
  const Target target_;
  BundleLayout layout_;
  const CompileOptions compile_options_;
  llvm::LLVMContext context_;
  llvm::Module module_;
  std::vector<std::unique_ptr<MemoryPlan>> plans_;
  std::vector<std::unique_ptr<Compilation>> compilations_;
};

Result<Bundle> make_in_style(std::span<const Function* const> functions, const BundleOptions& options,
                             const CodeStyle& style) {
  MINNOW_ASSIGN(Target target, bundle_target(options, style));
  MINNOW_ASSIGN(BundleLayout layout, bundle_layout(functions, options.has_weights));
  return BundleMaker(options, style, std::move(target), std::move(layout)).make(model_hash(functions));
}

}  // namespace

Result<Bundle> make_bundle(std::span<const Function* const> functions, const BundleOptions& options) {
  for (const Function* function : functions) MINNOW_TRY(check_kernels(*function));
  if (!options.is_small) return make_in_style(functions, options, {});
  std::optional<Bundle> shortest;
  for (const CodeStyle& style : kShortStyles) {
    MINNOW_ASSIGN(Bundle bundle, make_in_style(functions, options, style));
    if (!shortest || bundle.code_bytes < shortest->code_bytes) shortest = std::move(bundle);
  }
  return *std::move(shortest);
}

// A tensor whose values are all zero needs none in the object, unless it is only there.
std::optional<std::string> values_in_object(const BundleTensor& tensor, const BundleOptions& options) {
  std::string bytes(static_cast<size_t>(tensor.type.bytes()), '\0');
  if (const auto found = options.tensors.find(tensor.name); found != options.tensors.end())
    bytes.assign(reinterpret_cast<const char*>(found->second.data()), found->second.size());
  const bool is_zero = std::ranges::all_of(bytes, [](char c) { return c == 0; });
  if (tensor.offset >= 0 && (is_zero || !options.has_weights)) return std::nullopt;
  return bytes;
}

// FNV-1a.
uint64_t model_hash(std::span<const Function* const> functions) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const Function* function : functions)
    for (const char c : print(*function)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace minnow
