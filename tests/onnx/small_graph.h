// Graphs of a few nodes, written as protobuf text, and what they give.
#pragma once

#include <string>
#include <vector>

#include "frontend/onnx/import_graph.h"
#include "interpreter/tensor.h"

namespace minnow::onnx_tests {

struct SmallInput {
  std::string name;
  TensorType type;
  std::vector<double> values;
};

// A model of these nodes, "op_type: \"Relu\" input: \"x\" output: \"y\"" each, with an input for each of `inputs`, one
// output "y", and what else of a GraphProto `more` says.
onnx::ModelProto small_model(const std::vector<std::string>& nodes, const std::vector<SmallInput>& inputs,
                             int64_t version = 22, const std::string& more = "");

// What "y" is, by the interpreter. `known` inputs may decide about shapes.
Result<Tensor> run_model(const onnx::ModelProto& model, const std::vector<SmallInput>& inputs);

// What a function of these inputs alone gives first.
std::vector<double> results_of(const Function& function, const std::vector<SmallInput>& inputs);

// The elements, or the error's message.
struct Answer {
  std::string error;
  Shape shape;
  std::vector<double> values;
};
Answer answer(const std::vector<std::string>& nodes, const std::vector<SmallInput>& inputs, int64_t version = 22,
              const std::string& more = "");
// No error, this shape, and these elements but for what f32 rounds.
void expect(const Answer& answer, const Shape& shape, const std::vector<double>& values);
// An input "x" of f32, in a row.
SmallInput x4(std::vector<double> values);

}  // namespace minnow::onnx_tests
