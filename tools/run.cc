#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <utility>

#include "frontend/lower/lower_graph.h"
#include "frontend/onnx/onnx_file.h"
#include "interpreter/element_type.h"
#include "ir/printable.h"
#include "passes/pass_runner.h"
#include "passes/pipeline.h"
#include "runtime/data/npy.h"
#include "runtime/file.h"
#include "tools/command.h"
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
  BackendFlags backend;
};

// What whole numbers of a type lie between.
std::pair<double, double> limits_of(DType dtype) {
  switch (dtype) {
    case DType::kI32: return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case DType::kU8: return {0, std::numeric_limits<uint8_t>::max()};
    default: return {0, 1};
  }
}

// The number as an element of the type. One that the type does not hold is refused, but f32 may round.
Result<double> number_of_type(const std::string& text, DType dtype, const std::string& where) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return fail(where, "\"{}\" is not a number", text);
  if (is_float(dtype)) {
    const bool says_infinite = text.find_first_of("nN") != std::string::npos;  // as nan has, too
    const double held = dtype == DType::kF32 ? static_cast<double>(static_cast<float>(number)) : number;
    if (!says_infinite && !std::isfinite(held))
      return fail(where, "{} is beyond what {} holds", text, dtype_name(dtype));
    return number;
  }
  const auto [least, greatest] = limits_of(dtype);
  if (number >= least && number <= greatest && number == std::floor(number)) return number;
  return fail(where, "{} is no {}, which holds whole numbers from {} to {}", text, dtype_name(dtype), least, greatest);
}

// A file of numbers: .npy, or a TensorProto of ONNX, .pb.
Result<HostTensor> read_tensor_file(const std::string& path) {
  if (path.ends_with(".pb")) return read_onnx_tensor(path);
  MINNOW_ASSIGN(const Tensor tensor, read_npy(path));
  return host_tensor_of(tensor);
}

// "x=@x.npy" reads a file, "x=0.5" fills the parameter with one value. `named` are the parameters given before.
Status read_input(const Function& function, const std::string& given, std::set<std::string>& named,
                  std::vector<Tensor>& arguments) {
  const size_t equals = given.find('=');
  if (equals == std::string::npos) return fail("--input " + given, "is not NAME=VALUE or NAME=@FILE.npy");
  const std::string name = given.substr(0, equals);
  const std::string value = given.substr(equals + 1);
  const Value* parameter = function.find_parameter(name);
  if (!parameter) {
    std::vector<std::string> names;
    for (const auto& known : function.parameters()) names.push_back(known->name);
    const std::string nearest = nearest_name(name, names);
    return fail_with_hint("--input " + given, fmt::format("@{} has no parameter \"{}\"", function.name(), name),
                          nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
  }
  if (!named.insert(name).second) return fail("--input " + given, "\"{}\" has a value already", name);
  Tensor& argument = arguments[static_cast<size_t>(parameter->index)];
  if (value.ends_with(".pb") && value.starts_with('@')) {
    MINNOW_ASSIGN(const HostTensor host, read_onnx_tensor(value.substr(1)));
    MINNOW_ASSIGN(argument, tensor_of(host, parameter->type.dtype, value.substr(1)));
    return {};
  }
  if (value.starts_with('@')) {
    MINNOW_ASSIGN(argument, read_npy(value.substr(1)));
    return {};
  }
  MINNOW_ASSIGN(const double number, number_of_type(value, parameter->type.dtype, "--input " + given));
  with_type(parameter->type.dtype, [&]<typename T>(T) { std::ranges::fill(argument.as<T>(), static_cast<T>(number)); });
  return {};
}

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

// What is to be run, and the arguments that it has by itself, else zeros.
struct Runnable {
  std::unique_ptr<Function> function;
  std::vector<Tensor> arguments;
};

Result<Runnable> read_text(const RunFlags& flags) {
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.model.path, purpose_of(flags)));
  MINNOW_ASSIGN(const Function* const found, choose_function(*module, flags.model.path, flags.function));
  Runnable runnable{found->clone(), {}};
  for (const auto& parameter : runnable.function->parameters())
    runnable.arguments.push_back(Tensor::zeros(parameter->type));
  return runnable;
}

// Inputs that are files may decide about shapes, and are read before anything is imported.
Result<std::map<std::string, KnownTensor>> known_inputs(const RunFlags& flags) {
  std::map<std::string, KnownTensor> known;
  for (const std::string& given : flags.inputs) {
    const size_t equals = given.find("=@");
    if (equals == std::string::npos) continue;
    MINNOW_ASSIGN(HostTensor tensor, read_tensor_file(given.substr(equals + 2)));
    known[given.substr(0, equals)] = std::make_shared<const HostTensor>(std::move(tensor));
  }
  return known;
}

Result<Runnable> read_graph(const RunFlags& flags) {
  if (!flags.function.empty() && flags.function != "infer")
    return fail(flags.model.path, "there is no function @{}: the graph is @infer", flags.function);
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  MINNOW_ASSIGN(const auto known, known_inputs(flags));
  const LowerOptions options{loaded.model.training().batch_size(), flags.backend.session_options().max_bytes};
  LoweredModel lowered;
  Runnable runnable;
  MINNOW_ASSIGN(runnable.function, graph_function(loaded, options, known, &lowered));
  const auto seed = static_cast<uint32_t>(loaded.model.training().seed());
  std::map<std::string, std::vector<float>> values;
  for (const WeightInfo& weight : lowered.weights)
    values[weight.name] = initialize_weight(weight.init, weight.name, weight.shape, seed);
  for (const StateInfo& state : lowered.states) values[state.name] = state.initial_values();
  for (const auto& parameter : runnable.function->parameters()) {
    const auto held = values.find(parameter->name);
    runnable.arguments.push_back(held == values.end()
                                     ? Tensor::zeros(parameter->type)
                                     : Tensor::from<float>(parameter->type, std::span<const float>(held->second)));
  }
  return runnable;
}

// After the passes, and no larger than is allowed.
Result<Runnable> read_runnable(const RunFlags& flags) {
  MINNOW_ASSIGN(Runnable runnable, is_onnx_file(flags.model.path) ? read_graph(flags) : read_text(flags));
  // Text runs as it stands, a graph as models do.
  const bool is_compiled_graph = is_onnx_file(flags.model.path) && purpose_of(flags) == ReadFor::kCompiling;
  std::vector<Pass> pipeline = default_pipeline();
  if (!is_compiled_graph || !flags.passes.empty()) {
    MINNOW_ASSIGN(pipeline, parse_pipeline(flags.passes));
  }
  MINNOW_TRY(run_passes(*runnable.function, pipeline));
  MINNOW_TRY(
      check_memory(flags.model.path, *runnable.function, flags.backend.session_options().max_bytes, purpose_of(flags)));
  return runnable;
}

Result<ExitCode> run_command(const RunFlags& flags) {
  MINNOW_ASSIGN(Runnable runnable, read_runnable(flags));
  auto& [function, arguments] = runnable;
  std::set<std::string> named;
  for (const std::string& given : flags.inputs) MINNOW_TRY(read_input(*function, given, named, arguments));

  ThreadPool pool(flags.backend.thread_count());
  std::unique_ptr<Executable> executable;
  if (purpose_of(flags) == ReadFor::kInterpreting) {
    executable = make_interpreted(std::move(function));
  } else {
    MINNOW_ASSIGN(executable, make_compiled(std::move(function), pool));
  }
  std::vector<Tensor*> pointers;
  for (Tensor& argument : arguments) pointers.push_back(&argument);
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
  app.add_option("file", flags->model.path, "IR text, or a graph of ONNX")->required()->type_name("FILE.ir|FILE.onnx");
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size",
                             "of an .onnx file that leaves it open; 1 by default");
  app.add_option("--function", flags->function, "which function; the first by default")->type_name("NAME");
  app.add_option("--passes", flags->passes, "passes to run first, such as cse,fuse")->type_name("LIST");
  app.add_option("--input", flags->inputs, "NAME=@FILE.npy, NAME=@FILE.pb of ONNX, or NAME=NUMBER; zeros by default")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  app.add_option("--out", flags->out, "write each result as NAME.npy into this folder")->type_name("DIR");
  flags->backend.add(app);
  return [flags] { return run_command(*flags); };
}

}  // namespace minnow
