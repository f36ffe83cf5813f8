// Bundles for every machine, linked and run there: what they predict, and ten steps of training, held against the
// interpreter.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "frontend/load/load_experiment.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/compare.h"
#include "proof/model_subject.h"
#include "runtime/session.h"
#include "tests/bundle/bundle_run.h"

namespace minnow {
namespace {

constexpr char kModels[] = MINNOW_SOURCE_DIR "/models/";

LoadedModel read_model(const std::string& name, int64_t batch_size) {
  return expect(read_experiment(kModels + name + ".textproto", {fmt::format("training.batch_size={}", batch_size)}));
}

// Of the interpreter.
void expect_agreement(const proof::Subject& subject, const proof::Trace& trace, const std::string& way) {
  const auto reference = expect(proof::Reference::create(subject));
  for (const proof::Comparison& comparison : expect(compare(subject, reference, trace, way)))
    EXPECT_TRUE(comparison.agrees) << comparison.to_string();
}

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const BundleTarget& target : bundle_targets()) names.push_back(target.name);
  return names;
}

using Case = std::tuple<std::string, std::string>;  // target, model

class Bundles : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const std::string missing = target().missing();
    if (!missing.empty()) GTEST_SKIP() << "there is no " << missing;
    if (target().name == "x86_64_v4" && !__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "no AVX-512 here";
  }
  static const BundleTarget& target() { return bundle_target(std::get<0>(GetParam())); }
  static LoadedModel model(int64_t batch_size) { return read_model(std::get<1>(GetParam()), batch_size); }
};

TEST_P(Bundles, PredictOneExample) {
  const proof::Subject subject = subject_of(model(1), "infer", 2);
  expect_agreement(subject, expect(trace_bundle(subject, target(), {})), target().name);
}

TEST_P(Bundles, TrainTenSteps) {
  const proof::Subject subject = subject_of(model(3), "train_step", 10);
  expect_agreement(subject, expect(trace_bundle(subject, target(), {.is_small = true})), target().name);
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  std::ranges::replace(name, '-', '_');
  std::ranges::replace(name, '/', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Bundles,
                         testing::Combine(testing::ValuesIn(target_names()),
                                          testing::Values("softmax-regression", "mlp-relu", "lenet-relu", "lstm",
                                                          "zoo/gelu-mlp", "zoo/transformer-encoder")),
                         case_name);

// Short code is no longer than fast code.
TEST(BundleSizes, AreTheLeastForSize) {
  for (const char* name : {"softmax-regression", "mlp-relu", "lenet-relu"})
    for (const char* function : {"infer", "train_step"}) {
      const auto built = expect(build_function(read_model(name, 1), function, {{1}, default_pipeline(), {}}));
      const Function* const functions[] = {built.get()};
      BundleOptions options{.name = "b", .triple = "thumbv7em-none-eabihf", .cpu = "cortex-m4"};
      const int64_t fast = expect(make_bundle(functions, options)).code_bytes;
      options.is_small = true;
      EXPECT_LE(expect(make_bundle(functions, options)).code_bytes, fast) << name << " " << function;
    }
}

// More than one block of examples, and what is left of one.
TEST(BundleBlocks, TrainLikeTheInterpreter) {
  const proof::Subject subject = subject_of(read_model("lenet-relu", 37), "train_step", 2);
  for (const char* name : {"host", "aarch64", "cortex_m4f"}) {
    const BundleTarget& target = bundle_target(name);
    if (!target.missing().empty()) continue;
    expect_agreement(subject, expect(trace_bundle(subject, target, {})), name);
  }
}

// What is added up, stacked and carried in a loop goes straight to the caller's arrays.
TEST(BundleLoops, WriteResultsOfAnyAlignment) {
  const auto module =
      expect(parse_module(R"(func @infer(%x: f32[12,64], %c: u8[3]) -> (s: f32[64], t: u8[36], last: u8[3]) {
  %0, %1, %2 = loop(%c1 = %c, %x1 = %x) {count = 12, split = [1], carry = [0], sum = [1]} : u8[3], f32[64], u8[36] {
    %row = reshape(%x1) : f32[64]
    %turned = reverse(%c1) {dims = [0]} : u8[3]
    return %turned, %row, %turned
  }
  return %1, %2, %0
})",
                          "loop.ir"));
  const proof::Subject subject = proof::random_subject(module->functions[0]->clone(), 2);
  for (const char* name : {"host", "x86_64_v3", "aarch64", "cortex_m4f", "c_gcc"}) {
    const BundleTarget& target = bundle_target(name);
    if (!target.missing().empty()) continue;
    expect_agreement(subject, expect(trace_bundle(subject, target, {})), name);
  }
}

proof::Trace jit_trace(const proof::Subject& subject) {
  ThreadPool pair(2);
  return std::move(expect(proof::trace_way(subject, {.name = "jit"}, pair)).alone);
}

class SameBits : public testing::TestWithParam<std::string> {};

// On this machine a bundle runs the kernels of `minnow train`.
TEST_P(SameBits, AsTheJit) {
  for (const auto& [function, batch_size] : {std::pair("infer", 1), std::pair("train_step", 33)}) {
    const proof::Subject subject = subject_of(read_model(GetParam(), batch_size), function, 3);
    const proof::Trace expected = jit_trace(subject);
    const proof::Trace actual = expect(trace_bundle(subject, bundle_target("host"), {}));
    for (size_t step = 0; step < expected.size(); ++step)
      for (size_t i = 0; i < expected[step].size(); ++i) {
        const Tensor &a = expected[step][i], &b = actual[step][i];
        const auto bytes = static_cast<size_t>(a.type().bytes());
        EXPECT_EQ(std::memcmp(a.data(), b.data(), bytes), 0)
            << function << ": " << subject.function->results()[i].name << " of step " << step;
      }
  }
}

std::string model_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Models, SameBits,
                         testing::Values("softmax-regression", "lenet", "lenet-relu", "mlp-sigmoid", "lstm", "gru"),
                         model_name);

}  // namespace
}  // namespace minnow
