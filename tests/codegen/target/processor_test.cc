// The table of processors: which row a cpu takes, what the machine's own caches change of it, and what runs here.
#include "codegen/target/processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/Target/TargetMachine.h>

#include "codegen/target/target.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

using testing::HasSubstr;

constexpr const char* kX86 = "x86_64-linux-gnu";
constexpr const char* kArm = "aarch64-linux-gnu";

Target target_for(const std::string& triple, const std::string& cpu) {
  auto target = named_target(triple, cpu);
  EXPECT_TRUE(target) << cpu << ": " << target.error().to_string();
  return target ? *target : Target{};
}

struct Row {
  const char *triple, *cpu, *name;
  int lanes, accumulators;
  bool has_fma;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.triple << " " << row.cpu; }
};

class ProcessorRow : public testing::TestWithParam<Row> {};

TEST_P(ProcessorRow, IsThatOfTheNameOrOfTheFeatures) {
  const Row& row = GetParam();
  const Target target = target_for(row.triple, row.cpu);
  EXPECT_EQ(target.processor.name, row.name);
  EXPECT_EQ(target.lanes, row.lanes);
  EXPECT_EQ(target.accumulators, row.accumulators);
  EXPECT_EQ(target.has_fma, row.has_fma);
}

INSTANTIATE_TEST_SUITE_P(
    Cpus, ProcessorRow,
    testing::Values(Row{kX86, "znver4", "Zen 4", 16, 24, true}, Row{kX86, "znver2", "Zen 2 or 3", 8, 12, true},
                    Row{kX86, "broadwell", "Haswell or Broadwell", 8, 12, true},
                    Row{kX86, "cascadelake", "Skylake-X or Cascade Lake", 16, 24, true},
                    Row{kX86, "alderlake", "Alder Lake", 8, 12, true},
                    Row{kX86, "x86-64-v4", "x86-64-v4", 16, 24, true}, Row{kX86, "x86-64-v3", "x86-64-v3", 8, 12, true},
                    Row{kX86, "knl", "x86-64-v4", 16, 24, true}, Row{kX86, "nehalem", "x86-64", 4, 12, false},
                    Row{kX86, "x86-64", "x86-64", 4, 12, false}, Row{kX86, "bdver2", "x86-64", 4, 12, true},
                    Row{kArm, "neoverse-v1", "Neoverse V1", 4, 24, true}, Row{kArm, "apple-m1", "Apple M", 4, 24, true},
                    Row{kArm, "cortex-a72", "Cortex-A72", 4, 24, true}, Row{kArm, "generic", "aarch64", 4, 24, true},
                    Row{"riscv64-linux-gnu", "sifive-x280", "riscv64, vectors of 512 bits", 16, 24, true},
                    Row{"riscv64-linux-gnu", "sifive-u74", "riscv64, no vectors", 4, 4, true},
                    Row{"thumbv7em-none-eabihf", "cortex-m4", "another processor", 4, 4, true},
                    Row{"armv7-linux-gnueabihf", "generic", "another processor", 4, 4, false},
                    Row{"wasm32-unknown-unknown", "bleeding-edge", "WebAssembly SIMD", 4, 12, false},
                    Row{"loongarch64-linux-gnu", "generic-la64", "another processor", 4, 4, true}));

TEST(Processor, ThatLacksTheVectorsOfItsNameGoesByItsFeatures) {
  Target target;
  target.triple = kX86;
  target.cpu = "znver4";
  target.features = "-avx512f";
  const auto machine = make_target_machine(target, 2);
  ASSERT_TRUE(machine);
  EXPECT_EQ(processor_of(*(*machine)->getMCSubtargetInfo(), target.cpu).name, "x86-64-v3");
}

TEST(Processor, MultipliesInTwoUnitsOfSixteenLanes) {
  EXPECT_EQ(target_for(kX86, "sapphirerapids").processor.flops_per_cycle(), 64);
  EXPECT_EQ(target_for(kX86, "znver4").processor.flops_per_cycle(), 32);
}

TEST(Processor, SchedulesForItsSecondLevelCache) {
  EXPECT_EQ(target_for(kX86, "haswell").schedule.cache_bytes, 256 << 10);
  EXPECT_EQ(target_for(kX86, "sapphirerapids").schedule.cache_bytes, 2 << 20);
}

// A folder as Linux has it, of one core with two hardware threads.
class MachineCaches : public testing::Test {
 protected:
  void SetUp() override {
    write("topology/thread_siblings_list", "0,4");
    cache(0, "1", "Data", "48K", "12", "0,4");
    cache(1, "1", "Instruction", "32K", "8", "0,4");
    cache(2, "2", "Unified", "2048K", "16", "0,4");
    cache(3, "3", "Unified", "32M", "16", "0-7");
  }
  void cache(int index, const char* level, const char* type, const char* size, const char* ways, const char* cpus) {
    const std::string at = "cache/index" + std::to_string(index) + "/";
    write(at + "level", level);
    write(at + "type", type);
    write(at + "size", size);
    write(at + "ways_of_associativity", ways);
    write(at + "shared_cpu_list", cpus);
  }
  void write(const std::string& name, const std::string& text) { folder_.write(name, text + "\n"); }
  TemporaryFolder folder_;
};

TEST_F(MachineCaches, AreThoseOfOneCore) {
  const Processor found = with_caches_of_this_machine({}, folder_.path());
  EXPECT_EQ(found.level1, (Cache{48 << 10, 12}));
  EXPECT_EQ(found.level2, (Cache{2 << 20, 16}));
  EXPECT_EQ(found.level3, (Cache{8 << 20, 16}));
}

TEST_F(MachineCaches, AreTheTablesWhereTheSystemDoesNotSay) {
  const Processor row = target_for(kX86, "haswell").processor;
  EXPECT_EQ(with_caches_of_this_machine(row, folder_.file("nowhere")), row);
  write("cache/index2/size", "");
  EXPECT_EQ(with_caches_of_this_machine(row, folder_.path()).level2, row.level2);
}

TEST(HostTarget, RefusesAnUnknownCpuByName) {
  const auto target = host_target("i286000");
  ASSERT_FALSE(target);
  EXPECT_THAT(target.error().to_string(), HasSubstr("LLVM knows no cpu \"i286000\""));
}

TEST(HostTarget, RunsNoCodeOfWiderVectorsThanThisMachineHas) {
  const auto own = host_target();
  ASSERT_TRUE(own);
  const auto wide = host_target("skylake-avx512");
  ASSERT_EQ(wide.has_value(), own->lanes == 16);
  if (wide) return;
  EXPECT_THAT(wide.error().to_string(), HasSubstr("does not run code for \"skylake-avx512\""));
}

}  // namespace
}  // namespace minnow
