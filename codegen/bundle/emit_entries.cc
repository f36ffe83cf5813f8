#include "codegen/bundle/emit_entries.h"

#include <algorithm>

#include "codegen/bundle/c_function.h"
#include "codegen/bundle/kernel_calls.h"

namespace minnow {
namespace {

using V = llvm::Value*;

std::string argument_kinds(const BundleEntry& entry) {
  std::string kinds;
  for (const EntryArgument& argument : entry.arguments)
    kinds += argument.kind == EntryArgument::Kind::kLearningRate ? 'f' : 'p';
  return kinds;
}

// A function with its memory: where each parameter and result is.
class Entry {
 public:
  Entry(const BundleCode& code, const BundleEntry& entry)
      : code_(code), entry_(entry), c_(code, entry.name, argument_kinds(entry)) {}

  void emit(Compilation& compilation) {
    check();
    const LoweredFunction& lowered = compilation.with_constants();
    KernelCalls(c_.ir(), code_.target.index_bits, compilation.kernels(), lowered, memory_of(lowered)).emit();
    finish();
  }

 private:
  void check() {
    c_.check_memory();
    c_.refuse(c_.ir().CreateIsNull(c_.field(BundleHeader::kIsLoaded)), BundleError::kNoWeights);
    for (size_t i = 0; i < entry_.arguments.size(); ++i) {
      const EntryArgument::Kind kind = entry_.arguments[i].kind;
      if (kind == EntryArgument::Kind::kInput || kind == EntryArgument::Kind::kOutput) c_.refuse_null(c_.argument(i));
      if (kind == EntryArgument::Kind::kLearningRate)
        c_.ir().CreateStore(c_.argument(i), c_.at(BundleHeader::kLearningRate));
    }
    if (!entry_.counts_positions || code_.options.positions == 0) return;
    V last = c_.ir().getInt32(static_cast<uint32_t>(code_.options.positions));
    c_.refuse(c_.ir().CreateICmpUGE(c_.field(BundleHeader::kPosition), last), BundleError::kPosition);
  }

  V find_argument(EntryArgument::Kind kind, size_t index) {
    for (size_t i = 0; i < entry_.arguments.size(); ++i)
      if (entry_.arguments[i].kind == kind && static_cast<size_t>(entry_.arguments[i].index) == index)
        return c_.argument(i);
    return nullptr;
  }

  V place_of(const Value& parameter) {
    if (V given = find_argument(EntryArgument::Kind::kInput, static_cast<size_t>(parameter.index))) return given;
    const BundleTensor* tensor = code_.layout.find(parameter.name);
    if (tensor == nullptr) return c_.at(header_offset(parameter));
    return tensor->offset < 0 ? static_cast<V>(code_.tensors.at(tensor->name)) : c_.at(tensor->offset);
  }

  KernelMemory memory_of(const LoweredFunction& lowered) {
    KernelMemory memory;
    for (const auto& parameter : entry_.function->parameters()) memory.parameters.push_back(place_of(*parameter));
    for (size_t i = 0; i < entry_.results.size(); ++i) {
      V given = find_argument(EntryArgument::Kind::kOutput, i);
      const bool is_in_place = given == nullptr && entry_.results[i] < 0;
      memory.results.push_back(given != nullptr ? given : is_in_place ? nullptr : work(entry_.results[i]));
    }
    for (const Buffer& buffer : lowered.buffers) {
      const auto* bytes = reinterpret_cast<const char*>(buffer.data.data());
      const bool is_constant = buffer.kind == Buffer::Kind::kConstant;
      memory.constants.push_back(is_constant ? add_constant(code_.module, {bytes, buffer.data.size()}, "constant")
                                             : nullptr);
    }
    memory.arena = work(entry_.work_bytes);
    memory.local = work(entry_.work_bytes + aligned(lowered.arena_bytes));
    return memory;
  }

  V work(int64_t offset) { return c_.at(code_.layout.work_offset + offset); }

  void finish() {
    for (size_t i = 0; i < entry_.arguments.size(); ++i)
      if (entry_.arguments[i].kind == EntryArgument::Kind::kLoss) tell_loss(i);
    if (entry_.counts_steps) c_.add_to_field(BundleHeader::kStep);
    if (entry_.counts_positions) c_.add_to_field(BundleHeader::kPosition);
    c_.finish();
  }

  // Unless the caller does not ask for it.
  void tell_loss(size_t argument) {
    llvm::IRBuilder<>& ir = c_.ir();
    const auto result = static_cast<size_t>(entry_.arguments[argument].index);
    llvm::Function* function = ir.GetInsertBlock()->getParent();
    auto* tell = llvm::BasicBlock::Create(ir.getContext(), "tell", function);
    auto* told = llvm::BasicBlock::Create(ir.getContext(), "told", function);
    ir.CreateCondBr(ir.CreateIsNull(c_.argument(argument)), told, tell);
    ir.SetInsertPoint(tell);
    c_.copy(c_.argument(argument), work(entry_.results[result]), entry_.arguments[argument].type.bytes());
    ir.CreateBr(told);
    ir.SetInsertPoint(told);
  }

  const BundleCode& code_;
  const BundleEntry& entry_;
  CFunction c_;
};

}  // namespace

void emit_init(const BundleCode& code) {
  CFunction c(code, "init", "");
  c.check_place();
  c.clear(c.memory(), code.layout.work_offset);
  for (const BundleTensor& tensor : code.layout.tensors)
    if (const auto found = code.tensors.find(tensor.name); tensor.offset >= 0 && found != code.tensors.end())
      c.copy(c.at(tensor.offset), found->second, tensor.type.bytes());
  c.set_field(BundleHeader::kAbi, kBundleAbi);
  c.ir().CreateStore(c.ir().getInt64(code.model), c.at(BundleHeader::kModel));
  c.set_field(BundleHeader::kSeed, static_cast<uint32_t>(code.options.seed));
  c.set_field(BundleHeader::kStep, static_cast<uint32_t>(code.options.step));
  c.set_field(BundleHeader::kIsLoaded, code.options.has_weights || !code.layout.can_save());
  c.set_field(BundleHeader::kMagic, kBundleMagic);
  c.finish();
}

void emit_restart(const BundleCode& code) {
  CFunction c(code, "restart", "");
  c.check_memory();
  for (const BundleTensor& tensor : code.layout.tensors)
    if (tensor.is_memory) c.clear(c.at(tensor.offset), tensor.type.bytes());
  c.set_field(BundleHeader::kPosition, 0);
  c.finish();
}

void emit_entry(const BundleCode& code, const BundleEntry& entry, Compilation& compilation) {
  Entry(code, entry).emit(compilation);
}

}  // namespace minnow
