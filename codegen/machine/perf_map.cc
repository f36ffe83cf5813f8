#include "codegen/machine/perf_map.h"

#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace minnow {
namespace {

class PerfMap : public llvm::orc::ObjectLinkingLayer::Plugin {
 public:
  void modifyPassConfig(llvm::orc::MaterializationResponsibility&, llvm::jitlink::LinkGraph&,
                        llvm::jitlink::PassConfiguration& passes) override {
    passes.PostFixupPasses.emplace_back(append);
  }
  llvm::Error notifyFailed(llvm::orc::MaterializationResponsibility&) override { return llvm::Error::success(); }
  llvm::Error notifyRemovingResources(llvm::orc::JITDylib&, llvm::orc::ResourceKey) override {
    return llvm::Error::success();
  }
  void notifyTransferringResources(llvm::orc::JITDylib&, llvm::orc::ResourceKey, llvm::orc::ResourceKey) override {}

 private:
  // A map that cannot be written costs the names, not the run.
  static llvm::Error append(llvm::jitlink::LinkGraph& graph) {
    std::ofstream map("/tmp/perf-" + std::to_string(getpid()) + ".map", std::ios::app);
    for (const llvm::jitlink::Symbol* symbol : graph.defined_symbols()) {
      if (!symbol->hasName() || !symbol->isCallable()) continue;
      map << std::hex << symbol->getAddress().getValue() << ' ' << symbol->getSize() << ' '
          << std::string_view(symbol->getName()) << '\n';
    }
    return llvm::Error::success();
  }
};

}  // namespace

void add_perf_map(llvm::orc::ObjectLinkingLayer& layer) {
  if (std::getenv("MINNOW_PERF") != nullptr) layer.addPlugin(std::make_shared<PerfMap>());
}

}  // namespace minnow
