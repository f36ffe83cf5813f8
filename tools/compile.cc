#include "codegen/compile.h"

#include <fmt/ranges.h>

#include <memory>
#include <optional>

#include "codegen/c_source/c_source.h"
#include "ir/text.h"
#include "passes/plan_memory.h"
#include "runtime/file.h"
#include "runtime/train/run_curves.h"
#include "tools/bundle_files.h"
#include "tools/check_passes.h"
#include "tools/command.h"
#include "tools/flags/ir_file.h"
#include "tools/function_source.h"
#include "tools/page/dot_graph.h"
#include "tools/page/stage_page.h"
#include "tools/page/svg_graph.h"
#include "tools/pass_flags.h"
#include "tools/web_file.h"

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
  BundleFlags bundle;
  bool remarks = false;
  std::string html;  // where the page goes; empty: none
  int repeats = 20;
};

void print_remarks(const Remarks& remarks) {
  for (const Remark& remark : remarks.all())
    fmt::print(stderr, "{}: {}: {}\n", remark.pass, fmt::join(remark.values, " -> "), remark.text);
}

Result<std::string> emit(const CompileFlags& flags, const Function& function, std::string* llvm_times) {
  if (flags.emit == "ir") return print(function);
  if (flags.emit == "dot") return dot_graph(function);
  if (flags.emit == "svg") return svg_graph(function);
  const MemoryPlan plan = plan_memory(function);
  if (flags.emit == "llvm") return emit_llvm_ir(function, plan, flags.triple, flags.backend.cpu);
  return emit_assembly(function, plan, flags.triple, flags.backend.cpu, llvm_times);
}

// --tune with --remarks: how each contraction is divided in the end.
Status print_tuned_kernels(const CompileFlags& flags, const Function& function) {
  ThreadPool pool(flags.backend.thread_count());
  CodeStore store;
  MINNOW_ASSIGN(const auto compiled, store.compile(function, pool, flags.backend.session_options().code));
  for (const Kernel& kernel : compiled->kernels)
    if (!kernel.schedule.empty()) fmt::print(stderr, "tune: {}: {}\n", kernel.name, kernel.schedule);
  return {};
}

// --html
Status write_page(const CompileFlags& flags, const Function& function, StageRecorder& recorder) {
  const std::string file = last_name(flags.model.path);
  MINNOW_ASSIGN(const std::string text, stage_page({.title = fmt::format("{} @{}", file, function.name()),
                                                    .function = function,
                                                    .stages = recorder.take(function),
                                                    .triple = flags.triple,
                                                    .cpu = flags.backend.cpu,
                                                    .repeats = flags.repeats,
                                                    .threads = flags.backend.thread_count()}));
  return write_file_atomically(flags.html, text);
}

// --check-passes, and what it runs on.
struct Check {
  LoadedModel loaded;
  std::unique_ptr<ModelBatches> batches;
  std::optional<proof::PassChecker> checker;
};

Result<std::unique_ptr<Check>> make_check(const CompileFlags& flags, const FunctionSource& source) {
  auto check = std::make_unique<Check>();
  MINNOW_ASSIGN(const bool is_text, source.stands_in_text());
  if (is_text) {
    check->checker.emplace(make_ir_checker());
    return check;
  }
  MINNOW_ASSIGN(check->loaded, flags.model.read());
  MINNOW_ASSIGN(check->batches, ModelBatches::load(check->loaded, flags.data));
  check->checker.emplace(make_model_checker(check->loaded, *check->batches));
  return check;
}

// --emit=bundle, --emit=c, --emit=web
Status check_looks(const CompileFlags& flags) {
  if (flags.check_passes || flags.remarks || !flags.html.empty() || flags.passes.time ||
      flags.passes.dump != DumpFlags{})
    return tl::unexpected(Error{"--emit=" + flags.emit,
                                "has no --check-passes, --remarks, --html, --time-passes or --print-ir-...",
                                "look at its functions with --emit=ir", ExitCode::kUsage});
  return {};
}

Result<ExitCode> emit_web(const CompileFlags& flags) {
  MINNOW_TRY(check_looks(flags));
  const BundleFlags& bundle = flags.bundle;
  if (!flags.function.empty() || !flags.triple.empty() || !flags.backend.cpu.empty() || !bundle.name.empty() ||
      bundle.optimize != BundleFlags().optimize || bundle.weights == "file")
    return tl::unexpected(Error{"--emit=web",
                                "has no --function, --name, --target, --cpu, --optimize or --weights=file",
                                "the page has what it needs, for WebAssembly", ExitCode::kUsage});
  MINNOW_ASSIGN(PassPlan plan, flags.passes.plan());
  const WebFlags web{.weights = bundle.names_weights() ? bundle.weights : "",
                     .file = flags.out,
                     .pipeline = std::move(plan.run),
                     .data = flags.data};
  MINNOW_TRY(write_web(flags.model, flags.backend, web));
  return ExitCode::kDone;
}

// --emit=c: what is made for one machine's code alone.
Status check_portable(const CompileFlags& flags) {
  if (!flags.triple.empty() || !flags.backend.cpu.empty() || flags.bundle.optimize != BundleFlags().optimize)
    return tl::unexpected(Error{"--emit=c", "has no --target, --cpu or --optimize",
                                "it is for any C compiler, which is told these when it compiles the file",
                                ExitCode::kUsage});
  return {};
}

Result<ExitCode> emit_bundle(const CompileFlags& flags) {
  MINNOW_TRY(check_looks(flags));
  if (flags.emit == "c") MINNOW_TRY(check_portable(flags));
  BundleFlags bundle = flags.bundle;
  bundle.as_c = flags.emit == "c";
  PassFlags passes = flags.passes;
  if (bundle.as_c && passes.passes == "default") passes.passes = c_passes();
  MINNOW_ASSIGN(PassPlan plan, passes.plan());
  bundle.pipeline = std::move(plan.run);
  bundle.functions = flags.function;
  bundle.folder = flags.out;
  bundle.triple = flags.triple;
  bundle.cpu = flags.backend.cpu;
  MINNOW_TRY(write_bundle(flags.model, flags.backend, bundle));
  return ExitCode::kDone;
}

Result<ExitCode> compile_command(const CompileFlags& flags) {
  if (flags.emit == "bundle" || flags.emit == "c") return emit_bundle(flags);
  if (flags.emit == "web") return emit_web(flags);
  MINNOW_ASSIGN(const PassPlan plan, flags.passes.plan());
  IrDump dump(flags.passes.dump);
  Remarks remarks;
  PassOptions options;
  options.observers = {&dump};
  if (flags.remarks) options.remarks = &remarks;
  StageRecorder recorder;
  if (!flags.html.empty()) options.observers.push_back(&recorder);
  std::unique_ptr<Check> check;
  const FunctionSource source{flags.model, flags.function, flags.backend.session_options().max_bytes};
  if (flags.check_passes) {
    MINNOW_ASSIGN(check, make_check(flags, source));
    options.observers.push_back(&*check->checker);
  }
  std::vector<PassRecord> records;
  MINNOW_ASSIGN(const auto function, source.build(flags.passes, plan, options, records));
  MINNOW_TRY(dump.write_code(*function, flags.triple, flags.backend.cpu));
  if (check) print_checked(*check->checker);
  if (flags.remarks) {
    MINNOW_TRY(remark_on_memory(*function, flags.triple, flags.backend.cpu, remarks));
    print_remarks(remarks);
    if (flags.backend.tune && flags.triple.empty()) MINNOW_TRY(print_tuned_kernels(flags, *function));
  }
  if (flags.passes.time) print_pass_times(records);
  if (!flags.html.empty()) {
    MINNOW_TRY(write_page(flags, *function, recorder));
    if (flags.out.empty()) return ExitCode::kDone;
  }
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
  app.add_option("--emit", flags->emit,
                 "ir, dot, svg, llvm, asm; bundle, an object to call from C; c, the same as C; or web, a page to "
                 "ask and train the network in")
      ->check(CLI::IsMember({"ir", "dot", "svg", "llvm", "asm", "bundle", "c", "web"}))
      ->capture_default_str();
  app.add_option(
         "--function", flags->function,
         "infer, evaluate, loss, generate of a network of a text, or train_step, which is the default; of IR text, any "
         "function, the first by default; of a bundle, several: infer,train_step; infer by default")
      ->type_name("NAME");
  flags->passes.add(app, "default");
  flags->data.add(app);
  app.add_flag("--check-passes", flags->check_passes,
               "interpret the program after every pass, on two batches of data; exits with 3 at the first that changes "
               "what it means");
  app.add_flag("--remarks", flags->remarks, "say what is fused, laid out and kept where, and why");
  app.add_option(
         "--html", flags->html,
         "write a page that shows every stage as text and graph, and the kernels; the output of --emit then goes "
         "only where -o says")
      ->type_name("FILE");
  app.add_option("--repeats", flags->repeats, "steps to time for --html; 0: no times")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("-o,--output", flags->out, "write here instead of stdout; the folder of a bundle")->type_name("FILE");
  app.add_option("--target", flags->triple, "another machine's LLVM triple")->type_name("TRIPLE");
  app.add_option("--name", flags->bundle.name, "what a bundle's files and functions are called")->type_name("NAME");
  app.add_option(
         "--weights", flags->bundle.weights,
         "where a bundle has them: embedded in the object, or in a file; or the file or run that it, or a page, "
         "has them from")
      ->type_name("embedded|file|FILE|DIR")
      ->capture_default_str();
  app.add_option("--optimize", flags->bundle.optimize, "a bundle's code for speed or size")
      ->check(CLI::IsMember({"speed", "size"}))
      ->capture_default_str();
  return [flags] { return compile_command(*flags); };
}

}  // namespace minnow
