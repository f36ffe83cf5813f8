// Texts and other tokens: trained on, evaluated, predicted from, and what is wrong with them.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using testing::HasSubstr;

std::string text_model(const std::string& data, const std::string& tokens) {
  return "inputs { name: \"x\" shape: [4] type: I32 }\n"
         "layers { name: \"e\" embedding { vocabulary: " +
         tokens + " units: 8 } }\nlayers { name: \"y\" dense { units: " + tokens +
         " per_position: true } }\nloss { softmax_cross_entropy {} }\n"
         "training { batch_size: 16 learning_rate: 2 epochs: 8 }\ndata { " +
         data + " }\n";
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string i32(const std::vector<int32_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), 4 * values.size()};
}

class Sequences : public testing::Test {
 protected:
  nlohmann::json evaluate(const std::string& run) const {
    return nlohmann::json::parse(bench_.succeed("eval " + run + " --data-dir . --json").out);
  }

  Workbench bench_;
};

TEST_F(Sequences, TextIsLearntAndToldByItsCharacters) {
  bench_.write("t.txt", repeated("abcd", 200));
  bench_.write("m.textproto", text_model("text { file: 't.txt' stride: 1 }", "4"));
  const Outcome train = bench_.succeed("train m.textproto --data-dir . --out run");
  EXPECT_THAT(train.err, HasSubstr("t.txt: 800 characters, 4 of them different"));
  EXPECT_THAT(train.err, HasSubstr("  val ppl 1.0"));
  EXPECT_THAT(bench_.read("run/metrics.csv"), HasSubstr(",train_perplexity,validation_perplexity\n"));
  EXPECT_THAT(bench_.succeed("eval run --data-dir .").out, HasSubstr("  perplexity  1.0"));
  EXPECT_EQ(bench_.succeed("predict run --data-dir . --index 1").out,
            "t.txt 1\n  given      bcda\n  predicted  cdab\n  right      cdab\n");
  const auto told = nlohmann::json::parse(bench_.succeed("predict run --data-dir . --index 1 --json").out);
  EXPECT_EQ(told["predictions"][0]["predicted"], (std::vector<std::string>{"c", "d", "a", "b"}));
}

TEST_F(Sequences, PerplexityIsToldWhereverTheLossIs) {
  bench_.write("t.txt", repeated("abcd", 200));
  bench_.write("m.textproto", text_model("text { file: 't.txt' stride: 1 }", "4"));
  bench_.succeed("train m.textproto --data-dir . --epochs 2 --out run --log tensorboard");
  EXPECT_THAT(bench_.read("run/curves.svg"), HasSubstr("perplexity"));
  EXPECT_THAT(bench_.succeed("plot run").out, HasSubstr("perplexity"));
  bench_.succeed("report run --data-dir . -o report.html");
  EXPECT_THAT(bench_.read("report.html"), HasSubstr("validation perplexity"));
  EXPECT_THAT(bench_.read("report.html"), HasSubstr(", perplexity 1."));
  const std::string sweep = "sweep m.textproto --data-dir . --grid learning_rate=1,2 --set training.epochs=2 ";
  const Outcome table = bench_.succeed(sweep + "--out sweep");
  EXPECT_THAT(table.out, HasSubstr("best perplexity"));
  EXPECT_THAT(table.err, HasSubstr("val ppl"));
  EXPECT_THAT(bench_.read("sweep/results.csv"), HasSubstr(",folder,perplexity,best_perplexity\n"));
  const auto told = nlohmann::json::parse(bench_.succeed(sweep + "--json").out)["runs"][0];
  EXPECT_NEAR(told["perplexity"].get<double>(), std::exp(told["loss"].get<double>()), 1e-9);
  EXPECT_EQ(told["epochs_to_best"], 2);
}

TEST_F(Sequences, LayersAreDrawn) {
  bench_.write("t.txt", repeated("abcd", 200));
  std::string model = text_model("text { file: 't.txt' stride: 1 }", "4");
  model.insert(model.find("layers { name: \"y\""),
               "layers { name: \"m\" lstm { units: 8 } }\n"
               "layers { name: \"look\" attention { heads: 2 causal: true } }\n");
  bench_.write("m.textproto", model);
  bench_.succeed("train m.textproto --data-dir . --epochs 1 --lr 0.1 --out run");
  const auto draw = [&](const std::string& flags) {
    bench_.succeed("predict run --data-dir . -o map.svg --draw " + flags);
    return bench_.read("map.svg");
  };
  EXPECT_THAT(draw("look.weights"), HasSubstr("look.weights [2,4,4] of t.txt 0, 0 (white) to 1 (blue)"));
  EXPECT_THAT(draw("look.weights"), HasSubstr("head 1"));
  EXPECT_THAT(draw("m.forget_gate --prompt bc"), HasSubstr("m.forget_gate [4,8] of --prompt"));
  EXPECT_THAT(draw("e --index 2"), HasSubstr(">d<"));
  const auto refuse = [&](const std::string& flags, const std::string& expected, int code) {
    const Outcome outcome = bench_.run("predict run --data-dir . " + flags);
    EXPECT_EQ(outcome.exit_code, code) << flags;
    EXPECT_THAT(outcome.err, HasSubstr(expected)) << flags;
  };
  refuse("--draw look.weigths -o a.svg", "no layer gives \"look.weigths\"\n  hint: did you mean \"look.weights\"?", 1);
  refuse("--draw e", "-o: error: is missing: where --draw is to be drawn", 2);
  refuse("--prompt a -o a.svg", "-o: error: there is no picture to write", 2);
  refuse("--draw e -o a.gif", "a.gif", 2);
}

TEST_F(Sequences, TextsAreGenerated) {
  bench_.write("t.txt", repeated("abcd", 200));
  bench_.write("m.textproto", text_model("text { file: 't.txt' stride: 1 }", "4"));
  bench_.succeed("train m.textproto --data-dir . --out run");
  const auto generate = [&](const std::string& flags) { return bench_.succeed("predict run --prompt " + flags).out; };
  EXPECT_EQ(generate("ab --length 6 --temperature 0"), "abcdabcd\n");
  EXPECT_EQ(generate("abcdab --length 2 --temperature 0.01"), "abcdabcd\n");
  EXPECT_EQ(generate("a --length 3 --top-k 1 --backend interpreter"), "abcd\n");
  EXPECT_EQ(generate("a --length 3 --top-p 0.1"), "abcd\n");
  const auto told = nlohmann::json::parse(generate("d --length 2 --temperature 0 --json"));
  EXPECT_EQ(told["prompt"], std::vector<std::string>{"d"});
  EXPECT_EQ(told["generated"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(told["text"], "dab");
  const std::string drawn = generate("a --length 300 --temperature 100");
  EXPECT_EQ(drawn, generate("a --length 300 --temperature 100 --threads 1"));
  EXPECT_NE(drawn, generate("a --length 300 --temperature 100 --seed 5"));
  EXPECT_THAT(drawn, HasSubstr("aa"));
  EXPECT_THAT(bench_.succeed("predict run --prompt a").err, HasSubstr("200 tokens generated, "));
  EXPECT_EQ(bench_.succeed("predict run --prompt a --quiet").err, "");
  expect_refused(bench_, "predict run --prompt abe",
                 "--prompt: error: \"e\", character 3, is not in the vocabulary of the network\n  hint: it knows abcd");
  expect_refused(bench_, "predict run --prompt ''",
                 "--prompt: error: is empty, and the text has neither line breaks nor blanks to begin behind");
  const auto misused = [&](const std::string& flags) { return bench_.run("predict run --prompt a " + flags); };
  for (const char* flags : {"--length 0", "--length 1000000000", "--temperature -1", "--temperature nan", "--top-k 0",
                            "--top-k 5", "--top-p 2", "--index 1", "--seed x"})
    EXPECT_EQ(misused(flags).exit_code, 2) << flags;
  EXPECT_THAT(misused("--top-k 5").err, HasSubstr("--top-k 5: error: there are only 4 tokens to choose from"));
}

// Prompts are read as the text was, and written with what they become.
TEST_F(Sequences, PromptsAreReadLikeTheText) {
  bench_.write("t.txt", repeated("the cat saw the dog; \n", 100));
  const auto train = [&](const std::string& fields, const std::string& tokens) {
    bench_.write("m.textproto", text_model("text { file: 't.txt' " + fields + " }", tokens));
    bench_.succeed("train m.textproto --data-dir . --out run --overwrite");
  };
  train("lowercase: true letters_only: true unknown: true", "13");
  EXPECT_THAT(bench_.succeed("predict run --prompt 'The--DOG' --length 5").out, testing::StartsWith("the dog"));
  const Outcome unknown = bench_.succeed("predict run --prompt 'the zoo' --length 5");
  EXPECT_THAT(unknown.out, testing::StartsWith("the <unk>oo"));
  EXPECT_THAT(unknown.err, HasSubstr("--prompt: \"z\", character 5, is not in the vocabulary of the network, which "
                                     "reads <unk>\n"));
  EXPECT_EQ(bench_.succeed("predict run --prompt '' --length 3 --top-k 1").out.size(), 4U);
  train("level: WORD unknown: false", "4");
  EXPECT_EQ(bench_.succeed("predict run --prompt 'cat' --length 2 --temperature 0").out, "cat saw the\n");
  expect_refused(
      bench_, "predict run --prompt 'the mouse'",
      "--prompt: error: \"mouse\", word 2, is not in the vocabulary of the network\n  hint: it knows 4 words");
  train("level: BYTE", "256");
  EXPECT_EQ(bench_.succeed("predict run --prompt 'do' --length 2 --temperature 0").out, "dog;\n");
  EXPECT_EQ(bench_.succeed("predict run --prompt '' --length 2 --temperature 0").out, "th\n");
}

TEST_F(Sequences, TextIsGeneratedByNetworksOfTextsAlone) {
  bench_.write("m.textproto",
               "inputs { name: \"x\" shape: [1, 28, 28] }\nlayers { name: \"y\" dense { units: 10 } }\n"
               "loss { softmax_cross_entropy {} }\ndata { builtin: GLYPHS train_examples: 64 }\n");
  bench_.succeed("train m.textproto --out run --epochs 1");
  expect_refused(bench_, "predict run --prompt a",
                 "--prompt: error: is for networks that are trained on a text, and this one is not");
}

TEST_F(Sequences, StoppedRunsGoOnAsIfTheyHadNot) {
  bench_.write("t.txt", repeated("abcdeadb", 100));
  bench_.write("m.textproto", text_model("text { file: 't.txt' random_windows: true } train_examples: 100", "5"));
  bench_.succeed("train m.textproto --data-dir . --epochs 3 --out whole");
  bench_.succeed("train m.textproto --data-dir . --epochs 3 --out parts --steps 10");
  bench_.succeed("train --resume parts --data-dir .");
  const auto losses = [&](const std::string& run) {
    const auto found = evaluate(run);
    return std::pair(found["loss"].get<double>(), found["accuracy"].get<double>());
  };
  EXPECT_EQ(losses("whole"), losses("parts"));
}

TEST_F(Sequences, TextsAreShownAndCounted) {
  bench_.write("t.txt", "hello\nworld " + repeated("x", 100));
  const auto told = nlohmann::json::parse(bench_.succeed("data stats t.txt --json").out);
  EXPECT_EQ(told["tokens"], 112);
  EXPECT_EQ(told["classes"].size(), 10U);
  EXPECT_THAT(bench_.succeed("data stats t.txt").out, HasSubstr("112 characters, 10 of them different\n"));
  EXPECT_THAT(bench_.succeed("data show t.txt --count 1").out, HasSubstr("       0  hello\\x0aworld xxx"));
}

TEST_F(Sequences, MistakesInTextsAreTold) {
  const auto refuse = [&](const std::string& bytes, const std::string& expected, const std::string& fields = "") {
    bench_.write("t.txt", bytes);
    bench_.write("m.textproto", text_model("text { file: 't.txt' " + fields + " }", "4"));
    expect_refused(bench_, "train m.textproto --data-dir . --out run", expected);
  };
  refuse("", "./t.txt: error: is empty");
  refuse(std::string("a\0b", 3), "./t.txt: error: is no text: byte 1 is zero");
  refuse("ab\n\xff", "./t.txt:2: error: is not UTF-8: byte 3 is 0xff");
  refuse("abc", "t.txt: error: has 2 characters to train with, but a window of 4 and the next one need 5");
  refuse(repeated("abcde", 50), "t.txt: error: has 5 different tokens, but the layer that reads them has a vocabulary");
  refuse("a", "m.textproto:6:50: error: random windows have no stride", "random_windows: true stride: 2");
  refuse("a", "m.textproto:6:50: error: there is a validation_file", "validation_file: 'v' validation_share: 0.5");
  refuse("a", "m.textproto:6:43: error: a limited vocabulary needs <unk>", "vocabulary: 3 unknown: false");
  refuse("a", "m.textproto:6:29: error: the bytes are always 256 tokens", "level: BYTE vocabulary: 3");
}

TEST_F(Sequences, InputsAndLossHaveToTakeTokens) {
  const auto refuse = [&](const std::string& from, const std::string& to, const std::string& expected) {
    std::string text = text_model("named: 'time-machine'", "28");
    text.replace(text.find(from), from.size(), to);
    bench_.write("m.textproto", text);
    expect_refused(bench_, "train m.textproto --out run", expected);
  };
  refuse(" type: I32", "", "m.textproto:1:1: error: the data are tokens, but input \"x\" takes numbers");
  refuse("[4]", "[4, 1]", "m.textproto:1:20: error: input \"x\" must have the shape of a sequence of tokens");
  refuse("softmax_cross_entropy", "l1", "m.textproto:4:1: error: the targets are tokens");
  refuse("x\" shape", "x\" shape", "error: text \"time-machine\" was not found; looked for");
}

const std::string kTraining = "training { batch_size: 32 learning_rate: 0.5 epochs: 6 }\n";
const std::string kReverse = "data { builtin: REVERSE train_examples: 4000 validation_examples: 100 }\n";

TEST_F(Sequences, ReverseInOneSequence) {
  const std::string network =
      "inputs { name: \"x\" shape: 6 type: I32 }\nlayers { name: \"h\" one_hot { vocabulary: 11 } }\n"
      "layers { name: \"d\" dense { units: 64 activation: RELU } }\nlayers { name: \"e\" dense { units: 66 } }\n"
      "layers { name: \"y\" reshape { shape: [6, 11] } }\n";
  bench_.write("m.textproto", network + "loss { softmax_cross_entropy { ignore_index: -1 } }\n" + kTraining + kReverse);
  bench_.succeed("train m.textproto --out run");
  EXPECT_GT(evaluate("run")["accuracy"], 0.95);
  EXPECT_LT(evaluate("run")["perplexity"], 1.5);
  EXPECT_THAT(bench_.succeed("predict run --index 0").out, HasSubstr("<go>"));
  bench_.write("n.textproto", network + "loss { softmax_cross_entropy {} }\n" + kReverse);
  expect_refused(bench_, "train n.textproto --out new",
                 "n.textproto:6:1: error: the question of REVERSE has targets of -1");
  expect_refused(bench_, "train m.textproto --out new --set inputs.x.shape=5",
                 "--set inputs.x.shape: error: REVERSE with one input needs an even length");
}

TEST_F(Sequences, ReverseWithTheAnswerApart) {
  bench_.write("m.textproto",
               "inputs { name: \"x\" shape: 4 type: I32 }\ninputs { name: \"a\" shape: 4 type: I32 }\n"
               "layers { name: \"h\" inputs: [\"x\"] one_hot { vocabulary: 11 } }\n"
               "layers { name: \"i\" inputs: [\"a\"] one_hot { vocabulary: 11 } }\n"
               "layers { name: \"c\" inputs: [\"h\", \"i\"] concat {} }\nlayers { name: \"e\" dense { units: 44 } }\n"
               "layers { name: \"y\" reshape { shape: [4, 11] } }\nloss { softmax_cross_entropy {} }\n" +
                   kTraining + kReverse);
  bench_.succeed("train m.textproto --out run");
  EXPECT_GT(evaluate("run")["accuracy"], 0.95);
  expect_refused(bench_, "train m.textproto --out new --set inputs.a.shape=5",
                 "--set inputs.a.shape: error: question and answer of REVERSE have the same length, 4");
}

// Sequences of up to four tokens, with their lengths and padding; beside the next tokens a number is a target.
class Arrays : public Sequences {
 protected:
  Arrays() {
    bench_.write("x.npy", npy("<i4", "3, 4", i32({1, 2, 3, 0, 2, 3, 0, 0, 3, 1, 2, 3})));
    bench_.write("n.npy", npy("<i4", "3,", i32({3, 2, 4})));
    bench_.write("y.npy", npy("<i4", "3, 4", i32({2, 3, 0, -100, 3, 0, -100, -100, 1, 2, 3, 0})));
    bench_.write("s.npy", npy("<f4", "3,", std::string(12, '\0')));
  }

  static std::string array(const std::string& kind, const std::string& name, const std::string& file) {
    return kind + " { name: \"" + name + "\" train: '" + file + "' validation: '" + file + "' }\n";
  }
  void write(const std::string& arrays) const {
    bench_.write("m.textproto",
                 "inputs { name: \"x\" shape: 4 type: I32 }\ninputs { name: \"n\" shape: 1 type: I32 }\n"
                 "layers { name: \"e\" inputs: \"x\" embedding { vocabulary: 4 units: 8 } }\n"
                 "layers { name: \"l\" inputs: \"n\" one_hot { vocabulary: 5 } }\nlayers { name: \"f\" flatten {} }\n"
                 "layers { name: \"y\" inputs: \"e\" dense { units: 4 per_position: true } }\n"
                 "layers { name: \"g\" inputs: \"e\" flatten {} }\n"
                 "layers { name: \"c\" inputs: [\"f\", \"g\"] concat {} }\n"
                 "layers { name: \"s\" dense { units: 1 } }\noutput: \"y\"\n"
                 "loss { softmax_cross_entropy { ignore_index: -100 } }\n"
                 "losses { output: \"s\" weight: 0.3 l1 {} target: \"sum\" }\n"
                 "training { batch_size: 2 epochs: 100 learning_rate: 0.1 }\ndata { npy {\n" +
                     arrays + "} }\n");
  }
  void refuse(const std::string& arrays, const std::string& expected) const {
    write(arrays);
    expect_refused(bench_, "train m.textproto --data-dir . --out new", expected);
  }

  const std::string inputs_ = array("inputs", "x", "x.npy") + array("inputs", "n", "n.npy");
  const std::string targets_ = array("targets", "target", "y.npy") + array("targets", "sum", "s.npy");
};

TEST_F(Arrays, FeedInputsAndTargetsByName) {
  write(inputs_ + targets_);
  bench_.succeed("train m.textproto --data-dir . --out run");
  EXPECT_LT(evaluate("run")["loss"], 0.8);
  EXPECT_THAT(bench_.succeed("predict run --data-dir . --index 1").out, HasSubstr("right      30··\n"));
  for (const char* command : {"diff", "gradcheck", "bench --repeats 1", "memory", "compile", "profile --repeats 1"})
    bench_.succeed(std::string(command) + " m.textproto");
}

TEST_F(Arrays, AreThereForEachAndNoOther) {
  refuse(array("inputs", "x", "x.npy") + targets_, "m.textproto:15:1: error: there are no files for the input \"n\"");
  refuse(inputs_ + array("inputs", "m", "x.npy") + targets_, "m.textproto:17:1: error: the model has no input \"m\"");
  refuse(inputs_ + array("inputs", "n", "x.npy") + targets_,
         "m.textproto:17:1: error: there are files for the input \"n\" already");
  refuse(inputs_ + array("targets", "target", "y.npy"),
         "m.textproto:17:1: error: there are no files for the target \"sum\"");
  refuse(inputs_ + "train_targets: 'y.npy' validation_targets: 'y.npy'",
         "m.textproto:14:1: error: the losses name the target \"sum\"");
  refuse("train_inputs: 'x.npy' validation_inputs: 'x.npy'\n" + targets_,
         "m.textproto:2:1: error: the model has 2 inputs, but the data feed one");
}

TEST_F(Arrays, HaveToFit) {
  bench_.write("x.npy", npy("<i4", "3, 4", i32({1, 2, 3, 0, 2, 3, 0, 4, 3, 1, 2, 3})));
  refuse(inputs_ + targets_, "./x.npy: error: token 4 of example 1 at [3] is outside the vocabulary of 4 (0 to 3)");
  bench_.write("x.npy", npy("<f4", "3, 4", std::string(48, '\0')));
  refuse(inputs_ + targets_, "./x.npy: error: holds f32[3,4], but input \"x\" takes whole numbers, i32");
  bench_.write("x.npy", npy("<i4", "2, 4", i32({1, 2, 3, 0, 2, 3, 0, 1})));
  refuse(inputs_ + targets_, "./x.npy: error: holds 2 examples, but ./n.npy holds i32[3]");
  bench_.write("x.npy", npy("<i4", "3, 5", i32(std::vector<int32_t>(15))));
  refuse(inputs_ + targets_, "x.npy: error: the examples are i32[3,5], but the network is built for i32[3,4]");
}

TEST_F(Arrays, LabelsOfWholeExamplesMayBeIgnored) {
  bench_.write("x.npy", npy("<f4", "4, 1", std::string(16, '\0')));
  bench_.write("y.npy", npy("<i4", "4,", i32({0, 1, 7, 7})));
  bench_.write("m.textproto",
               "inputs { name: \"x\" shape: 1 }\nlayers { name: \"y\" dense { units: 2 } }\n"
               "loss { softmax_cross_entropy { ignore_index: 7 } }\n"
               "data { npy { train_inputs: 'x.npy' train_targets: 'y.npy' validation_inputs: 'x.npy' "
               "validation_targets: 'y.npy' } }\n");
  bench_.succeed("train m.textproto --data-dir . --out run");
  EXPECT_EQ(evaluate("run")["accuracy"], 0.5);
  EXPECT_EQ(evaluate("run")["classes"][0]["examples"], 1);
  EXPECT_THAT(bench_.succeed("predict run --data-dir . --index 2").out, HasSubstr("(is 7)"));
}

}  // namespace
}  // namespace minnow
