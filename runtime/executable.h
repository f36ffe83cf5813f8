// A function ready to run: compiled, or interpreted. Both take the same tensors and leave the same results.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/machine/compiled_function.h"
#include "interpreter/interpreter.h"
#include "ir/function.h"
#include "ir/interrupt.h"
#include "runtime/cluster/communicator.h"
#include "runtime/thread_pool.h"

namespace minnow {

struct Division;

enum class Backend { kJit, kInterpreter };

// When one kernel ran: on the whole pool, or on one block of examples while other threads ran it on others. Or, without
// a kernel, how long this rank waited for bytes of others.
struct KernelSpan {
  const Kernel* kernel;
  int thread = 0, threads = 1;  // which, of how many that shared the blocks
  std::chrono::steady_clock::time_point begin = {}, end = {};
  int64_t bytes = 0;  // waited for
};
using KernelTrace = std::vector<KernelSpan>;

class Executable {
 public:
  virtual ~Executable() = default;

  // `arguments` has one tensor per parameter, of its type. Results named like a parameter are written to that
  // argument; the others are kept here until the next run.
  virtual Status run(std::span<Tensor* const> arguments) = 0;
  // The same where weights and states hold what they held in the last run, which ended well: what is made of them alone
  // may still be there (CodeOptions::keeps_weights).
  virtual Status run_again(std::span<Tensor* const> arguments) { return run(arguments); }

  // The kernels that a run goes through, in order; empty for the interpreter.
  virtual std::span<const Kernel> kernels() const { return {}; }
  // After so many runs, those that follow go the way that has been found to be the faster one.
  virtual int warm_up_runs() const { return 0; }
  // From now on every run appends its spans to `trace`, until this is called with nullptr.
  void record_kernels(KernelTrace* trace) { trace_ = trace; }

  // How this rank runs the function together with others; nullptr if it runs alone.
  virtual const Division* division() const { return nullptr; }
  // How so many ranks would run it, the one of them that receives most; nullopt for the interpreter.
  virtual std::optional<Division> divided_among(int ranks) const;
  // What all runs so far have spent on waiting for other ranks.
  virtual double seconds_waited() const { return 0; }

  // A result that is not written in place.
  const Tensor& result(std::string_view name) const;
  // Result i, which may be in place: one of the arguments of the last run.
  const Tensor& result(size_t i, std::span<Tensor* const> arguments) const;
  const Function& function() const { return *function_; }

 protected:
  explicit Executable(std::unique_ptr<Function> function);
  Status check_arguments(std::span<Tensor* const> arguments) const;
  // The parameter that result i is written to, or nullptr.
  const Value* in_place_parameter(size_t i) const { return in_place_[i]; }

  std::unique_ptr<Function> function_;
  KernelTrace* trace_ = nullptr;
  std::vector<Tensor> results_;  // one per result of the function; empty where in place

 private:
  std::vector<const Value*> in_place_;
};

// Runs `function` as it stands, op by op; once interrupted, a run ends with an error and changes nothing. With kF64
// float arguments may be f32 or f64, and float results are f64.
std::unique_ptr<Executable> make_interpreted(std::unique_ptr<Function> function, InterruptFlag interrupt = nullptr,
                                             Precision precision = Precision::kDeclared);

class CodeStore;
struct TuneReport;

// How functions become machine code.
struct CodeOptions {
  std::string cache_folder = {};      // of code from earlier runs, see ObjectCache; empty: none
  CodeStore* store = nullptr;         // shared by several executables, which it outlives; nullptr: none
  InterruptFlag interrupt = nullptr;  // ends the compilation with an error
  std::string cpu = {};               // as LLVM names it; empty: the host's own
  bool keeps_weights = false;         // for run_again(), see CompileOptions
  bool tune = false;                  // search for each kernel's schedule, see tune.h
  std::function<void(const TuneReport&)> on_tuned = {};  // hears of each search; may be empty
};

// Compiled code that several executables run, each on an arena of its own: what has the same IR is compiled once. May
// be used from several threads; it compiles one function at a time.
class CodeStore {
 public:
  // With the options' cache and tuning, which has `pool` to itself.
  Result<std::shared_ptr<const CompiledFunction>> compile(const Function& function, ThreadPool& pool,
                                                          const CodeOptions& options);
  size_t size() const;  // functions so far

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const CompiledFunction>> compiled_;  // by IR
};

// How compiled code runs.
struct ExecutorOptions {
  // For tests, so that mistakes show: kernels get copies of all memory, with NaN where nothing is written yet and in
  // what only other ranks have computed; writing past an end, right behind one of a kernel's buffers, or to what is
  // only read is an error. Slow.
  bool is_guarded = false;
  bool divides_all = false;  // among the pool's threads and among ranks, also where that does not pay
  // Those that run the function together: each calls run() with the same arguments, in the same order as all others.
  // nullptr: alone.
  Communicator* ranks = nullptr;
  // Where the work of a function does not tell, a run takes one thread or all, whichever has been faster of late.
  // False: always all, so that what is compared goes one way.
  bool chooses_threads = true;
};

// Plans memory and compiles `function`, which has been through the passes, or finds its machine code in the store or
// the cache. `pool` must outlive the executable.
Result<std::unique_ptr<Executable>> make_compiled(std::unique_ptr<Function> function, ThreadPool& pool,
                                                  const CodeOptions& options = {},
                                                  const ExecutorOptions& executor = {});

// The same with code that is there already.
std::unique_ptr<Executable> make_executable(std::unique_ptr<Function> function,
                                            std::shared_ptr<const CompiledFunction> compiled, ThreadPool& pool,
                                            const ExecutorOptions& options = {});

}  // namespace minnow
