#include "codegen/target/processor.h"

#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/TargetParser/Triple.h>

#include <algorithm>
#include <ranges>

namespace minnow {
namespace {

using llvm::Triple;

struct Row {
  Triple::ArchType arch;  // UnknownArch: any
  std::string_view cpus;  // as LLVM names them; empty: any that has the feature
  const char* feature;    // that the numbers count on; empty: none
  Processor processor;
};

constexpr int64_t operator""_K(unsigned long long number) { return static_cast<int64_t>(number) << 10; }
constexpr int64_t operator""_M(unsigned long long number) { return static_cast<int64_t>(number) << 20; }

// Of each architecture those with names first, then by feature, the widest first. Sources: AMD's and Intel's software
// optimization guides, Arm's of each core, Agner Fog's instruction tables and uops.info for units and latencies,
// WikiChip for caches; Apple's cores are as Dougall Johnson measured them, and of Zen 5 the units and the first two
// caches were found to be so. A level 2 or 3 that a maker may choose, as of Arm's cores, is a common size of it. Where
// one name stands for parts of one and of two units of 512 bits, it has two: at the clocks that such parts keep, 16
// lanes are not slower than twice 8 on one, and faster on two. So rows decide the width, not LLVM's preference for 256
// bits.
constexpr Row kRows[] = {
    // clang-format off
    //                                                              lanes registers multiply-adds latency loads  level 1     level 2      level 3
    {Triple::x86_64, "znver1", "+avx2",                   {"Zen",            8, 16, 1,   5, 1,   {32_K, 8},   {512_K, 8},   {2_M, 16}}},
    {Triple::x86_64, "znver2 znver3", "+avx2",            {"Zen 2 or 3",     8, 16, 2,   4, 2,   {32_K, 8},   {512_K, 8},   {4_M, 16}}},
    {Triple::x86_64, "znver4", "+avx512f",                {"Zen 4",         16, 32, 1,   4, 1,   {32_K, 8},   {1_M, 8},     {4_M, 16}}},
    {Triple::x86_64, "znver5", "+avx512f",                {"Zen 5",         16, 32, 2,   4, 2,   {48_K, 12},  {1_M, 16},    {4_M, 16}}},
    {Triple::x86_64, "haswell core-avx2 broadwell", "+avx2",
                                                          {"Haswell or Broadwell", 8, 16, 2, 5, 2, {32_K, 8}, {256_K, 8},   {2_M, 16}}},
    {Triple::x86_64, "skylake", "+avx2",                  {"Skylake",        8, 16, 2,   4, 2,   {32_K, 8},   {256_K, 4},   {2_M, 16}}},
    {Triple::x86_64, "skylake-avx512 skx cascadelake cooperlake", "+avx512f",
                                                          {"Skylake-X or Cascade Lake", 16, 32, 2, 4, 2, {32_K, 8}, {1_M, 16}, {1408_K, 11}}},
    {Triple::x86_64, "icelake-client rocketlake tigerlake cannonlake", "+avx512f",
                                                          {"Ice Lake client", 16, 32, 1, 4, 2,   {48_K, 12},  {512_K, 8},   {2_M, 16}}},
    {Triple::x86_64, "icelake-server", "+avx512f",        {"Ice Lake server", 16, 32, 2, 4, 2,   {48_K, 12},  {1280_K, 20}, {1536_K, 12}}},
    {Triple::x86_64, "sapphirerapids emeraldrapids graniterapids graniterapids-d", "+avx512f",
                                                          {"Sapphire Rapids", 16, 32, 2, 4, 2,   {48_K, 12},  {2_M, 16},    {1920_K, 15}}},
    {Triple::x86_64, "alderlake raptorlake meteorlake arrowlake arrowlake-s lunarlake pantherlake", "+avx2",
                                                          {"Alder Lake",     8, 16, 2,   4, 3,   {48_K, 12},  {1280_K, 10}, {3_M, 12}}},
    {Triple::x86_64, "gracemont sierraforest grandridge clearwaterforest", "+avx2",
                                                          {"Gracemont",      8, 16, 1,   6, 1,   {32_K, 8},   {512_K, 16},  {3_M, 12}}},
    {Triple::x86_64, "", "+avx512f",                      {"x86-64-v4",     16, 32, 1,   4, 2,   {32_K, 8},   {1_M, 16},    {1_M, 11}}},
    {Triple::x86_64, "", "+avx2",                         {"x86-64-v3",      8, 16, 2,   5, 2,   {32_K, 8},   {256_K, 8},   {2_M, 16}}},
    {Triple::x86_64, "", "",                              {"x86-64",         4, 16, 1,   4, 1,   {32_K, 8},   {256_K, 8},   {2_M, 16}}},

    {Triple::aarch64, "neoverse-n1", "+neon",             {"Neoverse N1",    4, 32, 2,   4, 2,   {64_K, 4},   {1_M, 8},     {1_M, 16}}},
    {Triple::aarch64, "neoverse-v1 neoverse-512tvb", "+neon",
                                                          {"Neoverse V1",    4, 32, 4,   4, 3,   {64_K, 4},   {1_M, 8},     {1_M, 16}}},
    {Triple::aarch64, "neoverse-n2 neoverse-n3", "+neon", {"Neoverse N2",    4, 32, 2,   4, 3,   {64_K, 4},   {1_M, 8},     {1_M, 16}}},
    {Triple::aarch64, "neoverse-v2 neoverse-v3", "+neon", {"Neoverse V2",    4, 32, 4,   4, 3,   {64_K, 4},   {1_M, 8},     {1_M, 16}}},
    {Triple::aarch64, "apple-m1 apple-m2 apple-m3 apple-m4 apple-a14 apple-a15 apple-a16 apple-a17 apple-latest", "+neon",
                                                          {"Apple M",        4, 32, 4,   4, 3,   {128_K, 8},  {3_M, 12},    {}}},
    {Triple::aarch64, "cortex-a76 cortex-a77 cortex-a78 cortex-x1", "+neon",
                                                          {"Cortex-A76",     4, 32, 2,   4, 2,   {64_K, 4},   {512_K, 8},   {1_M, 16}}},
    {Triple::aarch64, "cortex-a57 cortex-a72 cortex-a73 cortex-a75", "+neon",
                                                          {"Cortex-A72",     4, 32, 1,   7, 1,   {32_K, 2},   {256_K, 16},  {}}},
    {Triple::aarch64, "cortex-a53 cortex-a35", "+neon",   {"Cortex-A53",     4, 32, 1,   8, 0.5, {32_K, 4},   {128_K, 16},  {}}},
    {Triple::aarch64, "cortex-a55 cortex-a510", "+neon",  {"Cortex-A55",     4, 32, 1,   8, 0.5, {32_K, 4},   {128_K, 4},   {512_K, 16}}},
    {Triple::aarch64, "", "+neon",                        {"aarch64",        4, 32, 2,   4, 2,   {32_K, 4},   {256_K, 8},   {1_M, 16}}},

    {Triple::riscv64, "", "+zvl512b",                     {"riscv64, vectors of 512 bits", 16, 32, 1, 4, 1, {32_K, 8}, {256_K, 8}, {}}},
    {Triple::riscv64, "", "+zvl256b",                     {"riscv64, vectors of 256 bits",  8, 32, 1, 4, 1, {32_K, 8}, {256_K, 8}, {}}},
    {Triple::riscv64, "", "+v",                           {"riscv64, vectors of 128 bits",  4, 32, 1, 4, 1, {32_K, 8}, {256_K, 8}, {}}},
    {Triple::riscv64, "", "",                             {"riscv64, no vectors",           4,  8, 0.25, 5, 0.25, {32_K, 8}, {256_K, 8}, {}}},
    {Triple::wasm32, "", "+simd128",                      {"WebAssembly SIMD", 4, 16, 1, 4, 1,   {32_K, 8},   {256_K, 8},   {}}},
    {Triple::wasm64, "", "+simd128",                      {"WebAssembly SIMD", 4, 16, 1, 4, 1,   {32_K, 8},   {256_K, 8},   {}}},
    {Triple::UnknownArch, "", "",                         {}},
    // clang-format on
};

bool is_listed(std::string_view cpus, std::string_view cpu) {
  for (const auto part : std::views::split(cpus, ' '))
    if (std::string_view(part.begin(), part.end()) == cpu) return true;
  return false;
}

bool suits(const Row& row, const llvm::MCSubtargetInfo& subtarget, std::string_view cpu) {
  // LLVM would tell the user of a feature that another architecture has.
  if (row.arch != Triple::UnknownArch && row.arch != subtarget.getTargetTriple().getArch()) return false;
  return (row.cpus.empty() || is_listed(row.cpus, cpu)) && (*row.feature == 0 || subtarget.checkFeatures(row.feature));
}

}  // namespace

Processor processor_of(const llvm::MCSubtargetInfo& subtarget, std::string_view cpu) {
  return std::ranges::find_if(kRows, [&](const Row& row) { return suits(row, subtarget, cpu); })->processor;
}

}  // namespace minnow
