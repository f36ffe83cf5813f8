#include "codegen/bundle/kernel_calls.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/IR/GlobalAlias.h>
#include <llvm/IR/Module.h>

#include <algorithm>

namespace minnow {
namespace {

using V = llvm::Value*;

// Of what may be a result, which the caller aligns as its type needs, or a part of one.
constexpr llvm::Align kAnyAlignment{};

// At the function's entry, so that it is made once however often the place is run through.
llvm::AllocaInst* stack_slot(llvm::IRBuilder<>& ir, llvm::Type* type) {
  llvm::BasicBlock& entry = ir.GetInsertBlock()->getParent()->getEntryBlock();
  return llvm::IRBuilder<>(&entry, entry.begin()).CreateAlloca(type);
}

llvm::Function* function_of(const Kernel& kernel, llvm::Module& module) {
  llvm::GlobalValue* found = module.getNamedValue(kernel.name);
  if (auto* alias = llvm::dyn_cast<llvm::GlobalAlias>(found)) return llvm::cast<llvm::Function>(alias->getAliasee());
  return llvm::cast<llvm::Function>(found);
}

// for (i = from; i < to; ++i) body(i), in numbers of from's type.
void emit_count(llvm::IRBuilder<>& ir, V from, V to, llvm::function_ref<void(V)> body) {
  llvm::Function* function = ir.GetInsertBlock()->getParent();
  llvm::BasicBlock* before = ir.GetInsertBlock();
  auto* head = llvm::BasicBlock::Create(ir.getContext(), "loop", function);
  auto* exit = llvm::BasicBlock::Create(ir.getContext(), "after", function);
  ir.CreateCondBr(ir.CreateICmpULT(from, to), head, exit);
  ir.SetInsertPoint(head);
  llvm::PHINode* i = ir.CreatePHI(from->getType(), 2, "i");
  i->addIncoming(from, before);
  body(i);
  V next = ir.CreateAdd(i, llvm::ConstantInt::get(from->getType(), 1), "next", true, true);
  i->addIncoming(next, ir.GetInsertBlock());
  ir.CreateCondBr(ir.CreateICmpULT(next, to), head, exit);
  ir.SetInsertPoint(exit);
}

}  // namespace

KernelCalls::KernelCalls(llvm::IRBuilder<>& ir, int index_bits, std::span<const Kernel> kernels,
                         const LoweredFunction& lowered, KernelMemory memory)
    : ir_(ir), index_(ir.getIntNTy(static_cast<unsigned>(index_bits))), kernels_(kernels), lowered_(lowered),
      memory_(std::move(memory)), slots_(lowered.buffers.size()) {
  size_t most = 1;
  for (const Kernel& kernel : kernels) most = std::max(most, kernel.buffers.size());
  table_ = stack_slot(ir, llvm::ArrayType::get(ir.getPtrTy(), most));
}

void KernelCalls::run(Range range, size_t sequence) {
  const std::vector<SequentialLoop>& sequences = lowered_.sequences;
  for (size_t i = range.begin; i < range.end;) {
    if (sequence < sequences.size() && sequences[sequence].first == i) {
      run_sequence(sequence);
      i = sequences[sequence].last;
      sequence += 1 + sequences[sequence].inner;
    } else if (kernels_[i].loop < 0) {
      call(kernels_[i++]);
    } else {
      const BlockLoop& loop = lowered_.loops[static_cast<size_t>(kernels_[i].loop)];
      run_blocks(loop);
      i = loop.last;
    }
  }
}

void KernelCalls::run_sequence(size_t number) {
  const SequentialLoop& loop = lowered_.sequences[number];
  for (const int sum : loop.sums)
    if (const int64_t bytes = buffer(sum).bytes; bytes > 0)
      ir_.CreateMemSet(address(sum), ir_.getInt8(0), index(bytes), kAnyAlignment);
  for (const SequentialLoop::Carry& carry : loop.carries) ir_.CreateStore(address(carry.initial), slot(carry.after));
  emit_count(ir_, index(0), index(loop.count), [&](V iteration) {
    begin_iteration(loop, iteration);
    run({loop.first, loop.last}, number + 1);
  });
  for (const SequentialLoop::Carry& carry : loop.carries)
    if (const int64_t bytes = buffer(carry.after).bytes; carry.is_part && carry.last >= 0 && bytes > 0)
      ir_.CreateMemCpy(address(carry.last), kAnyAlignment, address(carry.after), kAnyAlignment, index(bytes));
}

// What the iteration before wrote is what this one reads. Where no part of a result is written, it writes `last` and
// `other` in turns, so that the last of all writes `last`.
void KernelCalls::begin_iteration(const SequentialLoop& loop, V iteration) {
  V place = loop.reverse ? ir_.CreateSub(index(loop.count - 1), iteration) : iteration;
  V is_odd = ir_.CreateTrunc(ir_.CreateSub(index(loop.count), iteration), ir_.getInt1Ty());
  for (const SequentialLoop::Carry& carry : loop.carries) {
    ir_.CreateStore(ir_.CreateLoad(ir_.getPtrTy(), slot(carry.after)), slot(carry.before));
    if (carry.is_part) continue;
    V after =
        carry.other < 0 ? address(carry.last) : ir_.CreateSelect(is_odd, address(carry.last), address(carry.other));
    ir_.CreateStore(after, slot(carry.after));
  }
  for (const int part : loop.parts)
    ir_.CreateStore(offset(address(buffer(part).index), place, buffer(part).bytes), slot(part));
}

void KernelCalls::run_blocks(const BlockLoop& loop) {
  emit_count(ir_, index(0), index(loop.partitions), [&](V partition) {
    Block block = {};
    if (loop.sums >= 0) {
      block.sums = offset(address(loop.sums), partition, loop.sums_bytes);
      ir_.CreateMemSet(block.sums, ir_.getInt8(0), index(loop.sums_bytes), llvm::Align(kBufferAlignment));
    }
    const auto first_of = [&](V p) {
      return ir_.CreateUDiv(ir_.CreateMul(p, index(loop.blocks)), index(loop.partitions));
    };
    V end = first_of(ir_.CreateAdd(partition, index(1)));
    emit_count(ir_, first_of(partition), end, [&](V number) {
      block.number = number;
      for (size_t i = loop.first; i < loop.last; ++i) call(kernels_[i], block);
    });
  });
}

void KernelCalls::call(const Kernel& kernel, const Block& block) {
  for (size_t i = 0; i < kernel.buffers.size(); ++i)
    ir_.CreateStore(address(kernel.buffers[i], block), ir_.CreateConstInBoundsGEP1_32(ir_.getPtrTy(), table_, i));
  const int64_t units = kernel.loop < 0 ? kernel.units : 1;
  llvm::Module& module = *ir_.GetInsertBlock()->getModule();
  ir_.CreateCall(function_of(kernel, module), {table_, index(0), index(units)});
}

V KernelCalls::address(int number, const Block& block) {
  const Buffer& row = buffer(number);
  switch (row.kind) {
    case Buffer::Kind::kParameter: return memory_.parameters[static_cast<size_t>(row.index)];
    case Buffer::Kind::kResult: return memory_.results[static_cast<size_t>(row.index)];
    case Buffer::Kind::kConstant: return memory_.constants[static_cast<size_t>(number)];
    case Buffer::Kind::kArena: return offset(memory_.arena, row.offset);
    case Buffer::Kind::kPart:
    case Buffer::Kind::kCarried: return ir_.CreateLoad(ir_.getPtrTy(), slot(number));
    case Buffer::Kind::kBlock: return offset(address(row.index, block), block.number, row.bytes);
    case Buffer::Kind::kLocal: return offset(memory_.local, row.offset);
    case Buffer::Kind::kPartial: return offset(block.sums, row.offset);
  }
  return nullptr;
}

V KernelCalls::offset(V base, int64_t bytes) { return ir_.CreateInBoundsGEP(ir_.getInt8Ty(), base, index(bytes)); }

V KernelCalls::offset(V base, V count, int64_t bytes) {
  return ir_.CreateInBoundsGEP(ir_.getInt8Ty(), base, ir_.CreateMul(count, index(bytes)));
}

V KernelCalls::slot(int number) {
  llvm::AllocaInst*& slot = slots_[static_cast<size_t>(number)];
  if (slot == nullptr) slot = stack_slot(ir_, ir_.getPtrTy());
  return slot;
}

}  // namespace minnow
