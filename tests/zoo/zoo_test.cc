// Every network of models/zoo: that it learns, that its gradients are right, and that compiled it computes what the
// interpreter does, in training and in inference.
#include <gtest/gtest.h>

#include <algorithm>

#include "proof/compare.h"
#include "proof/model_subject.h"
#include "runtime/session.h"
#include "runtime/train/gradient_check.h"
#include "tests/expect.h"
#include "tests/zoo/zoo_model.h"

namespace minnow {
namespace {

constexpr proof::Way kCompiled = {.name = "jit"};

proof::Subject subject_of(const LoadedModel& model, const std::string& function) {
  const BuildOptions options = {.lower = {model.model.training().batch_size()}, .pipeline = {}, .passes = {}};
  return expect(proof::model_subject(model, expect(build_function(model, function, options)), 1, nullptr));
}

proof::Trace compiled_trace(const proof::Subject& subject) {
  ThreadPool pair(2);
  proof::WayTraces traces = expect(proof::trace_way(subject, kCompiled, pair));
  for (const proof::Comparison& comparison : proof::compare_bits(subject, traces, kCompiled.name))
    EXPECT_TRUE(comparison.agrees) << comparison.to_string();
  return std::move(traces.alone);
}

// Holds the steps of a trace against the interpreter.
void expect_agreement(const proof::Subject& subject, const proof::Trace& trace) {
  const auto reference = expect(proof::Reference::create(subject));
  for (const proof::Comparison& comparison : expect(compare(subject, reference, trace, kCompiled.name)))
    EXPECT_TRUE(comparison.agrees) << comparison.to_string();
}

double loss_of(const proof::Subject& subject, const std::vector<Tensor>& results) {
  const auto& names = subject.function->results();
  const auto loss = std::ranges::find(names, "loss", &FunctionResult::name);
  return static_cast<double>(results[static_cast<size_t>(loss - names.begin())].as<float>()[0]);
}

// All steps see the first one's batch.
void repeat_batch(proof::Subject& subject, int steps) {
  subject.steps = steps;
  subject.feed = [&function = *subject.function](int step, std::vector<Tensor>& arguments) {
    for (const auto& parameter : function.parameters())
      if (parameter->role == Role::kScalar && parameter->name == "step")
        arguments[static_cast<size_t>(parameter->index)].as<int32_t>()[0] = step;
  };
}

class Zoo : public testing::TestWithParam<std::string> {};

// A block of examples and two that are left. The interpreter says what the first step does; the others are there to
// learn.
TEST_P(Zoo, LearnsInBlocksAsInterpreted) {
  constexpr double kFlops = 3e6;
  const LoadedModel model = read_with_small_images(GetParam(), kFlops, {"training.batch_size=18"});
  proof::Subject subject = subject_of(model, "train_step");
  repeat_batch(subject, 8);
  proof::Trace trace = compiled_trace(subject);
  EXPECT_LT(loss_of(subject, trace.back()), loss_of(subject, trace.front()));
  subject.steps = 1;
  trace.resize(1);
  expect_agreement(subject, trace);
}

TEST_P(Zoo, PredictsOneExampleAsInterpreted) {
  const LoadedModel model = read_zoo_model(GetParam(), {"training.batch_size=1"});
  const proof::Subject subject = subject_of(model, "infer");
  expect_agreement(subject, compiled_trace(subject));
}

TEST_P(Zoo, HasRightGradients) {
  constexpr double kFlops = 5e5;
  const LoadedModel model = read_with_small_images(GetParam(), kFlops);
  auto rows = check_gradients(model, 1);
  if (!rows) rows = check_gradients(model, 8);  // one element of a weight may lie on a kink of the loss
  for (const GradientRow& row : expect(rows)) EXPECT_LE(row.error, 1e-5) << row.weight;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Zoo, testing::ValuesIn(zoo_models()), test_name);

}  // namespace
}  // namespace minnow
