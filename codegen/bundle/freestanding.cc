#include "codegen/bundle/freestanding.h"

#include <llvm/AsmParser/Parser.h>
#include <llvm/CodeGen/TargetLowering.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Support/SourceMgr.h>

#include <algorithm>
#include <optional>

namespace minnow {
namespace {

using V = llvm::Value*;

V call(llvm::IRBuilder<>& ir, llvm::Intrinsic::ID id, V x) { return ir.CreateUnaryIntrinsic(id, x); }

// To even: what is added has no fraction any more, and larger numbers have none.
V rounded(llvm::IRBuilder<>& ir, V x) {
  const double whole = x->getType()->getScalarType()->isFloatTy() ? 0x1p23 : 0x1p52;
  V limit = llvm::ConstantFP::get(x->getType(), whole);
  V size = call(ir, llvm::Intrinsic::fabs, x);
  V nearest = ir.CreateFSub(ir.CreateFAdd(size, limit), limit);
  nearest = ir.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, nearest, x);
  return ir.CreateSelect(ir.CreateFCmpOLT(size, limit), nearest, x);
}

V floored(llvm::IRBuilder<>& ir, V x) {
  V nearest = rounded(ir, x);
  V below = ir.CreateFSub(nearest, llvm::ConstantFP::get(x->getType(), 1));
  return ir.CreateSelect(ir.CreateFCmpOGT(nearest, x), below, nearest);
}

// Of f64, by a function of ours, a lane at a time.
V root(llvm::IRBuilder<>& ir, V x) {
  llvm::Function* function = ir.GetInsertBlock()->getModule()->getFunction("scalar.sqrt_double");
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(x->getType());
  if (vector == nullptr) return ir.CreateCall(function, {x});
  V result = llvm::PoisonValue::get(vector);
  for (unsigned lane = 0; lane < vector->getNumElements(); ++lane)
    result = ir.CreateInsertElement(result, ir.CreateCall(function, {ir.CreateExtractElement(x, lane)}), lane);
  return result;
}

V replacement(llvm::IntrinsicInst& call) {
  llvm::IRBuilder<> ir(&call);
  switch (call.getIntrinsicID()) {
    case llvm::Intrinsic::fma:
      return ir.CreateFAdd(ir.CreateFMul(call.getArgOperand(0), call.getArgOperand(1)), call.getArgOperand(2));
    case llvm::Intrinsic::rint: return rounded(ir, call.getArgOperand(0));
    case llvm::Intrinsic::floor: return floored(ir, call.getArgOperand(0));
    case llvm::Intrinsic::sqrt: return root(ir, call.getArgOperand(0));
    default: return nullptr;
  }
}

// nullopt for an intrinsic that every machine has. What LLVM lowers in a way of its own may become a call after all.
std::optional<unsigned> node_of(llvm::Intrinsic::ID id) {
  switch (id) {
    case llvm::Intrinsic::fma: return llvm::ISD::FMA;
    case llvm::Intrinsic::rint: return llvm::ISD::FRINT;
    case llvm::Intrinsic::floor: return llvm::ISD::FFLOOR;
    case llvm::Intrinsic::sqrt: return llvm::ISD::FSQRT;
    default: return std::nullopt;
  }
}

bool has_instruction(const llvm::IntrinsicInst& call, const llvm::TargetMachine& machine) {
  const std::optional<unsigned> node = node_of(call.getIntrinsicID());
  if (!node) return true;
  const llvm::TargetSubtargetInfo* subtarget = machine.getSubtargetImpl(*call.getFunction());
  const llvm::EVT type = llvm::EVT::getEVT(call.getType()->getScalarType());
  if (*node == llvm::ISD::FSQRT && type == llvm::MVT::f32) return true;
  return subtarget->getTargetLowering()->isOperationLegal(*node, type);
}

// Internal functions that nobody calls, and those that only they called.
void remove_unused(llvm::Module& module) {
  for (bool found = true; found;) {
    found = false;
    for (llvm::Function& function : llvm::make_early_inc_range(module)) {
      const bool is_ours = function.hasInternalLinkage() || function.isDeclaration();
      if (!is_ours || !function.use_empty()) continue;
      function.eraseFromParent();
      found = true;
    }
  }
}

// Beside what WebAssembly's linker brings.
bool is_call(llvm::StringRef name) { return !name.empty() && !name.starts_with("__stack_pointer"); }

}  // namespace

void link_llvm_ir(llvm::Module& module, const Target& target, std::string_view text) {
  llvm::SMDiagnostic error;
  auto added = llvm::parseAssemblyString(text, error, module.getContext());
  MINNOW_CHECK(added != nullptr, "{}", error.getMessage().str());
  added->setDataLayout(module.getDataLayout());
  added->setTargetTriple(module.getTargetTriple());
  std::vector<std::string> names;
  for (llvm::Function& function : *added) {
    if (function.isDeclaration()) continue;
    names.push_back(function.getName().str());
    function.setLinkage(llvm::GlobalValue::ExternalLinkage);  // a linker leaves out what nobody needs
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty()) function.addFnAttr("target-features", target.features);
  }
  llvm::Linker::linkModules(module, std::move(added));
  for (const std::string& name : names) module.getFunction(name)->setLinkage(llvm::GlobalValue::InternalLinkage);
}

namespace {

std::string_view scalar_llvm_ir() {
  static constexpr std::string_view kText =
#include "codegen/bundle/scalar_functions.ll.inc"
      ;
  return kText;
}

// What kernels call the C library for, of f32.
constexpr std::pair<const char*, const char*> kOwnFunctions[] = {
    {"powf", "scalar.pow"}, {"sinf", "scalar.sin"}, {"cosf", "scalar.cos"}, {"atanf", "scalar.atan"}};

bool calls_library(llvm::Module& module) {
  return std::ranges::any_of(kOwnFunctions,
                             [&](const auto& names) { return module.getFunction(names.first) != nullptr; });
}

}  // namespace

void make_freestanding(llvm::Module& module, const Target& target, const llvm::TargetMachine& machine) {
  std::vector<llvm::IntrinsicInst*> missing;
  for (llvm::Function& function : module)
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction); call && !has_instruction(*call, machine))
          missing.push_back(call);
  const bool has_root =
      std::ranges::any_of(missing, [](const auto* call) { return call->getIntrinsicID() == llvm::Intrinsic::sqrt; });
  if (has_root || calls_library(module)) link_llvm_ir(module, target, scalar_llvm_ir());
  for (llvm::IntrinsicInst* call : missing) {
    call->replaceAllUsesWith(replacement(*call));
    call->eraseFromParent();
  }
  for (const auto& [library, own] : kOwnFunctions)
    if (llvm::Function* declared = module.getFunction(library)) declared->replaceAllUsesWith(module.getFunction(own));
  remove_unused(module);
}

Result<ObjectFacts> facts_of(std::string_view object) {
  const llvm::MemoryBufferRef bytes({object.data(), object.size()}, "bundle");
  auto file = llvm::object::ObjectFile::createObjectFile(bytes);
  if (!file) return fail("", "internal: the object cannot be read: {}", llvm::toString(file.takeError()));
  ObjectFacts facts;
  for (const llvm::object::SymbolRef& symbol : (*file)->symbols()) {
    const uint32_t flags = llvm::cantFail(symbol.getFlags());
    const llvm::StringRef name = llvm::cantFail(symbol.getName());
    if ((flags & llvm::object::SymbolRef::SF_Undefined) != 0 && is_call(name)) facts.needs.push_back(name.str());
  }
  std::ranges::sort(facts.needs);
  for (const llvm::object::SectionRef& section : (*file)->sections()) {
    const auto size = static_cast<int64_t>(section.getSize());
    if (section.isText()) facts.code_bytes += size;
    else if (section.isData() && ((*file)->isWasm() || llvm::cantFail(section.getName()).contains("rodata")))
      facts.constant_bytes += size;
  }
  return facts;
}

}  // namespace minnow
