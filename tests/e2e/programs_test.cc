// Files of IR in a model's place, as every command sees them.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kClassifier[] = R"(// Softmax regression on bytes.
func @loss(%x: u8[32,1,28,28], %target: i32[32], %w: f32[784,10] weight, %b: f32[10] weight) -> (loss: f32[], correct: f32[]) {
  %logits = call
  %most = reduce_max(%logits) {dims = [1]} : f32[32]
  %shift = broadcast(%most) {dims = [0]} : f32[32,10]
  %z = sub(%logits, %shift) : f32[32,10]
  %exp = exp(%z) : f32[32,10]
  %exp_sum = reduce_sum(%exp) {dims = [1]} : f32[32]
  %log_sum = log(%exp_sum) : f32[32]
  %classes = iota {dim = 1} : i32[32,10]
  %labels = broadcast(%target) {dims = [0]} : i32[32,10]
  %is_label = eq(%classes, %labels) : pred[32,10]
  %none = constant {value = 0} : f32[32,10]
  %picked = select(%is_label, %z, %none) : f32[32,10]
  %right = reduce_sum(%picked) {dims = [1]} : f32[32]
  %each = sub(%log_sum, %right) : f32[32]
  %sum = reduce_sum(%each) {dims = [0]} : f32[]
  %count = constant {value = 32} : f32[]
  %mean = div(%sum, %count) : f32[]
  %best = argmax(%logits) {dim = 1} : i32[32]
  %hits = eq(%best, %target) : pred[32]
  %numbers = convert(%hits) : f32[32]
  %correct = reduce_sum(%numbers) {dims = [0]} : f32[]
  return %mean, %correct
}
)";
constexpr char kInfer[] = R"(
func @infer(%x: u8[32,1,28,28], %w: f32[784,10] weight, %b: f32[10] weight) -> (f32[32,10]) {
  %logits = call
  return %logits
}
)";

// There are no calls in the IR: the network is written out where it stands.
std::string written_out(std::string text) {
  const std::string call = "  %logits = call\n";
  for (size_t at = text.find(call); at != std::string::npos; at = text.find(call))
    text.replace(at, call.size(),
                 "  %numbers_in = convert(%x) : f32[32,1,28,28]\n"
                 "  %scale = constant {value = 0.003921569} : f32[32,1,28,28]\n"
                 "  %scaled = mul(%numbers_in, %scale) : f32[32,1,28,28]\n"
                 "  %flat = reshape(%scaled) : f32[32,784]\n"
                 "  %xw = dot(%flat, %w) : f32[32,10]\n"
                 "  %bias = broadcast(%b) {dims = [1]} : f32[32,10]\n"
                 "  %logits = add(%xw, %bias) : f32[32,10]\n");
  return text;
}

constexpr char kData[] =
    " --set data.builtin=GLYPHS --set data.train_examples=330 --set data.validation_examples=100 --epochs 3";

class ProgramsOfIr : public testing::Test {
 protected:
  ProgramsOfIr() { bench_.write("p.ir", written_out(std::string(kClassifier) + kInfer)); }

  Workbench bench_;
};

TEST_F(ProgramsOfIr, TrainFromTheCommandLineAlone) {
  const Outcome train = bench_.succeed("train p.ir --out run" + std::string(kData));
  EXPECT_THAT(train.out, HasSubstr("p: 3 epochs, 30 steps"));
  EXPECT_THAT(train.err,
              HasSubstr("the program takes 32 examples at a time, which leaves out 10 of 330 training examples "
                        "and 4 of 100 validation examples in each epoch"));
  EXPECT_THAT(bench_.read("run/metrics.csv"), HasSubstr("validation_accuracy"));

  // The run folder has all that it needs.
  EXPECT_THAT(bench_.read("run/config.textproto"), HasSubstr("  text: \"// Softmax regression on bytes.\\n\"\n"));
  bench_.write("p.ir", "");
  const auto told = nlohmann::json::parse(bench_.succeed("eval run --json").out);
  EXPECT_EQ(told["examples"], 96);
  int64_t in_classes = 0;
  for (const auto& row : told["classes"]) in_classes += row["examples"].get<int64_t>();
  EXPECT_EQ(in_classes, 96);
  EXPECT_EQ(bench_.succeed("eval run").err,
            "the program takes 32 examples at a time, which leaves out 4 of 100 validation examples\n");
  expect_refused(bench_, "export run -o n.onnx --batch 7",
                 "run/config.textproto: error: takes batches of 32, not of 7");
  EXPECT_GT(told["accuracy"], 0.5);
  EXPECT_EQ(told["classes"].size(), 10U);
  EXPECT_EQ(count_of(bench_.succeed("predict run --index 0:3").out, "(is "), 3);
  EXPECT_THAT(bench_.succeed("train --resume run --epochs 4").out, HasSubstr("4 epochs, 40 steps"));
  bench_.succeed("report run -o report.html");
}

TEST_F(ProgramsOfIr, AreTakenWhereModelsAre) {
  bench_.write("m.textproto",
               "network { ir: 'p.ir' weights { name: 'b' init { constant { value: 0.5 } } } }\n"
               "data { builtin: GLYPHS train_examples: 64 validation_examples: 32 }\n"
               "training { epochs: 1 }\n");
  EXPECT_THAT(bench_.succeed("check m.textproto").out, HasSubstr("7,850"));
  EXPECT_THAT(bench_.succeed("gradcheck m.textproto --samples 2").out, HasSubstr("all gradients agree"));
  EXPECT_THAT(bench_.succeed("memory m.textproto").out, HasSubstr("m, batch size 32"));
  EXPECT_THAT(bench_.succeed("diff m.textproto --steps 2").out, HasSubstr("all ways agree"));
  EXPECT_THAT(bench_.succeed("compile m.textproto --function infer").out, HasSubstr("func @infer("));
  EXPECT_THAT(bench_.succeed("sweep m.textproto --grid learning_rate=0.1,0.2").out, HasSubstr("0.2"));
  EXPECT_THAT(bench_.succeed("compile p.ir --function train_step").out, HasSubstr("func @train_step("));
  EXPECT_THAT(bench_.succeed("bench m.textproto --repeats 1").out, HasSubstr("train_step"));
}

TEST_F(ProgramsOfIr, NeedNotPredict) {
  bench_.write("l.ir", written_out(kClassifier));
  bench_.succeed("train l.ir --out run" + std::string(kData));
  bench_.succeed("eval run");
  bench_.succeed("memory run");
  const Outcome predict = bench_.run("predict run");
  EXPECT_EQ(predict.exit_code, 1);
  EXPECT_THAT(predict.err, HasSubstr("the program has no function @infer, so it gives no predictions"));
}

TEST_F(ProgramsOfIr, AreRefusedWithTheirPlace) {
  expect_refused(bench_, "train p.ir", "p.ir: error: the model names no data");
  expect_refused(bench_, "train p.ir --batch-size 64" + std::string(kData),
                 "--batch-size: error: batch size is 64, but the program p.ir is written for a batch of 32");
  expect_refused(bench_, "train q.ir", "q.ir: error: cannot open the IR file");
  expect_refused(bench_, "train p.ir --set data.builtin=GLYPHS --set data.train_examples=20",
                 "glyphs: error: has 20 examples, but the program takes 32 at a time");
  bench_.write("w.ir",
               "func @loss(%x: f32[4,2], %w: f32[4,2] weight) -> (f32[]) {\n  %0 = argmax(%w) {dim = 1} : i32[4]\n"
               "  %1 = convert(%0) : f32[4]\n  %2 = reduce_sum(%1) {dims = [0]} : f32[]\n  return %2\n}\n");
  expect_refused(bench_, "train w.ir --set data.linear_regression.weights=1,2",
                 "w.ir: error: no gradient passes op argmax, so \"w\" would never learn");
  bench_.write("s.ir",
               "func @loss(%x: f32[4,3], %target: f32[4,2], %w: f32[3,2] weight) -> (f32[]) {\n"
               "  %0 = dot(%x, %w) : f32[4,2]\n  %1 = sub(%0, %target) : f32[4,2]\n"
               "  %2 = mul(%1, %1) : f32[4,2]\n  %3 = reduce_sum(%2) {dims = [0, 1]} : f32[]\n  return %3\n}\n");
  expect_refused(bench_, "train s.ir --set data.linear_regression.weights=1,2,3",
                 "linear: error: the targets are f32[1000,1], but the network is built for f32[1000,2]");
}

}  // namespace
}  // namespace minnow
