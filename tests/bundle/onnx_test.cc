// The graph of an .onnx file as a bundle: what it predicts, and what it learns with a loss around it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "frontend/load/load_experiment.h"
#include "proof/compare.h"
#include "tests/bundle/bundle_run.h"

namespace minnow {
namespace {

constexpr char kGraph[] = MINNOW_SOURCE_DIR "/models/onnx/glyphs.onnx";

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
  const LoadedModel model = expect(read_experiment(kGraph, {"training.batch_size=1"}));
  expect_agreement(subject_of(model, "infer", 2));
}

TEST(OnnxBundles, LearnLikeTheInterpreter) {
  const TemporaryFolder folder;
  folder.write("m.textproto", fmt::format("network {{ onnx: \"{}\" }}\nloss {{ softmax_cross_entropy {{}} }}\n"
                                          "training {{ batch_size: 3 adam {{}} learning_rate: 0.001 }}\n",
                                          kGraph));
  const LoadedModel model = expect(read_experiment(folder.path() + "/m.textproto", {}));
  expect_agreement(subject_of(model, "train_step", 10));
}

}  // namespace
}  // namespace minnow
