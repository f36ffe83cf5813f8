// Graphs of .onnx files: what import_graph accepts, the verifier accepts, too.
#include "frontend/onnx/import_graph.h"
#include "ir/verify.h"
#include "tests/fuzz/targets/targets.h"

namespace minnow::testing {

void fuzz_onnx(std::string_view bytes) {
  constexpr int64_t kMostBytes = int64_t{1} << 26;
  const auto file = OnnxFile::parse(bytes, "fuzz.onnx");
  if (!file) return;
  const auto inputs = graph_inputs(**file, {.batch = 2});
  if (!inputs) return;
  for (const bool is_training : {false, true}) {
    Function function("infer");
    std::map<std::string, Value*> values;
    for (const GraphInput& input : *inputs) values[input.name] = function.add_parameter(input.name, input.type);
    std::vector<std::string> outputs;
    for (const auto& output : (*file)->graph().output()) outputs.push_back(output.name());
    const ImportOptions options{.is_training = is_training, .max_bytes = kMostBytes, .known_inputs = {}};
    const auto graph = import_graph(**file, outputs, values, options, function);
    if (!graph) continue;
    for (Value* output : graph->outputs) function.add_result("", output);
    const Status status = verify(function);
    MINNOW_CHECK(status.has_value(), "{}", status.error().to_string());
  }
}

}  // namespace minnow::testing
