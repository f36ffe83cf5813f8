#include "runtime/flops.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "codegen/element/kernel_builder.h"
#include "codegen/machine/compiled_function.h"
#include "codegen/machine/jit_code.h"
#include "ir/contraction.h"
#include "passes/pipeline.h"
#include "runtime/session.h"

namespace minnow {
namespace {

// Short enough that some bursts lie between two interruptions, where other programs run, too.
constexpr std::chrono::microseconds kBurst{800};
constexpr int kBursts = 60;
constexpr int kMostTries = 4;
constexpr const char* kProbeName = "fma_chains";

// As many accumulators as a dot kernel keeps in registers: enough to hide the latency of a multiply-add.
int chain_count(const Target& target) { return target.schedule.tiles.dot.rows * target.schedule.tiles.dot.vectors; }

// for (i in [begin, end)) for each chain: x = x * a + a. With a = 0.5 every x runs towards 1, so that nothing
// overflows; `a` comes from memory, so that nothing is computed beforehand.
void emit_probe(llvm::Module& module, const Target& target) {
  KernelBuilder kernel(module, target, kProbeName);
  llvm::IRBuilder<>& ir = kernel.ir();
  llvm::Type* element = ir.getFloatTy();
  llvm::Type* vector = kernel.vector_type(element, target.lanes);
  llvm::Value* memory = kernel.buffer(0);
  llvm::Value* a = ir.CreateVectorSplat(static_cast<unsigned>(target.lanes), ir.CreateLoad(element, memory));
  std::vector<llvm::AllocaInst*> chains;
  for (int i = 0; i < chain_count(target); ++i) {
    chains.push_back(kernel.stack(vector));
    ir.CreateStore(llvm::ConstantFP::get(vector, i), chains.back());
  }
  kernel.loop(kernel.begin(), kernel.end(), 1, [&](llvm::Value*) {
    for (llvm::AllocaInst* chain : chains) {
      llvm::Value* x = ir.CreateLoad(vector, chain);
      ir.CreateStore(ir.CreateIntrinsic(llvm::Intrinsic::fmuladd, {vector}, {x, a, a}), chain);
    }
  });
  llvm::Value* sum = ir.CreateLoad(vector, chains.front());
  for (llvm::AllocaInst* chain : chains) sum = ir.CreateFAdd(sum, ir.CreateLoad(vector, chain));
  ir.CreateStore(ir.CreateExtractElement(sum, uint64_t{0}), memory);
  kernel.finish();
}

struct alignas(kBufferAlignment) ProbeMemory {
  std::array<float, 16> values;
};

// Seconds that `iterations` of the probe take on every thread at once.
double time_burst(ThreadPool& pool, KernelEntry probe, int64_t iterations) {
  std::vector<ProbeMemory> memory(static_cast<size_t>(pool.threads()));
  for (ProbeMemory& one : memory) one.values.fill(0.5F);
  const auto start = std::chrono::steady_clock::now();
  pool.parallel_for(pool.threads(), [&](int64_t part) {
    std::byte* buffer = reinterpret_cast<std::byte*>(&memory[static_cast<size_t>(part)]);
    probe(&buffer, 0, iterations);
  });
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double most_iterations_a_second(ThreadPool& pool, KernelEntry probe) {
  const double burst = std::chrono::duration<double>(kBurst).count();
  int64_t iterations = 1 << 10;
  while (time_burst(pool, probe, iterations) < burst / 2) iterations *= 2;
  double best = time_burst(pool, probe, iterations);
  for (int i = 1; i < kBursts; ++i) best = std::min(best, time_burst(pool, probe, iterations));
  return static_cast<double>(iterations) / best;
}

}  // namespace

Result<double> model_flops(const LoadedModel& model, std::string_view function) {
  BuildOptions build{{model.model.training().batch_size()}, {}, {}};
  MINNOW_ASSIGN(build.pipeline, parse_pipeline("cse,dce"));
  MINNOW_ASSIGN(const auto built, build_function(model, function, build));
  return contraction_flops(*built);
}

Result<double> measure_peak_flops(ThreadPool& pool, double at_least, const std::string& cpu) {
  MINNOW_ASSIGN(const Target target, host_target(cpu));
  llvm::LLVMContext context;
  llvm::Module module(kProbeName, context);
  emit_probe(module, target);
  std::vector<ObjectBytes> objects;
  MINNOW_ASSIGN(ObjectBytes object, compile_module(module, target, 2));
  objects.push_back(std::move(object));
  MINNOW_ASSIGN(const auto code, JitCode::link(std::move(objects)));
  MINNOW_ASSIGN(void* address, code->find(kProbeName));
  const auto probe = reinterpret_cast<KernelEntry>(address);

  const double flops_each = 2.0 * chain_count(target) * target.lanes * pool.threads();
  double peak = 0;
  for (int i = 0; i < kMostTries && (i == 0 || peak < at_least); ++i)
    peak = std::max(peak, flops_each * most_iterations_a_second(pool, probe));
  return peak;
}

}  // namespace minnow
