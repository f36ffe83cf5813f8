// From a planned function to machine code.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codegen/machine/compiled_function.h"
#include "codegen/target/target.h"
#include "ir/interrupt.h"
#include "passes/plan_memory.h"

namespace minnow {

struct CompileOptions {
  int opt_level = 2;     // 0 to 3, of LLVM's back end; 0 also skips LLVM's passes
  std::string cpu = {};  // empty: the host's
  int threads = 2;       // compile on so many threads
  bool verify = false;   // run LLVM's verifier over the kernels
  bool keep_llvm_ir = false;
  bool keep_assembly = false;
  std::string cache_folder = {};  // of machine code from earlier runs, see ObjectCache; empty: none
  // Where to add LLVM's own report of what its passes took. LLVM keeps such times for the whole process: one
  // compilation at a time, on one thread.
  std::string* llvm_times = nullptr;
  InterruptFlag interrupt = nullptr;  // ends the compilation with an error, between two kernels
  // The schedule of each kernel; empty: the target's for all.
  std::vector<ScheduleOptions> schedules = {};
  std::vector<std::string> notes = {};  // behind the text of each kernel's schedule; may be empty
  // Weights are mostly the same from one run to the next: what is computed of them alone, operands packed for products
  // included, stays in memory, by kernels that are `is_kept`. It costs up to a copy of the weights.
  bool keeps_weights = false;
  // The schedules are what a search has found or will find: such code has its own place in the cache.
  bool is_tuned = false;
};

// Ops run in the function's order. A result named like a weight or state parameter is written over that parameter;
// the other results have buffers of their own. Errors are LLVM's (an unknown cpu), and bodies and maps that only the
// interpreter runs; a function that does not verify is our bug.
Result<std::unique_ptr<CompiledFunction>> compile(const Function& function, const MemoryPlan& plan,
                                                  const CompileOptions& options = {});

// What an earlier compilation with these options, whatever its schedules, left in the cache; nullptr if there is none.
Result<std::unique_ptr<CompiledFunction>> find_compiled(const Function& function, const MemoryPlan& plan,
                                                        const CompileOptions& options);

// Says of each value which layout it has in memory, and why; on a machine as emit_assembly has it.
Status explain_layouts(const Function& function, const MemoryPlan& plan, const std::string& triple,
                       const std::string& cpu, Remarks& remarks);

// What running a compiled function takes, in bytes, besides its parameters.
struct RunMemory {
  int64_t scratch = 0;  // of kernels, behind what the plan has in the arena
  int64_t local = 0;    // each thread's own arena, for blocks of examples; its scratch included
  int64_t constants = 0;
  int64_t results = 0;  // those that are not written over a parameter
};
// For this machine; the kernels are emitted, but not compiled.
Result<RunMemory> run_memory(const Function& function, const MemoryPlan& plan);

// The same kernels for another machine, as LLVM IR and assembly text. `triple` empty is the host. The texts say above
// each kernel what it computes, for which layer. `llvm_times` as in CompileOptions.
Result<std::string> emit_llvm_ir(const Function& function, const MemoryPlan& plan, const std::string& triple = {},
                                 const std::string& cpu = {});
Result<std::string> emit_assembly(const Function& function, const MemoryPlan& plan, const std::string& triple = {},
                                  const std::string& cpu = {}, std::string* llvm_times = nullptr);

// The same texts for each kernel, in the order of execution.
struct KernelText {
  Kernel kernel;          // entry is nullptr
  std::string duplicate;  // the kernel whose code it has, by name; empty for one with code of its own
  std::string llvm_ir;    // before LLVM's passes
  std::string assembly;   // empty for a duplicate
};
Result<std::vector<KernelText>> emit_kernel_texts(const Function& function, const MemoryPlan& plan,
                                                  const std::string& triple = {}, const std::string& cpu = {});

}  // namespace minnow
