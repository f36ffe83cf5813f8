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

// Tiles by what they have to fit: the first row for as many registers and lanes, or fewer, is taken.
struct TileSet {
  int registers, lanes;
  RegisterTiles tiles;
  RegisterTiles others[5];  // what tuning tries
};
constexpr TileSet kTileSets[] = {
    // clang-format off
    {32, 16, {24, {6, 4}, {12, 1}},
     {{28, {12, 2}, {14, 1}, {4, 6}}, {20, {6, 3}, {8, 1}, {4, 5}}, {16, {4, 4}, {16, 1}, {6, 4}},
      {12, {8, 2}, {6, 1}, {3, 7}}, {28, {9, 3}, {20, 1}, {2, 10}}}},
    {32, 4, {24, {6, 4}, {16, 1}},
     {{28, {7, 4}, {20, 1}, {4, 6}}, {20, {5, 4}, {12, 1}, {4, 5}}, {16, {8, 3}, {8, 1}, {6, 4}},
      {12, {4, 6}, {24, 1}, {3, 7}}, {24, {12, 2}, {6, 1}, {2, 10}}}},
    {16, 8, {12, {6, 2}, {10, 1}},
     {{13, {4, 3}, {12, 1}, {4, 3}}, {10, {4, 2}, {8, 1}, {3, 4}}, {8, {7, 2}, {6, 1}, {2, 6}},
      {6, {3, 4}, {13, 1}, {6, 2}}, {12, {3, 3}, {4, 1}, {3, 3}}}},
    {16, 4, {12, {4, 2}, {8, 1}},
     {{10, {3, 3}, {6, 1}, {3, 3}}, {8, {2, 4}, {10, 1}, {4, 2}}, {13, {6, 2}, {12, 1}, {2, 4}},
      {6, {3, 2}, {4, 1}, {3, 4}}, {4, {2, 2}, {2, 1}, {2, 2}}}},
    {0, 0, {4, {2, 2}, {4, 1}},
     {{5, {1, 4}, {5, 1}, {1, 4}}, {4, {4, 1}, {3, 1}, {4, 1}}, {3, {3, 1}, {2, 1}, {1, 3}},
      {2, {2, 1}, {6, 1}, {2, 1}}, {6, {3, 2}, {1, 1}, {2, 3}}}},
    // clang-format on
};

const TileSet& tile_set_of(const Processor& processor) {
  return *std::ranges::find_if(kTileSets, [&](const TileSet& set) {
    return set.registers <= processor.registers && set.lanes <= processor.lanes;
  });
}

// What multiplies and adds f32 in one rounding, by architecture; others do.
struct FusedFeature {
  llvm::Triple::ArchType arch;
  const char* feature;  // empty: none has it
};
constexpr FusedFeature kFused[] = {
    {llvm::Triple::x86_64, "+fma"},      {llvm::Triple::x86, "+fma"},   {llvm::Triple::arm, "+vfp4d16sp"},
    {llvm::Triple::thumb, "+vfp4d16sp"}, {llvm::Triple::wasm32, ""},    {llvm::Triple::wasm64, ""},
    {llvm::Triple::riscv64, "+f"},       {llvm::Triple::riscv32, "+f"},
};

bool has_fma(const llvm::MCSubtargetInfo& subtarget) {
  const auto* row = std::ranges::find(kFused, subtarget.getTargetTriple().getArch(), &FusedFeature::arch);
  return row == std::end(kFused) || (*row->feature != 0 && subtarget.checkFeatures(row->feature));
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

// "+avx2,-avx512f", or the latter alone.
std::string host_features(bool only_lacking) {
  std::string text;
  for (const auto& entry : llvm::sys::getHostCPUFeatures()) {
    if (only_lacking && entry.second) continue;
    if (!text.empty()) text += ',';
    text += (entry.second ? "+" : "-") + entry.first().str();
  }
  return text;
}

// Of a machine without it, since LLVM would complain by itself.
Status check_cpu(const Target& target) {
  Target plain = target;
  plain.cpu = plain.features = "";
  MINNOW_ASSIGN(const auto machine, make_target_machine(plain, 2));
  const llvm::MCSubtargetInfo& subtarget = *machine->getMCSubtargetInfo();
  if (subtarget.isCPUStringValid(target.cpu)) return {};
  std::vector<std::string> known;
  for (const llvm::SubtargetSubTypeKV& cpu : subtarget.getAllProcessorDescriptions()) known.emplace_back(cpu.Key);
  const std::string nearest = nearest_name(target.cpu, known);
  return fail_with_hint("", fmt::format("LLVM knows no cpu \"{}\" for {}", target.cpu, target.triple),
                        nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
}

Result<Target> describe(Target target) {
  MINNOW_TRY(check_cpu(target));
  MINNOW_ASSIGN(auto machine, make_target_machine(target, 2));
  const llvm::MCSubtargetInfo& subtarget = *machine->getMCSubtargetInfo();
  target.index_bits = static_cast<int>(machine->getPointerSizeInBits(0));
  target.processor = processor_of(subtarget, target.cpu);
  target.lanes = target.processor.lanes;
  target.has_fma = has_fma(subtarget);
  target.has_far_offsets = machine->getTargetTriple().isX86();
  target.orders_code = !machine->getTargetTriple().isWasm();
  target.schedule.tiles = tile_set_of(target.processor).tiles;
  target.schedule.cache_bytes = target.processor.level2.bytes;
  target.accumulators = target.schedule.tiles.accumulators;
  return target;
}

Target own_target() {
  Target target;
  target.triple = llvm::sys::getProcessTriple();
  target.cpu = llvm::sys::getHostCPUName().str();
  target.features = host_features(false);
  return target;
}

}  // namespace

Result<Target> host_target(const std::string& cpu) {
  MINNOW_ASSIGN(Target own, describe(own_target()));
  own.processor = with_caches_of_this_machine(own.processor);
  own.schedule.cache_bytes = own.processor.level2.bytes;
  if (cpu.empty()) return own;
  MINNOW_ASSIGN(Target other, named_target(own.triple, cpu));
  if (other.lanes > own.lanes || (other.has_fma && !own.has_fma))
    return fail_with_hint("", fmt::format("this machine does not run code for \"{}\"", cpu),
                          "minnow compile --emit=bundle --target TRIPLE writes code for another machine");
  other.features = host_features(true);
  return describe(other);
}

Result<Target> named_target(const std::string& triple, const std::string& cpu) {
  if (triple.empty() && cpu.empty()) return host_target();
  Target target;
  // "thumbv7em-none-eabihf" says no system, as few people would; LLVM reads the places by their number.
  target.triple = triple.empty() ? llvm::sys::getProcessTriple() : llvm::Triple::normalize(triple);
  target.cpu = cpu.empty() ? "generic" : cpu;
  // LLVM's generic one has no floats at all; this is RV64GC, which distributions of Linux are built for.
  if (cpu.empty() && llvm::Triple(target.triple).isRISCV64()) target.features = "+m,+a,+f,+d,+c";
  if (cpu.empty() && llvm::Triple(target.triple).isWasm()) target.features = "+simd128,+bulk-memory";
  return describe(target);
}

std::vector<RegisterTiles> other_tiles(const Target& target) {
  const TileSet& set = tile_set_of(target.processor);
  return {std::begin(set.others), std::end(set.others)};
}

Result<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const Target& target, int opt_level) {
  initialize_llvm();
  std::string error;
  // LLVM ends the process where it finds out what it cannot do for this one.
  if (llvm::Triple(target.triple).getArch() == llvm::Triple::xtensa)
    return fail("", "LLVM's code for \"{}\" has no floats yet", target.triple);
  const llvm::Target* found = llvm::TargetRegistry::lookupTarget(target.triple, error);
  if (found == nullptr) return fail("", "no such target \"{}\": {}", target.triple, error);
  llvm::TargetOptions options;
  // An object tells a linker how it passes floats, which LLVM asks these options for.
  if (llvm::StringRef(target.triple).ends_with("eabihf")) options.FloatABIType = llvm::FloatABI::Hard;
  // Memory is copied by memcpy, which C has, and not by the names of Arm's own run time.
  options.EABIVersion = llvm::EABI::GNU;
  // What is linked at run time has no place in a WebAssembly module of its own.
  const auto relocation = llvm::Triple(target.triple).isWasm() ? llvm::Reloc::Static : llvm::Reloc::PIC_;
  const auto level = llvm::CodeGenOpt::getLevel(opt_level).value_or(llvm::CodeGenOptLevel::Default);
  std::unique_ptr<llvm::TargetMachine> machine(
      found->createTargetMachine(target.triple, target.cpu, target.features, options, relocation, std::nullopt, level));
  if (!machine) return fail("", "LLVM cannot generate code for \"{}\"", target.triple);
  return machine;
}

}  // namespace minnow
