#include "codegen/target/target.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/Triple.h>

#include <algorithm>
#include <mutex>

namespace minnow {
namespace {

// One row per vector instruction set, widest first; the first whose feature the machine has is taken.
struct VectorUnit {
  llvm::Triple::ArchType arch;  // UnknownArch: any
  const char* feature;
  int lanes;
  RegisterTiles tiles;
  RegisterTiles others[5];  // what tuning tries
};
constexpr VectorUnit kVectorUnits[] = {
    // clang-format off
    {llvm::Triple::x86_64, "+avx512f", 16, {24, {8, 2}, {12, 1}},
     {{28, {12, 2}, {14, 1}, {4, 6}}, {20, {6, 3}, {8, 1}, {4, 5}}, {16, {4, 4}, {16, 1}, {6, 4}},
      {12, {14, 2}, {6, 1}, {3, 7}}, {28, {9, 3}, {20, 1}, {2, 10}}}},
    {llvm::Triple::x86_64, "+avx2", 8, {12, {6, 2}, {10, 1}},
     {{13, {4, 3}, {12, 1}, {4, 3}}, {10, {4, 2}, {8, 1}, {3, 4}}, {8, {7, 2}, {6, 1}, {2, 6}},
      {6, {3, 4}, {13, 1}, {6, 2}}, {12, {3, 3}, {4, 1}, {3, 3}}}},
    {llvm::Triple::aarch64, "+neon", 4, {24, {6, 4}, {16, 1}},
     {{28, {7, 4}, {20, 1}, {4, 6}}, {20, {5, 4}, {12, 1}, {4, 5}}, {16, {8, 3}, {8, 1}, {6, 4}},
      {12, {4, 6}, {24, 1}, {3, 7}}, {24, {12, 2}, {6, 1}, {2, 10}}}},
    {llvm::Triple::UnknownArch, "", 4, {12, {4, 2}, {8, 1}},
     {{10, {3, 3}, {6, 1}, {3, 3}}, {8, {2, 4}, {10, 1}, {4, 2}}, {13, {6, 2}, {12, 1}, {2, 4}},
      {6, {3, 2}, {4, 1}, {3, 4}}, {4, {2, 2}, {2, 1}, {2, 2}}}},
    // clang-format on
};

const VectorUnit* find_vector_unit(const llvm::MCSubtargetInfo& subtarget) {
  return std::ranges::find_if(kVectorUnits, [&](const VectorUnit& unit) {
    // LLVM would tell the user of a feature that another architecture has.
    if (unit.arch != llvm::Triple::UnknownArch && unit.arch != subtarget.getTargetTriple().getArch()) return false;
    return *unit.feature == 0 || subtarget.checkFeatures(unit.feature);
  });
}

void initialize_llvm() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
  });
}

std::string host_features() {
  std::string text;
  for (const auto& entry : llvm::sys::getHostCPUFeatures()) {
    if (!text.empty()) text += ',';
    text += (entry.second ? "+" : "-") + entry.first().str();
  }
  return text;
}

Result<Target> describe(Target target) {
  MINNOW_ASSIGN(auto machine, make_target_machine(target, 2));
  if (!machine->getMCSubtargetInfo()->isCPUStringValid(target.cpu)) {
    return fail("", "LLVM knows no cpu \"{}\" for {}", target.cpu, target.triple);
  }
  const llvm::Triple::ArchType arch = machine->getTargetTriple().getArch();
  const bool known = arch == llvm::Triple::x86_64 || arch == llvm::Triple::aarch64;
  if (!known) return target;
  const VectorUnit* unit = find_vector_unit(*machine->getMCSubtargetInfo());
  target.lanes = unit->lanes;
  target.tiles = unit->tiles;
  target.accumulators = unit->tiles.accumulators;
  return target;
}

}  // namespace

Result<Target> host_target(const std::string& cpu) {
  Target target;
  target.triple = llvm::sys::getProcessTriple();
  target.cpu = cpu.empty() ? llvm::sys::getHostCPUName().str() : cpu;
  if (cpu.empty()) target.features = host_features();
  return describe(target);
}

Result<Target> named_target(const std::string& triple, const std::string& cpu) {
  if (triple.empty()) return host_target(cpu);
  Target target;
  target.triple = triple;
  target.cpu = cpu.empty() ? "generic" : cpu;
  return describe(target);
}

std::vector<RegisterTiles> tile_candidates(const Target& target) {
  std::vector<RegisterTiles> candidates = {target.tiles, target.tiles};
  candidates.back().alternative = 1;
  for (const VectorUnit& unit : kVectorUnits)
    if (unit.lanes == target.lanes && unit.tiles == target.tiles)
      candidates.insert(candidates.end(), std::begin(unit.others), std::end(unit.others));
  return candidates;
}

Result<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const Target& target, int opt_level) {
  initialize_llvm();
  std::string error;
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(target.triple, error);
  if (found == nullptr) return fail("", "no such target \"{}\": {}", target.triple, error);
  llvm::TargetOptions options;
  const auto level = llvm::CodeGenOpt::getLevel(opt_level).value_or(llvm::CodeGenOptLevel::Default);
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      target.triple, target.cpu, target.features, options, llvm::Reloc::PIC_, std::nullopt, level));
  if (!machine) return fail("", "LLVM cannot generate code for \"{}\"", target.triple);
  return machine;
}

}  // namespace minnow
