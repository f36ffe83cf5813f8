#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "frontend/lower/lower_graph.h"
#include "frontend/onnx/import_graph.h"
#include "frontend/onnx/onnx_file.h"
#include "interpreter/element_type.h"
#include "ir/printable.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "runtime/data/npy.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/flags/argument.h"
#include "tools/flags/ir_file.h"
#include "tools/flags/onnx_tensor.h"

namespace minnow {
namespace {

struct RunFlags {
  ModelFlags model;
  std::string function;
  std::string passes;
  std::vector<std::string> inputs;
  std::string out;
  std::string precision = "f32";
  BackendFlags backend;
};

constexpr size_t kShown = 64;

void print_tensor(const std::string& name, const Tensor& tensor) {
  const DType dtype = tensor.type().dtype;
  fmt::print("{}: {} =", name, tensor.type().to_string());
  with_type(dtype, [&]<typename T>(T) {
    const auto values = tensor.as<T>();
    for (const T value : values.first(std::min(kShown, values.size())))
      fmt::print(" {}", element_text(static_cast<double>(value), dtype));
    fmt::print("{}\n", values.size() > kShown ? " ..." : "");
  });
}

void print_strings(const std::string& name, const HostTensor& strings) {
  fmt::print("{}: string{} =", name, shape_to_string(strings.shape));
  for (size_t i = 0; i < std::min(kShown, strings.size()); ++i) fmt::print(" \"{}\"", printable(*strings.string(i)));
  fmt::print("{}\n", strings.size() > kShown ? " ..." : "");
}

ReadFor purpose_of(const RunFlags& flags) {
  return flags.backend.backend == "interpreter" ? ReadFor::kInterpreting : ReadFor::kCompiling;
}

// What is to be run, and the weights and states that it has by itself.
struct Runnable {
  std::unique_ptr<Function> function;
  std::map<std::string, std::vector<float>> held;
  // Which are no parameters and no results.
  std::set<std::string> strings_given = {};
  NamedStrings strings = {};
};

Result<Runnable> read_text(const RunFlags& flags) {
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.model.path, purpose_of(flags)));
  MINNOW_ASSIGN(const Function* const found, choose_function(*module, flags.model.path, flags.function));
  return Runnable{.function = found->clone(), .held = {}};
}

// Inputs that are files may decide about shapes, and are read before anything is imported.
Result<std::map<std::string, KnownTensor>> known_inputs(const RunFlags& flags) {
  std::map<std::string, KnownTensor> known;
  for (const std::string& given : flags.inputs) {
    const size_t equals = given.find("=@");
    if (equals == std::string::npos) continue;
    MINNOW_ASSIGN(HostTensor tensor, read_host_tensor(given.substr(equals + 2)));
    known[given.substr(0, equals)] = std::make_shared<const HostTensor>(std::move(tensor));
  }
  return known;
}

// Of a graph that leaves it open, unless it is said, how many examples the first array for an input with a batch holds.
int64_t batch_size(const RunFlags& flags, const LoadedModel& loaded, const std::map<std::string, KnownTensor>& known) {
  const bool is_said = std::ranges::any_of(flags.model.assignments, [](const std::string& assignment) {
    return assignment.starts_with("training.batch_size=");
  });
  if (!is_said)
    for (const onnx::ValueInfoProto* input : loaded.graph->inputs())
      if (const auto array = known.find(input->name());
          has_open_batch(*input) && array != known.end() && !array->second->shape.empty())
        return array->second->shape[0];
  return loaded.model.training().batch_size();
}

Result<Runnable> read_graph(const RunFlags& flags) {
  if (!flags.function.empty() && flags.function != "infer")
    return fail(flags.model.path, "there is no function @{}: the graph is @infer", flags.function);
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  MINNOW_ASSIGN(const auto known, known_inputs(flags));
  const LowerOptions options{batch_size(flags, loaded, known), flags.backend.session_options().max_bytes};
  LoweredModel lowered;
  Runnable runnable;
  MINNOW_ASSIGN(runnable.function, graph_function(loaded, options, known, &lowered, &runnable.strings));
  for (const auto& [name, tensor] : known)
    if (tensor->is_strings() && runnable.function->find_parameter(name) == nullptr) runnable.strings_given.insert(name);
  const auto seed = static_cast<uint32_t>(loaded.model.training().seed());
  for (const WeightInfo& weight : lowered.weights)
    runnable.held[weight.name] = initialize_weight(weight.init, weight.name, weight.shape, seed);
  for (const StateInfo& state : lowered.states) runnable.held[state.name] = state.initial_values();
  return runnable;
}

// After the passes, and no larger than is allowed. Text runs as it stands, a graph as models do.
Result<Runnable> read_runnable(const RunFlags& flags) {
  const bool is_graph = is_onnx_file(flags.model.path);
  MINNOW_ASSIGN(Runnable runnable, is_graph ? read_graph(flags) : read_text(flags));
  std::vector<Pass> pipeline = default_pipeline();
  if (!is_graph || purpose_of(flags) == ReadFor::kInterpreting || !flags.passes.empty()) {
    MINNOW_ASSIGN(pipeline, parse_pipeline(flags.passes));
  }
  MINNOW_TRY(run_passes(*runnable.function, pipeline));
  const int64_t max_bytes = flags.backend.session_options().max_bytes;
  MINNOW_TRY(check_memory(flags.model.path, *runnable.function, max_bytes, purpose_of(flags)));
  return runnable;
}

// --precision
Result<Precision> precision_of(const RunFlags& flags) {
  if (flags.precision == "f32") return Precision::kDeclared;
  if (purpose_of(flags) == ReadFor::kInterpreting) return Precision::kF64;
  return tl::unexpected(Error{"--precision f64", "is for the interpreter: compiled code computes in f32",
                              "add --backend interpreter", ExitCode::kUsage});
}

Result<ExitCode> run_command(const RunFlags& flags) {
  MINNOW_ASSIGN(const Precision precision, precision_of(flags));
  MINNOW_ASSIGN(Runnable runnable, read_runnable(flags));
  auto& function = runnable.function;
  Arguments arguments(*function, precision);
  for (const auto& [name, values] : runnable.held) arguments.hold(name, values);
  for (const std::string& given : flags.inputs)
    if (!runnable.strings_given.contains(given.substr(0, given.find('=')))) MINNOW_TRY(arguments.give(given));

  ThreadPool pool(flags.backend.thread_count());
  std::unique_ptr<Executable> executable;
  if (purpose_of(flags) == ReadFor::kInterpreting) {
    executable = make_interpreted(std::move(function), nullptr, precision);
  } else {
    MINNOW_ASSIGN(executable, make_compiled(std::move(function), pool, flags.backend.session_options().code));
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
  for (const auto& [name, strings] : runnable.strings) {
    print_strings(printable(name), *strings);
    if (flags.out.empty()) continue;
    MINNOW_TRY(write_strings(fmt::format("{}/{}.pb", flags.out, name_apart(fit_for_files(name), files)), *strings));
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_run(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  app.add_option("file", flags->model.path, "IR text, or a graph of ONNX")->required()->type_name("FILE.ir|FILE.onnx");
  flags->model.add_shorthand(
      app, "--batch-size", "training.batch_size",
      "of an .onnx file that leaves it open; by default what the first array given for such an input has, or 1");
  app.add_option("--function", flags->function, "which function; the first by default")->type_name("NAME");
  app.add_option("--passes", flags->passes, "passes to run first, such as cse,fuse")->type_name("LIST");
  app.add_option(
         "--input", flags->inputs,
         "NAME=@FILE.npy, NAME=@FILE.npz:MEMBER, NAME=@FILE.pb of ONNX, NAME=- from stdin, or NAME=NUMBER; zeros by "
         "default, as are the weights of IR text: a trained network is asked by minnow predict")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  app.add_option("--out", flags->out, "write each result as NAME.npy, or NAME.pb of strings, into this folder")
      ->type_name("DIR");
  app.add_option("--precision", flags->precision,
                 "f64: the interpreter holds and computes in double what is f32, results are f64")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->capture_default_str();
  flags->backend.add(app);
  return [flags] { return run_command(*flags); };
}

}  // namespace minnow
