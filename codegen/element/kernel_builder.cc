#include "codegen/element/kernel_builder.h"

#include <llvm/IR/Function.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

#include "ir/threshold.h"

namespace minnow {
namespace {

const Threshold kShortLoop{"steps of a loop with code for each", 32};

void split_fused(llvm::Function& function) {
  std::vector<llvm::IntrinsicInst*> calls;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
    if (call != nullptr && call->getIntrinsicID() == llvm::Intrinsic::fma) calls.push_back(call);
  }
  for (llvm::IntrinsicInst* call : calls) {
    llvm::IRBuilder<> ir(call);
    llvm::Value* product = ir.CreateFMul(call->getArgOperand(0), call->getArgOperand(1));
    call->replaceAllUsesWith(ir.CreateFAdd(product, call->getArgOperand(2)));
    call->eraseFromParent();
  }
}

}  // namespace

KernelBuilder::KernelBuilder(llvm::Module& module, const Target& target, const std::string& name)
    : target_(target), ir_(module.getContext()) {
  llvm::Type* pointer = ir_.getPtrTy();
  llvm::Type* i64 = ir_.getInt64Ty();
  auto* type = llvm::FunctionType::get(ir_.getVoidTy(), {pointer, i64, i64}, false);
  function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, module);
  function_->addFnAttr(llvm::Attribute::NoUnwind);
  function_->addFnAttr("prefer-vector-width", std::to_string(target.lanes * 32));
  function_->addFnAttr("target-cpu", target.cpu);
  if (!target.features.empty()) function_->addFnAttr("target-features", target.features);
  function_->getArg(0)->setName("buffers");
  function_->getArg(1)->setName("begin");
  function_->getArg(2)->setName("end");
  entry_ = llvm::BasicBlock::Create(module.getContext(), "entry", function_);
  auto* start = llvm::BasicBlock::Create(module.getContext(), "start", function_);
  llvm::IRBuilder<>(entry_).CreateBr(start);
  ir_.SetInsertPoint(start);
}

void KernelBuilder::finish() {
  ir_.CreateRetVoid();
  if (!target_.has_fma) split_fused(*function_);
}

llvm::Value* KernelBuilder::buffer(int index) {
  const auto [base, is_new] = bases_.try_emplace(index, nullptr);
  if (!is_new) return base->second;
  llvm::IRBuilder<> at_entry(entry_->getTerminator());
  llvm::Value* slot = at_entry.CreateConstGEP1_64(at_entry.getPtrTy(), function_->getArg(0), buffers_.size());
  buffers_.push_back(index);
  return base->second = at_entry.CreateLoad(at_entry.getPtrTy(), slot, "buffer");
}

void KernelBuilder::loop(llvm::Value* from, llvm::Value* to, int64_t step,
                         llvm::function_ref<void(llvm::Value*)> body) {
  llvm::LLVMContext& context = ir_.getContext();
  llvm::BasicBlock* before = ir_.GetInsertBlock();
  auto* head = llvm::BasicBlock::Create(context, "loop", function_);
  auto* exit = llvm::BasicBlock::Create(context, "after", function_);
  ir_.CreateCondBr(ir_.CreateICmpSLT(from, to), head, exit);
  ir_.SetInsertPoint(head);
  llvm::PHINode* i = ir_.CreatePHI(ir_.getInt64Ty(), 2, "i");
  i->addIncoming(from, before);
  body(i);
  llvm::Value* next = ir_.CreateAdd(i, index(step), "next", true, true);
  i->addIncoming(next, ir_.GetInsertBlock());
  ir_.CreateCondBr(ir_.CreateICmpSLT(next, to), head, exit);
  ir_.SetInsertPoint(exit);
}

void KernelBuilder::loop(int64_t from, int64_t to, llvm::function_ref<void(llvm::Value*)> body) {
  if (to - from == 1) return body(index(from));
  loop(index(from), index(to), 1, body);
}

void KernelBuilder::short_loop(int64_t from, int64_t to, int64_t step, llvm::function_ref<void(llvm::Value*)> body) {
  if ((to - from + step - 1) / step > kShortLoop) return loop(index(from), index(to), step, body);
  for (int64_t i = from; i < to; i += step) body(index(i));
}

void KernelBuilder::when(llvm::Value* condition, llvm::function_ref<void()> body) {
  auto* then = llvm::BasicBlock::Create(ir_.getContext(), "then", function_);
  auto* exit = llvm::BasicBlock::Create(ir_.getContext(), "after", function_);
  ir_.CreateCondBr(condition, then, exit);
  ir_.SetInsertPoint(then);
  body();
  ir_.CreateBr(exit);
  ir_.SetInsertPoint(exit);
}

llvm::AllocaInst* KernelBuilder::stack(llvm::Type* type, int64_t count) {
  llvm::IRBuilder<> at_entry(entry_->getTerminator());
  llvm::Type* whole = count == 1 ? type : llvm::ArrayType::get(type, static_cast<uint64_t>(count));
  llvm::AllocaInst* slot = at_entry.CreateAlloca(whole);
  if (count > 1) slot->setAlignment(llvm::Align(64));
  return slot;
}

llvm::Type* KernelBuilder::element_type(DType dtype) {
  return dtype == DType::kPred ? ir_.getInt1Ty() : memory_type(dtype);
}

llvm::Type* KernelBuilder::memory_type(DType dtype) {
  switch (dtype) {
    case DType::kF32: return ir_.getFloatTy();
    case DType::kF64: return ir_.getDoubleTy();
    case DType::kI32: return ir_.getInt32Ty();
    case DType::kU8:
    case DType::kPred: return ir_.getInt8Ty();
  }
  return nullptr;
}

llvm::Type* KernelBuilder::vector_type(llvm::Type* type, int lanes) {
  return lanes == 1 ? type : llvm::FixedVectorType::get(type, static_cast<unsigned>(lanes));
}

}  // namespace minnow
