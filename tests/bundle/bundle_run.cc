#include "tests/bundle/bundle_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "codegen/bundle/wasm_module.h"
#include "codegen/c_source/c_source.h"
#include "codegen/c_source/c_writer.h"
#include "passes/pipeline.h"
#include "proof/model_subject.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr std::string_view kDriver = R"(
#include "b.h"
#ifndef __wasm__
#include <string.h>
#else
void *memcpy(void *to, const void *from, size_t size) {{
  for (size_t i = 0; i < size; ++i) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}}
void *memset(void *to, int value, size_t size) {{
  for (size_t i = 0; i < size; ++i) ((volatile char *)to)[i] = (char)value;
  return to;
}}
#endif
unsigned char in[{in_bytes} + 1], out[{out_bytes} + 1];
static unsigned char room[B_MEMORY_SIZE + B_ALIGNMENT];
{buffers}
int run(void) {{
  unsigned char *memory = room + (B_ALIGNMENT - (uintptr_t)room % B_ALIGNMENT) % B_ALIGNMENT;
  const unsigned char *from = in;
  unsigned char *to = out;
  int error = b_init(memory);
  for (int step = 0; step < {steps} && error == 0; ++step) {{
{reads}    error = {call};
{writes}    memcpy(to, memory + 64, {tensors});
    to += {tensors};
  }}
  return error;
}}
#ifndef __wasm__
#include <stdio.h>
int main(void) {{
  FILE *file = fopen("in.bin", "rb");
  if (file == NULL || fread(in, 1, {in_bytes}, file) != {in_bytes}) return 100;
  fclose(file);
  int error = run();
  file = fopen("out.bin", "wb");
  if (file == NULL || fwrite(out, 1, {out_bytes}, file) != {out_bytes}) return 101;
  fclose(file);
  return error;
}}
#endif
)";

constexpr std::string_view kNodeRunner = R"(
const fs = require("fs");
WebAssembly.instantiate(fs.readFileSync(process.argv[2])).then(({ instance: { exports: e } }) => {
  const input = fs.readFileSync("in.bin");
  new Uint8Array(e.memory.buffer).set(input, e.in.value);
  const error = e.run();
  const end = e.out.value + Number(process.argv[3]);
  fs.writeFileSync("out.bin", new Uint8Array(e.memory.buffer.slice(e.out.value, end)));
  process.exit(error);
});
)";

// Calls a module as a page does. Of what is called, call.json tells.
constexpr std::string_view kModuleRunner = R"(
const fs = require("fs");
const { steps, entry, arguments: list, memory: bytes, tensors, stack, used } = JSON.parse(fs.readFileSync("call.json"));
const memory = new WebAssembly.Memory({ initial: 1024 });
const __stack_pointer = new WebAssembly.Global({ value: "i32", mutable: true }, stack);
WebAssembly.instantiate(fs.readFileSync("module.wasm"), { env: { __linear_memory: memory, __stack_pointer } }).then(({ instance: { exports: e } }) => {
  const all = new Uint8Array(memory.buffer), input = fs.readFileSync("in.bin"), output = [];
  let end = used + bytes, read = 0;
  const places = list.map(({ bytes }) => { const at = end; end += (bytes + 8 + 63) & ~63; return at; });
  let error = e.b_init(used);
  for (let step = 0; step < steps && error === 0; ++step) {
    list.forEach(({ kind, bytes }, i) => {
      if (kind === "in") all.set(input.subarray(read, read += bytes), places[i]);
    });
    error = e["b_" + entry](used, ...list.map(({ kind, rate }, i) => kind === "rate" ? rate : places[i]));
    list.forEach(({ kind, bytes }, i) => { if (kind === "out") output.push(all.slice(places[i], places[i] + bytes)); });
    output.push(all.slice(used + 64, used + 64 + tensors));
  }
  fs.writeFileSync("out.bin", Buffer.concat(output));
  process.exit(error);
});
)";

using Kind = EntryArgument::Kind;

std::string_view bytes_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), static_cast<size_t>(tensor.type().bytes())};
}

float learning_rate_of(const proof::Subject& subject) {
  const Value* rate = subject.function->find_parameter("learning_rate");
  return rate == nullptr ? 0 : subject.arguments[static_cast<size_t>(rate->index)].as<float>()[0];
}

struct Driver {
  std::string text;
  int64_t in_bytes = 0, out_bytes = 0;
};

Driver driver_of(const proof::Subject& subject, const BundleLayout& layout) {
  const BundleEntry& entry = layout.entries[0];
  const int64_t tensors = layout.work_offset - BundleHeader::kBytes;
  std::string buffers, reads, writes;
  std::vector<std::string> values = {"memory"};
  int64_t in = 0, out = tensors;
  for (const EntryArgument& argument : entry.arguments) {
    const std::string name = "argument_" + argument.name;
    const int64_t bytes = argument.type.bytes();
    values.push_back(argument.kind == Kind::kLearningRate ? fmt::format("{:a}f", learning_rate_of(subject)) : name);
    if (argument.kind == Kind::kLearningRate) continue;
    // Aligned as the type needs, and no better.
    buffers += fmt::format("static {0} room_{1}[{2}], *const {1} = room_{1} + 1;\n", c_type(argument.type.dtype), name,
                           argument.type.elements() + 1);
    const bool is_read = argument.kind == Kind::kInput;
    (is_read ? in : out) += bytes;
    (is_read ? reads : writes) += is_read
                                      ? fmt::format("    memcpy({}, from, {});\n    from += {};\n", name, bytes, bytes)
                                      : fmt::format("    memcpy(to, {}, {});\n    to += {};\n", name, bytes, bytes);
  }
  in *= subject.steps;
  out *= subject.steps;
  const std::string call = fmt::format("b_{}({})", entry.name, fmt::join(values, ", "));
  return {fmt::format(fmt::runtime(kDriver), fmt::arg("in_bytes", in), fmt::arg("out_bytes", out),
                      fmt::arg("buffers", buffers), fmt::arg("steps", subject.steps), fmt::arg("reads", reads),
                      fmt::arg("call", call), fmt::arg("writes", writes), fmt::arg("tensors", tensors)),
          in, out};
}

std::string call_of(const proof::Subject& subject, const BundleLayout& layout, const WasmModule& module) {
  const BundleEntry& entry = layout.entries[0];
  nlohmann::json list = nlohmann::json::array();
  for (const EntryArgument& argument : entry.arguments) {
    const bool is_rate = argument.kind == Kind::kLearningRate;
    list.push_back({{"kind", is_rate                         ? "rate"
                             : argument.kind == Kind::kInput ? "in"
                                                             : "out"},
                    {"bytes", argument.type.bytes()},
                    {"rate", is_rate ? learning_rate_of(subject) : 0}});
  }
  return nlohmann::json{{"steps", subject.steps},
                        {"entry", entry.name},
                        {"arguments", list},
                        {"memory", layout.memory_bytes},
                        {"tensors", layout.work_offset - BundleHeader::kBytes},
                        {"stack", module.stack_bytes},
                        {"used", module.used_bytes}}
      .dump();
}

// The inputs of all steps, one behind the other.
std::string inputs_of(const proof::Subject& subject, const BundleEntry& entry) {
  std::string bytes;
  std::vector<Tensor> arguments;
  for (const Tensor& argument : subject.arguments) arguments.push_back(argument.clone());
  for (int step = 0; step < subject.steps; ++step) {
    if (subject.feed) subject.feed(step, arguments);
    for (const EntryArgument& argument : entry.arguments)
      if (argument.kind == Kind::kInput) bytes += bytes_of(arguments[static_cast<size_t>(argument.index)]);
  }
  return bytes;
}

// Reads tensors from what the driver wrote.
class Results {
 public:
  explicit Results(const std::string& bytes) : bytes_(bytes) {}

  Tensor read(const TensorType& type, int64_t at) const {
    Tensor tensor = Tensor::zeros(type);
    MINNOW_CHECK(at + type.bytes() <= std::ssize(bytes_), "the driver wrote too little");
    std::memcpy(tensor.data(), bytes_.data() + at, static_cast<size_t>(type.bytes()));
    return tensor;
  }

 private:
  const std::string& bytes_;
};

proof::Trace trace_of(const std::string& bytes, int steps, const BundleLayout& layout) {
  const BundleEntry& entry = layout.entries[0];
  const auto& results = entry.function->results();
  const Results written(bytes);
  proof::Trace trace;
  int64_t at = 0;
  for (int step = 0; step < steps; ++step) {
    std::vector<Tensor>& found = trace.emplace_back(results.size());
    for (const EntryArgument& argument : entry.arguments) {
      if (argument.kind != Kind::kOutput && argument.kind != Kind::kLoss) continue;
      found[static_cast<size_t>(argument.index)] = written.read(argument.type, at);
      at += argument.type.bytes();
    }
    for (size_t i = 0; i < results.size(); ++i)
      if (const Value* parameter = entry.function->replaced_parameter(results[i])) {
        const BundleTensor* tensor = layout.find(parameter->name);
        found[i] = written.read(tensor->type, at + tensor->offset - BundleHeader::kBytes);
      }
    at += layout.work_offset - BundleHeader::kBytes;
  }
  return trace;
}

Status run_module(const TemporaryFolder& folder, const proof::Subject& subject, const Bundle& bundle) {
  MINNOW_ASSIGN(const WasmModule module, link_wasm(bundle.files[0].second));
  folder.write("module.wasm", module.bytes);
  folder.write("call.json", call_of(subject, bundle.layout, module));
  folder.write("run.js", std::string(kModuleRunner));
  run_in(folder.path(), "node run.js");
  return {};
}

void build_and_run(const TemporaryFolder& folder, const BundleTarget& target, int64_t out_bytes) {
  const char* optimization = target.is_wasm ? "-O1" : "-O1 -std=c99 -Wall -Wextra -pedantic -Werror";
  run_in(folder.path(), fmt::format("{} {} -o program driver.c {}", target.compiler, optimization,
                                    "$(ls b.o 2>/dev/null || echo b.c)"));
  const std::string program = target.is_wasm ? fmt::format("program {}", out_bytes) : "./program";
  run_in(folder.path(), target.runner + " " + program);
}

}  // namespace

void keep_told_results(Function& function) {
  std::erase_if(function.results(), [&](const FunctionResult& result) {
    return function.name() == "train_step" && result.name != "loss" && function.replaced_parameter(result) == nullptr;
  });
}

void write_files(const TemporaryFolder& folder, const Bundle& bundle) {
  for (const auto& [name, bytes] : bundle.files) folder.write(name, bytes);
}

proof::Subject subject_of(const LoadedModel& model, std::string_view function, int steps) {
  auto built = expect(build_function(model, function, {{model.model.training().batch_size()}, {}, {}}));
  keep_told_results(*built);
  return expect(proof::model_subject(model, std::move(built), steps, nullptr));
}

Result<proof::Trace> trace_bundle(const proof::Subject& subject, const BundleTarget& target, BundleOptions options) {
  auto function = subject.function->clone();
  std::vector<Pass> pipeline = default_pipeline();
  if (target.is_c) {
    MINNOW_ASSIGN(pipeline, parse_pipeline(c_passes()));
  }
  MINNOW_ASSIGN(const auto records, run_passes(*function, pipeline, {}));
  options.name = "b";
  options.triple = target.triple;
  options.cpu = target.cpu;
  for (const auto& parameter : subject.function->parameters()) {
    const Tensor& argument = subject.arguments[static_cast<size_t>(parameter->index)];
    if (parameter->role == Role::kWeight || parameter->role == Role::kState)
      options.tensors[parameter->name] = {argument.data(), static_cast<size_t>(argument.type().bytes())};
    if (parameter->name == "seed") options.seed = argument.as<int32_t>()[0];
  }
  const Function* const functions[] = {function.get()};
  MINNOW_ASSIGN(const Bundle bundle, target.is_c ? make_c_bundle(functions, options) : make_bundle(functions, options));
  const TemporaryFolder folder;
  write_files(folder, bundle);
  const Driver driver = driver_of(subject, bundle.layout);
  folder.write("driver.c", driver.text);
  folder.write("run.js", std::string(kNodeRunner));
  folder.write("in.bin", inputs_of(subject, bundle.layout.entries[0]));
  if (target.is_module) {
    MINNOW_TRY(run_module(folder, subject, bundle));
  } else {
    build_and_run(folder, target, driver.out_bytes);
  }
  MINNOW_ASSIGN(const std::string out, read_file(folder.path() + "/out.bin"));
  return trace_of(out, subject.steps, bundle.layout);
}

}  // namespace minnow
