#include "runtime/session.h"

#include <gmock/gmock.h>

#include "frontend/load/load_model.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/random_batch.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "x" shape: 6 }
  layers { name: "fc1" dense { units: 5 } }
  layers { name: "norm" batch_norm {} }
  layers { name: "gate" softmax { } }
  layers { name: "fc2" dense { units: 3 } }
  loss { softmax_cross_entropy {} }
  training { learning_rate: 0.1 adam {} batch_size: 4 epochs: 1 seed: 7 }
  data { csv { train: "t.csv" validation: "v.csv" } }
)";

LoadedModel loaded(const std::vector<std::string>& changes = {}) {
  const TemporaryFolder folder;
  auto model = read_experiment(folder.write("m.textproto", kModel), changes);
  MINNOW_CHECK(model, "{}", model.error().to_string());
  return *std::move(model);
}

// "evaluate" after all passes.
std::string evaluation(const std::vector<std::string>& changes) {
  BuildOptions options{{4}, default_pipeline(), {}};
  options.passes.skip = {"fuse"};
  const auto built = build_function(loaded(changes), "evaluate", options);
  MINNOW_CHECK(built, "{}", built.error().to_string());
  return print(**built);
}

size_t maxima(const std::string& text) {
  size_t count = 0;
  for (size_t at = text.find("reduce_max("); at != std::string::npos; at = text.find("reduce_max(", at + 1)) ++count;
  return count;
}

class SessionTest : public testing::Test {
 protected:
  std::unique_ptr<Session> session(SessionOptions options) {
    auto made = Session::create(loaded(), options, pool_);
    MINNOW_CHECK(made, "{}", made.error().to_string());
    return *std::move(made);
  }
  // The training step that a session runs.
  Executable& step_of(Session& session) {
    auto made = session.executable(ModelFunction::kTrainStep, 4);
    MINNOW_CHECK(made, "{}", made.error().to_string());
    return **made;
  }

  ThreadPool pool_{1};
};

TEST_F(SessionTest, BuildsWhatItsOptionsAskFor) {
  const auto text_of = [this](SessionOptions options, bool is_compiled) {
    const auto made = session(options);
    EXPECT_EQ(step_of(*made).kernels().empty(), !is_compiled);
    return print(step_of(*made).function());
  };
  const std::string lowered = print(**build_function(loaded(), "train_step", {{4}, {}, {}}));
  EXPECT_EQ(text_of({.backend = Backend::kInterpreter}, false), lowered);
  EXPECT_EQ(text_of({.optimize = false}, true), lowered);
  EXPECT_THAT(text_of({}, true), testing::HasSubstr("fused("));
  const std::string unfused = text_of({.fuse = false}, true);
  EXPECT_NE(unfused, lowered);
  EXPECT_THAT(unfused, testing::Not(testing::HasSubstr("fused(")));
}

TEST_F(SessionTest, BuildsEachFunctionOnce) {
  const auto made = session({});
  Executable* first = &step_of(*made);
  EXPECT_EQ(first, &step_of(*made));
  EXPECT_NE(first, *made->executable(ModelFunction::kTrainStep, 3));
  EXPECT_NE(first, *made->executable(ModelFunction::kEvaluate, 4));
}

TEST_F(SessionTest, BeginsWithTheStatesThatLayersAskFor) {
  const auto made = session({});
  for (const auto& [name, expected] : {std::pair{"norm.running_mean", 0.0F}, {"norm.running_variance", 1.0F}})
    EXPECT_THAT(made->tensors().at(name).as<float>(), testing::Each(expected)) << name;
  for (const std::string weight : {"fc1.weight", "norm.gain", "fc2.bias"})
    for (const std::string moment : {".m", ".v"})
      EXPECT_EQ(made->tensors().at(weight + moment).type(), made->tensors().at(weight).type()) << weight << moment;
}

TEST_F(SessionTest, HasNoStateOfAnOptimiserThatIsNeverAsked) {
  const auto made = session({.trains = false});
  EXPECT_TRUE(made->tensors().contains("fc1.weight"));
  EXPECT_FALSE(made->tensors().contains("fc1.weight.m"));
}

// What is made of weights is made again when they have changed: by whoever has asked for them, by a step, or by
// whoever they were lent to.
TEST_F(SessionTest, ComputesWithTheWeightsOfNow) {
  const std::vector<std::string> wide = {"layers.fc1.dense.units=64", "training.batch_size=40"};
  auto made = Session::create(loaded(wide), {}, pool_), other = Session::create(loaded(wide), {}, pool_);
  ASSERT_TRUE(made && other);
  Session& session = **made;
  Batch batch = draw_batch(session);
  const auto infer = [&](Session& from) { return std::string((*from.infer(batch))->bytes()); };
  // As a session that has computed nothing yet sees these weights.
  const auto expected = [&] {
    for (const auto& [name, tensor] : std::as_const(session).tensors()) (*other)->tensors().at(name).assign(tensor);
    return infer(**other);
  };
  const std::string first = infer(session);
  EXPECT_EQ(infer(session), first);
  Tensor& weight = session.tensors().at("fc1.weight");
  weight.as<float>()[3] += 1;
  const std::string second = infer(session);
  EXPECT_NE(second, first);
  EXPECT_EQ(second, expected());
  ASSERT_TRUE(session.train_step(batch, 0, 0.1));
  const std::string third = infer(session);
  EXPECT_NE(third, second);
  EXPECT_EQ(third, expected());
  session.lend_weights();
  EXPECT_EQ(infer(session), third);
  weight.as<float>()[3] += 1;
  const std::string last = infer(session);
  EXPECT_NE(last, third);
  EXPECT_EQ(last, expected());
}

TEST_F(SessionTest, EndsACompilationOnceInterrupted) {
  const std::atomic<bool> interrupt{true};
  const auto made = session({.code = {.interrupt = &interrupt}});
  const auto built = made->executable(ModelFunction::kTrainStep, 4);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ExitCode::kInterrupted);
}

TEST(BuildFunction, LeavesEverySoftmaxNaiveWhereOneIs) {
  EXPECT_EQ(maxima(evaluation({})), 2U);
  EXPECT_EQ(maxima(evaluation({"loss.softmax_cross_entropy.form=NAIVE"})), 1U);
  EXPECT_EQ(maxima(evaluation({"layers.gate.softmax.form=NAIVE"})), 1U);
  EXPECT_EQ(maxima(evaluation({"layers.gate.softmax.form=NAIVE", "loss.softmax_cross_entropy.form=NAIVE"})), 0U);
}

TEST(BuildFunction, TellsWhatThePassesDid) {
  std::vector<PassRecord> records;
  BuildOptions options{{4}, default_pipeline(), {}, &records};
  ASSERT_TRUE(build_function(loaded(), "infer", options));
  ASSERT_EQ(records.size(), default_pipeline().size());
  EXPECT_EQ(records.front().name, default_pipeline().front().name);
}

TEST(BuildFunction, KnowsFourFunctions) {
  for (const std::string name : {"infer", "evaluate", "loss", "train_step"})
    EXPECT_EQ((*build_function(loaded(), name, {{4}, {}, {}}))->name(), name);
  const auto other = build_function(loaded(), "evalute", {{4}, {}, {}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().hint, "did you mean evaluate?");
  EXPECT_EQ(other.error().code, ExitCode::kUsage);
}

}  // namespace
}  // namespace minnow
