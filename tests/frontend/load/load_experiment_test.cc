#include "frontend/load/load_experiment.h"

#include <gtest/gtest.h>

#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kNetwork[] = R"(inputs { name: "x" shape: 4 }
layers { name: "fc" dense { units: 2 } }
loss { softmax_cross_entropy {} }
)";

constexpr char kProgram[] = "func @f(%x: f32[1,2]) -> (f32[1,2]) {\n  %0 = exp(%x) : f32[1,2]\n  return %0\n}\n";

class Experiments : public testing::Test {
 protected:
  Experiments() {
    folder_.write("net.textproto", kNetwork);
    folder_.write("f.ir", kProgram);
  }
  Result<LoadedExperiment> load(const std::string& text, const std::vector<std::string>& assignments = {}) {
    return load_experiment(folder_.write("e.textproto", text), assignments, MINNOW_SOURCE_DIR "/models");
  }
  // The error without the folder: "e.textproto:1:8: message".
  std::string refusal(const std::string& text, const std::vector<std::string>& assignments = {}) {
    const auto loaded = load(text, assignments);
    if (loaded) return "";
    const std::string& where = loaded.error().where;
    const std::string inside = where.starts_with(folder_.path()) ? where.substr(folder_.path().size() + 1) : where;
    return fmt::format("{}: {}{}{}", inside, loaded.error().message, loaded.error().hint.empty() ? "" : "; ",
                       loaded.error().hint);
  }
  TemporaryFolder folder_;
};

TEST_F(Experiments, ReadEveryModelWithItsChanges) {
  const auto loaded = load(
      "runs { name: 'a' model: 'net.textproto' set: 'training.learning_rate=0.5' set: 'training.epochs=7' }\n"
      "runs { name: 'b' model: 'softmax-regression' }\n"
      "pictures { memory { model: 'net.textproto' batch_sizes: [1, 2] } }",
      {"training.epochs=1"});
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  EXPECT_EQ(loaded->experiment.title(), "e");
  ASSERT_EQ(loaded->models.size(), 2U);
  EXPECT_EQ(loaded->models[0].model.training().learning_rate(), 0.5);
  EXPECT_EQ(loaded->models[0].model.training().epochs(), 1);
  EXPECT_EQ(loaded->models[1].model.name(), "softmax-regression");
  EXPECT_EQ(loaded->measured.at(0).model.name(), "net");
  EXPECT_EQ(loaded->experiment.pictures(0).name(), "memory");
}

TEST_F(Experiments, AreWholeOnceResolved) {
  const auto loaded = load(
      "title: 't<\\x1b' runs { name: 'a' model: 'net.textproto' set: 'training.learning_rate=0.1' log_gradients: true }\n"
      "pictures { gradients {} }\n"
      "pictures { logits { programs { name: 'p' file: 'f.ir' } reference: 'p' logits: [1, 2] scales: 1 } }");
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const TemporaryFolder elsewhere;
  const std::string path = elsewhere.write("again.textproto", experiment_to_text(loaded->experiment));
  const auto again = load_experiment(path, {}, "");
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(experiment_to_text(again->experiment), experiment_to_text(loaded->experiment));
  EXPECT_EQ(model_to_text(again->models[0].model), model_to_text(loaded->models[0].model));
}

TEST_F(Experiments, TellMistakesAtTheirPlace) {
  const std::string run = "runs { name: 'a' model: 'net.textproto' }\n";
  EXPECT_EQ(refusal("run { }"), "e.textproto:1:1: unknown field \"run\" in Experiment; did you mean \"runs\"?");
  EXPECT_EQ(refusal("title: 'x'"),
            "e.textproto: the experiment has nothing to do; add: runs { ... } or pictures { ... }");
  EXPECT_EQ(refusal("runs { model: 'net.textproto' }"), "e.textproto:1:1: the run has no name");
  EXPECT_EQ(refusal(run + run), "e.textproto:2:8: there is another run \"a\"");
  EXPECT_EQ(refusal("runs { name: 'a' }"), "e.textproto:1:1: names no network; add: model: \"softmax-regression\"");
  EXPECT_EQ(refusal("runs { name: 'a' model: 'lenett' }"),
            "e.textproto:1:18: there is no model \"lenett\", neither as a file nor as a shipped one; did you mean "
            "\"lenet\"?");
  EXPECT_EQ(refusal("runs { name: 'a' model: 'lenet' set: 'training.seed=1' set: 'training.epoch=1' }"),
            "e.textproto:1:56: Training has no field \"epoch\"; did you mean \"epochs\"?");
  EXPECT_EQ(
      refusal("runs { name: 'a' model: 'lenet' set: 'training' }"),
      "e.textproto:1:33: \"training\" is not of the form path=value; for example \"training.learning_rate=0.05\"");
  EXPECT_EQ(refusal("runs { name: 'a' model: 'lenet' set: 'training.epochs=-1' }").substr(0, 27),
            "e.textproto:1:33: epochs is");
  EXPECT_EQ(refusal(run, {"training.lerning_rate=1"}),
            "--set training.lerning_rate: Training has no field \"lerning_rate\"; did you mean \"learning_rate\"?");
  EXPECT_EQ(refusal("runs { name: 'a' network { inputs { name: 'x' shape: 4 }\n"
                    "layers { name: 'fc' dense { units: 0 } } loss { softmax_cross_entropy {} } } }")
                .substr(0, 18),
            "e.textproto:2:29: ");
}

TEST_F(Experiments, TellWhatAPictureLacks) {
  const std::string run = "runs { name: 'large' model: 'net.textproto' }\n";
  EXPECT_EQ(refusal(run + "pictures {}").substr(0, 49), "e.textproto:2:1: does not say what to draw; add: ");
  EXPECT_EQ(refusal(run + "pictures { by_time { runs: 'lagre' } }"),
            "e.textproto:2:22: there is no run \"lagre\"; did you mean \"large\"?");
  EXPECT_EQ(refusal("pictures { by_step {} }"), "e.textproto:1:12: there are no runs to draw");
  EXPECT_EQ(refusal(run + "pictures { gradients { runs: 'large' } }"),
            "e.textproto:2:12: run \"large\" logs no gradients; add to it: log_gradients: true");
  EXPECT_EQ(refusal(run + "pictures { name: 'curves' by_step {} }").substr(0, 46),
            "e.textproto:2:1: the name \"curves\" is taken; g");
  EXPECT_EQ(refusal("pictures { ops {} }"), "e.textproto:1:12: names no op; add: ops { name: \"tanh\" }");
  std::string ops;
  for (int i = 0; i < 21; ++i) ops += "ops { name: 'tanh' } ";
  EXPECT_EQ(refusal("pictures { ops { " + ops + "} }"), "e.textproto:1:18: there are 21, but 20 are the most");
  EXPECT_EQ(refusal("pictures { memory { model: 'net.textproto' } }"),
            "e.textproto:1:12: names no batch sizes; add: batch_sizes: [1, 16, 256]");
  EXPECT_EQ(refusal("pictures { memory { model: 'net.textproto' batch_sizes: [1, -1] } }").substr(0, 24),
            "e.textproto:1:44: batch_");
  const auto logits = [&](const std::string& programs, const std::string& reference) {
    return refusal("pictures { logits { logits: 1 scales: 1 " + programs + " reference: '" + reference + "' } }");
  };
  EXPECT_EQ(logits("programs { name: 'naive' file: 'f.ir' }", "naiv"),
            "e.textproto:1:81: there is no program \"naiv\"; did you mean \"naive\"?");
  EXPECT_EQ(logits("programs { name: 'a' file: 'g.ir' }", "a").substr(0, 40),
            "e.textproto:1:62: there is no file " + folder_.path().substr(0, 5));
  EXPECT_EQ(logits("programs { name: 'a' text: 'func' }", "a").substr(0, 22), "e.textproto:1:41: a:1:");
}

}  // namespace
}  // namespace minnow
