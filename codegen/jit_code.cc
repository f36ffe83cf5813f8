#include "codegen/jit_code.h"

#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/Orc/ExecutionUtils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/PassManager.h>
#include <llvm/IR/PassTimingInfo.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "codegen/debugger.h"
#include "codegen/perf_map.h"

namespace minnow {
namespace {

// The kernels arrive vectorised and tiled: LLVM only has to clean up and hoist.
void optimize(llvm::Module& module, llvm::TargetMachine& machine, int opt_level, std::string* times) {
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
    if (!function.isDeclaration()) passes.run(function, functions);
  }
  if (times == nullptr) return;
  llvm::raw_string_ostream report(*times);
  timer.setOutStream(report);
  timer.print();
}

Status emit_file(llvm::Module& module, const Target& target, int opt_level, llvm::CodeGenFileType type,
                 std::string* times, ObjectBytes& bytes) {
  MINNOW_ASSIGN(auto machine, make_target_machine(target, opt_level));
  module.setDataLayout(machine->createDataLayout());
  module.setTargetTriple(target.triple);
  optimize(module, *machine, opt_level, times);
  llvm::raw_svector_ostream out(bytes);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, out, nullptr, type)) {
    return fail("", "LLVM cannot write this file type for {}", target.triple);
  }
  if (times != nullptr) llvm::TimePassesIsEnabled = true;
  passes.run(module);
  if (times != nullptr) {
    llvm::raw_string_ostream report(*times);
    llvm::reportAndResetTimings(&report);
    llvm::TimePassesIsEnabled = false;
  }
  return {};
}

std::string message(llvm::Error error) { return llvm::toString(std::move(error)); }

}  // namespace

Result<ObjectBytes> compile_module(llvm::Module& module, const Target& target, int opt_level, std::string* times) {
  ObjectBytes bytes;
  MINNOW_TRY(emit_file(module, target, opt_level, llvm::CodeGenFileType::ObjectFile, times, bytes));
  return bytes;
}

Result<std::string> assemble_module(llvm::Module& module, const Target& target, int opt_level, std::string* times) {
  ObjectBytes bytes;
  MINNOW_TRY(emit_file(module, target, opt_level, llvm::CodeGenFileType::AssemblyFile, times, bytes));
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
