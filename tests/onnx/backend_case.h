// One case of ONNX's backend tests: a model, and what it makes of inputs.
#pragma once

#include <string>

#include "ir/error.h"

namespace minnow::onnx_tests {

// kPass; kRefused, by an Error; kWrong, where an answer is another one.
enum class Verdict { kPass, kRefused, kWrong };

struct CaseResult {
  Verdict verdict = Verdict::kPass;
  std::string detail;  // the refusal, or the first element that differs
};

enum class Way { kInterpreted, kCompiled };

// `folder` holds model.onnx and test_data_set_N with input_I.pb and output_I.pb.
CaseResult run_case(const std::string& folder, Way way);

// A network of known architecture whose weights are constants, light/light_NAME.onnx, with its one output beside it in
// light_NAME_output_0.pb. Its input is 0 to n - 1 over n.
CaseResult run_light_case(const std::string& model, Way way);

}  // namespace minnow::onnx_tests
