#include "codegen/machine/jit_code.h"

#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/Orc/ExecutionUtils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/PassManager.h>
#include <llvm/IR/PassTimingInfo.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils.h>

#include <algorithm>
#include <unordered_set>

#include "codegen/machine/debugger.h"
#include "codegen/machine/perf_map.h"

namespace minnow {
namespace {

// The kernels arrive vectorised and tiled: LLVM only has to clean up and hoist.
void optimize(llvm::Module& module, llvm::TargetMachine& machine, int opt_level, std::string* times,
              InterruptFlag interrupt) {
  if (opt_level == 0) return;
  llvm::PassInstrumentationCallbacks callbacks;
  llvm::TimePassesHandler timer(times != nullptr);
  if (times != nullptr) timer.registerCallbacks(callbacks);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager calls;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, llvm::PipelineTuningOptions(), std::nullopt, &callbacks);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);

  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::PreserveCFG));
  passes.addPass(llvm::EarlyCSEPass(true));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass());
  llvm::LoopPassManager loop_passes;
  loop_passes.addPass(llvm::LICMPass(llvm::LICMOptions()));
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loop_passes), /*UseMemorySSA=*/true));
  passes.addPass(llvm::EarlyCSEPass());
  for (llvm::Function& function : module) {
    if (!function.isDeclaration() && !is_interrupted(interrupt)) passes.run(function, functions);
  }
  if (times == nullptr) return;
  llvm::raw_string_ostream report(*times);
  timer.setOutStream(report);
  timer.print();
}

// Code generation takes function by function through all of its passes and cannot be stopped: once interrupted, what
// comes next is made empty, which takes no time.
class EmptyOnceInterrupted : public llvm::FunctionPass {
 public:
  static char ID;
  explicit EmptyOnceInterrupted(InterruptFlag interrupt) : FunctionPass(ID), interrupt_(interrupt) {}

  bool runOnFunction(llvm::Function& function) override {
    if (!is_interrupted(interrupt_)) return false;
    for (llvm::BasicBlock& block : function) block.dropAllReferences();
    while (!function.empty()) function.begin()->eraseFromParent();
    llvm::IRBuilder<>(llvm::BasicBlock::Create(function.getContext(), "", &function)).CreateRetVoid();
    return true;
  }

 private:
  InterruptFlag interrupt_;
};
char EmptyOnceInterrupted::ID = 0;

std::unique_ptr<llvm::Pass> made(llvm::Pass* pass) { return std::unique_ptr<llvm::Pass>(pass); }

bool has_any(const llvm::Module& module, const char* attribute) {
  return std::ranges::any_of(module,
                             [&](const llvm::Function& function) { return function.hasFnAttribute(attribute); });
}

// Without passes that take more time than they save.
class CodePasses : public llvm::legacy::PassManager {
 public:
  CodePasses(const Target& target, const llvm::Module& module) {
    // An address of elements at fixed distances is computed once already (Coord): where the distances are part of
    // instructions, there is nothing left to reduce.
    if (target.has_far_offsets && !has_any(module, kManyAddresses)) {
      left_out_.insert(made(llvm::createLoopStrengthReducePass())->getPassID());
      left_out_.insert(made(llvm::createCanonicalizeFreezeInLoopsPass())->getPassID());
    }
    if (has_any(module, kManyConstants)) left_out_.insert(&llvm::EarlyMachineLICMID);
  }

  void add(llvm::Pass* pass) override {
    if (!left_out_.contains(pass->getPassID())) return llvm::legacy::PassManager::add(pass);
    delete pass;
  }

 private:
  std::unordered_set<llvm::AnalysisID> left_out_;
};

// As LLVMTargetMachine::addPassesToEmitFile does it, but for a pass that takes more time than it saves, and, if it can
// be interrupted, with a pass of ours in front of the first that goes over functions. True if the target cannot.
bool add_code_passes(llvm::legacy::PassManager& passes, llvm::LLVMTargetMachine& machine, llvm::raw_pwrite_stream& out,
                     llvm::CodeGenFileType type, InterruptFlag interrupt) {
  auto* modules = new llvm::MachineModuleInfoWrapperPass(&machine);  // the pass manager's from here on
  llvm::TargetPassConfig* config = machine.createPassConfig(passes);
  config->setDisableVerify(true);
  passes.add(config);
  passes.add(modules);
  if (interrupt != nullptr) {
    config->insertPass(made(llvm::createPreISelIntrinsicLoweringPass())->getPassID(),
                       new EmptyOnceInterrupted(interrupt));
  }
  config->disablePass(&llvm::PostRASchedulerID);  // processors that look far ahead need no other order
  if (config->addISelPasses()) return true;
  config->addMachinePasses();
  config->setInitialized();
  if (machine.addAsmPrinter(passes, out, nullptr, type, modules->getMMI().getContext())) return true;
  passes.add(llvm::createFreeMachineFunctionPass());
  return false;
}

Status emit_file(llvm::Module& module, const Target& target, int opt_level, llvm::CodeGenFileType type,
                 std::string* times, InterruptFlag interrupt, ObjectBytes& bytes, bool has_sections = false) {
  MINNOW_ASSIGN(auto machine, make_target_machine(target, opt_level));
  machine->Options.FunctionSections = machine->Options.DataSections = has_sections;
  module.setDataLayout(machine->createDataLayout());
  module.setTargetTriple(target.triple);
  optimize(module, *machine, opt_level, times, interrupt);
  llvm::raw_svector_ostream out(bytes);
  CodePasses passes(target, module);
  const bool cannot = add_code_passes(passes, static_cast<llvm::LLVMTargetMachine&>(*machine), out, type, interrupt);
  if (cannot) return fail("", "LLVM cannot write this file type for {}", target.triple);
  if (times != nullptr) llvm::TimePassesIsEnabled = true;
  passes.run(module);
  if (times != nullptr) {
    llvm::raw_string_ostream report(*times);
    llvm::reportAndResetTimings(&report);
    llvm::TimePassesIsEnabled = false;
  }
  return check_interrupt(interrupt);
}

std::string message(llvm::Error error) { return llvm::toString(std::move(error)); }

}  // namespace

Result<ObjectBytes> compile_module(llvm::Module& module, const Target& target, int opt_level, std::string* times,
                                   InterruptFlag interrupt, bool has_sections) {
  ObjectBytes bytes;
  MINNOW_TRY(
      emit_file(module, target, opt_level, llvm::CodeGenFileType::ObjectFile, times, interrupt, bytes, has_sections));
  return bytes;
}

Result<std::string> assemble_module(llvm::Module& module, const Target& target, int opt_level, std::string* times) {
  ObjectBytes bytes;
  MINNOW_TRY(emit_file(module, target, opt_level, llvm::CodeGenFileType::AssemblyFile, times, nullptr, bytes));
  return std::string(bytes.begin(), bytes.end());
}

JitCode::JitCode() = default;
JitCode::~JitCode() = default;

Result<std::unique_ptr<JitCode>> JitCode::link(std::vector<ObjectBytes> objects) {
  std::unique_ptr<JitCode> code(new JitCode);
  llvm::orc::LLJITBuilder builder;
  builder.setObjectLinkingLayerCreator([](llvm::orc::ExecutionSession& session, const llvm::Triple&) {
    auto layer = std::make_unique<llvm::orc::ObjectLinkingLayer>(session);
    add_perf_map(*layer);
    return layer;
  });
  auto jit = builder.create();
  if (!jit) return fail("", "cannot start the JIT: {}", message(jit.takeError()));
  code->jit_ = std::move(*jit);
  announce_to_debugger(*code->jit_);
  for (ObjectBytes& object : objects) {
    auto buffer = llvm::MemoryBuffer::getMemBufferCopy({object.data(), object.size()}, "kernels");
    if (auto error = code->jit_->addObjectFile(std::move(buffer))) {
      return fail("", "cannot link the kernels: {}", message(std::move(error)));
    }
  }
  return code;
}

Result<void*> JitCode::find(const std::string& symbol) {
  auto address = jit_->lookup(symbol);
  if (!address) return fail("", "no kernel \"{}\": {}", symbol, message(address.takeError()));
  return address->toPtr<void*>();
}

}  // namespace minnow
