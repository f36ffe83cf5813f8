#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "interpreter/element_type.h"
#include "ir/printable.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "runtime/data/npy.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/flags/argument.h"
#include "tools/flags/ir_file.h"

namespace minnow {
namespace {

struct RunFlags {
  std::string file;
  std::string function;
  std::string passes;
  std::vector<std::string> inputs;
  std::string out;
  BackendFlags backend;
};

void print_tensor(const std::string& name, const Tensor& tensor) {
  constexpr size_t kShown = 64;
  const DType dtype = tensor.type().dtype;
  fmt::print("{}: {} =", name, tensor.type().to_string());
  with_type(dtype, [&]<typename T>(T) {
    const auto values = tensor.as<T>();
    for (const T value : values.first(std::min(kShown, values.size())))
      fmt::print(" {}", element_text(static_cast<double>(value), dtype));
    fmt::print("{}\n", values.size() > kShown ? " ..." : "");
  });
}

ReadFor purpose_of(const RunFlags& flags) {
  return flags.backend.backend == "interpreter" ? ReadFor::kInterpreting : ReadFor::kCompiling;
}

// What is to be run: after the passes, and no larger than is allowed.
Result<std::unique_ptr<Function>> read_function(const RunFlags& flags) {
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.file, purpose_of(flags)));
  MINNOW_ASSIGN(const Function* const found, choose_function(*module, flags.file, flags.function));
  auto function = found->clone();
  MINNOW_ASSIGN(const auto pipeline, parse_pipeline(flags.passes));
  MINNOW_TRY(run_passes(*function, pipeline));
  MINNOW_TRY(check_memory(flags.file, *function, flags.backend.session_options().max_bytes, purpose_of(flags)));
  return function;
}

Result<ExitCode> run_command(const RunFlags& flags) {
  MINNOW_ASSIGN(auto function, read_function(flags));
  Arguments arguments(*function);
  for (const std::string& given : flags.inputs) MINNOW_TRY(arguments.give(given));

  ThreadPool pool(flags.backend.thread_count());
  std::unique_ptr<Executable> executable;
  if (purpose_of(flags) == ReadFor::kInterpreting) {
    executable = make_interpreted(std::move(function));
  } else {
    MINNOW_ASSIGN(executable, make_compiled(std::move(function), pool));
  }
  const std::vector<Tensor*> pointers = arguments.pointers();
  MINNOW_TRY(executable->run(pointers));
  const std::vector<FunctionResult>& results = executable->function().results();
  if (!flags.out.empty()) MINNOW_TRY(make_folder(flags.out));
  std::set<std::string> files;
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor& value = executable->result(i, pointers);
    const std::string name = results[i].name.empty() ? fmt::format("result {}", i) : printable(results[i].name);
    print_tensor(name, value);
    if (flags.out.empty()) continue;
    MINNOW_TRY(write_npy(fmt::format("{}/{}.npy", flags.out, name_apart(fit_for_files(name), files)), value));
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_run(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  app.add_option("file", flags->file, "IR text")->required()->type_name("FILE.ir");
  app.add_option("--function", flags->function, "which function; the first by default")->type_name("NAME");
  app.add_option("--passes", flags->passes, "passes to run first, such as cse,fuse")->type_name("LIST");
  app.add_option("--input", flags->inputs,
                 "NAME=@FILE.npy, NAME=@FILE.npz:MEMBER, NAME=- from stdin, or NAME=NUMBER; zeros by default")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  app.add_option("--out", flags->out, "write each result as NAME.npy into this folder")->type_name("DIR");
  flags->backend.add(app);
  return [flags] { return run_command(*flags); };
}

}  // namespace minnow
