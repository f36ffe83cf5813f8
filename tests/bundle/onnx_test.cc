// The graph of an .onnx file as a bundle: what it predicts, and what it learns with a loss around it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "frontend/load/load_experiment.h"
#include "proof/compare.h"
#include "proof/model_subject.h"
#include "runtime/session.h"
#include "tests/bundle/bundle_run.h"

namespace minnow {
namespace {

constexpr char kGraph[] = MINNOW_SOURCE_DIR "/models/onnx/glyphs.onnx";

template <typename T>
T expect(Result<T> result) {
  MINNOW_CHECK(result, "{}", result.error().to_string());
  return *std::move(result);
}

proof::Subject subject_of(const LoadedModel& model, const std::string& name, int64_t batch_size, int steps) {
  auto function = expect(build_function(model, name, {{batch_size}, {}, {}}));
  keep_told_results(*function);
  return expect(proof::model_subject(model, std::move(function), steps, nullptr));
}

// As C and as machine code, for several machines.
void expect_agreement(const proof::Subject& subject) {
  const auto reference = expect(proof::Reference::create(subject));
  for (const char* name : {"host", "cortex_m4f", "module", "c_gcc"}) {
    const BundleTarget& target = bundle_target(name);
    if (!target.missing().empty()) continue;
    const proof::Trace trace = expect(trace_bundle(subject, target, {}));
    for (const proof::Comparison& comparison : expect(compare(subject, reference, trace, name)))
      EXPECT_TRUE(comparison.agrees) << comparison.to_string();
  }
}

TEST(OnnxBundles, PredictLikeTheInterpreter) {
  const LoadedModel model = expect(read_experiment(kGraph, {}));
  expect_agreement(subject_of(model, "infer", 1, 2));
}

TEST(OnnxBundles, LearnLikeTheInterpreter) {
  const TemporaryFolder folder;
  folder.write("m.textproto", fmt::format("network {{ onnx: \"{}\" }}\nloss {{ softmax_cross_entropy {{}} }}\n"
                                          "training {{ batch_size: 3 adam {{}} learning_rate: 0.001 }}\n",
                                          kGraph));
  const LoadedModel model = expect(read_experiment(folder.path() + "/m.textproto", {}));
  expect_agreement(subject_of(model, "train_step", 3, 10));
}

}  // namespace
}  // namespace minnow
