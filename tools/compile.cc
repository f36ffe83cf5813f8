#include "codegen/compile.h"

#include <fmt/format.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/file.h"
#include "tools/check_passes.h"
#include "tools/command.h"
#include "tools/dot_graph.h"
#include "tools/ir_file.h"
#include "tools/pass_flags.h"
#include "tools/svg_graph.h"

namespace minnow {
namespace {

struct CompileFlags {
  ModelFlags model;
  BackendFlags backend;
  PassFlags passes;
  DataFlags data;
  bool check_passes = false;
  std::string emit = "ir";
  std::string function;
  std::string out;
  std::string triple;
  std::string cpu;
};

Result<std::string> emit(const CompileFlags& flags, const Function& function, std::string* llvm_times) {
  if (flags.emit == "ir") return print(function);
  if (flags.emit == "dot") return dot_graph(function);
  if (flags.emit == "svg") return svg_graph(function);
  const MemoryPlan plan = plan_memory(function);
  if (flags.emit == "llvm") return emit_llvm_ir(function, plan, flags.triple, flags.cpu);
  if (flags.emit == "asm") return emit_assembly(function, plan, flags.triple, flags.cpu, llvm_times);
  return emit_object(function, plan, flags.triple, flags.cpu, llvm_times);
}

Result<std::unique_ptr<Function>> build_checked(const CompileFlags& flags, const LoadedModel& loaded,
                                                const std::string& name, BuildOptions build) {
  MINNOW_ASSIGN(const auto batches, ModelBatches::load(loaded, flags.data));
  proof::PassChecker checker = make_model_checker(loaded, *batches);
  build.passes.observers.push_back(&checker);
  MINNOW_ASSIGN(auto function, build_function(loaded, name, build));
  print_checked(checker);
  return function;
}

// The function of a model or of IR text, and what the passes did to it.
Result<std::unique_ptr<Function>> build(const CompileFlags& flags, const PassPlan& plan, PassObserver& observer,
                                        std::vector<PassRecord>& records) {
  proof::PassChecker ir_checker = make_ir_checker();
  const int64_t allowed = flags.backend.session_options().max_bytes;
  PassOptions options;
  options.observers = {&observer};
  if (is_ir_file(flags.model.path)) {
    MINNOW_ASSIGN(const auto module, read_ir_file(flags.model.path));
    MINNOW_ASSIGN(const Function* const found, choose_function(*module, flags.model.path, flags.function));
    MINNOW_TRY(check_memory(flags.model.path, *found, allowed));
    flags.passes.print_limit(plan, found->name());
    auto function = found->clone();
    if (flags.check_passes) options.observers.push_back(&ir_checker);
    MINNOW_ASSIGN(records, run_passes(*function, plan.run, options));
    if (flags.check_passes) print_checked(ir_checker);
    return function;
  }
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  const std::string name = flags.function.empty() ? "train_step" : flags.function;
  flags.passes.print_limit(plan, name);
  const BuildOptions build{{loaded.model.training().batch_size(), allowed}, plan.run, options, &records};
  return flags.check_passes ? build_checked(flags, loaded, name, build) : build_function(loaded, name, build);
}

Result<ExitCode> compile_command(const CompileFlags& flags) {
  if (flags.emit == "obj" && flags.out.empty())
    return tl::unexpected(
        Error{"--emit=obj", "an object needs a file to go to", "add -o FILE", ExitCode::kUsage});
  MINNOW_ASSIGN(const PassPlan plan, flags.passes.plan());
  IrDump dump(flags.passes.dump);
  std::vector<PassRecord> records;
  MINNOW_ASSIGN(const auto function, build(flags, plan, dump, records));
  if (flags.passes.time) print_pass_times(records);
  std::string llvm_times;
  MINNOW_ASSIGN(const std::string text, emit(flags, *function, flags.passes.time ? &llvm_times : nullptr));
  std::fputs(llvm_times.c_str(), stderr);
  if (!flags.out.empty()) {
    MINNOW_TRY(write_file_atomically(flags.out, text));
  } else {
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_compile(CLI::App& app) {
  auto flags = std::make_shared<CompileFlags>();
  flags->model.add(app, ModelFlags::Takes::kModelOrIr);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  app.add_option("--emit", flags->emit, "ir, dot, svg, llvm, asm or obj")
      ->check(CLI::IsMember({"ir", "dot", "svg", "llvm", "asm", "obj"}))
      ->capture_default_str();
  app.add_option("--function", flags->function,
                 "infer, evaluate, loss or train_step, which is the default; of IR text, any function, the first by "
                 "default")
      ->type_name("NAME");
  flags->passes.add(app, "default");
  flags->data.add(app);
  app.add_flag("--check-passes", flags->check_passes,
               "interpret the program after every pass, on two batches of data; exits with 3 at the first that changes "
               "what it means");
  app.add_option("-o", flags->out, "write here instead of stdout")->type_name("FILE");
  app.add_option("--target", flags->triple, "another machine's LLVM triple")->type_name("TRIPLE");
  app.add_option("--cpu", flags->cpu, "another CPU, as LLVM names it")->type_name("NAME");
  return [flags] { return compile_command(*flags); };
}

}  // namespace minnow
