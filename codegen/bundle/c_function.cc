#include "codegen/bundle/c_function.h"

namespace minnow {

CFunction::CFunction(const BundleCode& code, std::string_view suffix, std::string_view arguments)
    : ir_(code.module.getContext()), size_type_(ir_.getIntNTy(static_cast<unsigned>(code.target.index_bits))),
      model_(code.model) {
  std::vector<llvm::Type*> types = {ir_.getPtrTy()};
  for (const char kind : arguments)
    types.push_back(kind == 'p'   ? ir_.getPtrTy()
                    : kind == 'f' ? ir_.getFloatTy()
                                  : static_cast<llvm::Type*>(size_type_));
  auto* type = llvm::FunctionType::get(ir_.getInt32Ty(), types, false);
  const std::string name = code.options.name + "_" + std::string(suffix);
  function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, code.module);
  function_->setDSOLocal(true);
  function_->addRetAttr(llvm::Attribute::SExt);  // some ABIs have an int fill its register
  function_->addFnAttr(llvm::Attribute::NoUnwind);
  function_->addFnAttr("target-cpu", code.target.cpu);
  if (!code.target.features.empty()) function_->addFnAttr("target-features", code.target.features);
  ir_.SetInsertPoint(llvm::BasicBlock::Create(code.module.getContext(), "entry", function_));
}

void CFunction::refuse(V condition, BundleError error) {
  llvm::LLVMContext& context = ir_.getContext();
  auto* refused = llvm::BasicBlock::Create(context, "refused", function_);
  auto* accepted = llvm::BasicBlock::Create(context, "accepted", function_);
  ir_.CreateCondBr(condition, refused, accepted);
  llvm::IRBuilder<>(refused).CreateRet(ir_.getInt32(static_cast<uint32_t>(error)));
  ir_.SetInsertPoint(accepted);
}

void CFunction::check_place() {
  refuse_null(memory());
  V bits = ir_.CreateAnd(ir_.CreatePtrToInt(memory(), size_type_), size(kBundleAlignment - 1));
  refuse(ir_.CreateIsNotNull(bits), BundleError::kMisaligned);
}

void CFunction::check_memory() {
  check_place();
  refuse(ir_.CreateICmpNE(field(BundleHeader::kMagic), ir_.getInt32(kBundleMagic)), BundleError::kNotInitialized);
  refuse(ir_.CreateICmpNE(field(BundleHeader::kAbi), ir_.getInt32(kBundleAbi)), BundleError::kOtherBundle);
  V model = ir_.CreateLoad(ir_.getInt64Ty(), at(BundleHeader::kModel));
  refuse(ir_.CreateICmpNE(model, ir_.getInt64(model_)), BundleError::kOtherBundle);
}

void CFunction::copy(V to, V from, int64_t bytes) {
  if (bytes > 0) ir_.CreateMemCpy(to, llvm::Align(4), from, llvm::Align(4), size(bytes));
}

void CFunction::clear(V to, int64_t bytes) {
  if (bytes > 0) ir_.CreateMemSet(to, ir_.getInt8(0), size(bytes), llvm::Align(4));
}

llvm::GlobalVariable* add_constant(llvm::Module& module, std::string_view bytes, const std::string& name) {
  llvm::Constant* data = llvm::ConstantDataArray::getString(module.getContext(), {bytes.data(), bytes.size()}, false);
  auto* constant =
      new llvm::GlobalVariable(module, data->getType(), true, llvm::GlobalValue::InternalLinkage, data, name);
  constant->setAlignment(llvm::Align(kBundleAlignment));
  constant->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  return constant;
}

}  // namespace minnow
