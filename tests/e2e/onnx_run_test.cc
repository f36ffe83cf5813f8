// minnow on graphs of ONNX.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "frontend/onnx/onnx.pb.h"
#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

const std::string kGraph = MINNOW_SOURCE_DIR "/models/onnx/glyphs.onnx";

std::string graph_of(const std::string& fields) {
  onnx::ModelProto model;
  const std::string text = "ir_version: 8 opset_import { version: 17 } graph { name: \"g\"" + fields + " }";
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &model)) << text;
  return model.SerializeAsString();
}

TEST(OnnxRun, ABatchThatIsOpenIsThatOfTheFirstArray) {
  Workbench bench;
  bench.write("x.npy", npy("<f4", "3, 1, 28, 28", std::string(3 * 28 * 28 * 4, '\0')));
  const auto scores_of = [&](const std::string& flags) { return bench.succeed("run " + kGraph + flags).out; };
  EXPECT_EQ(scores_of(" --input image=@x.npy").substr(0, 18), "scores: f32[3,10] ");
  EXPECT_EQ(scores_of(" --input image=0").substr(0, 18), "scores: f32[1,10] ");
  EXPECT_EQ(scores_of(" --input image=0 --batch-size 2").substr(0, 18), "scores: f32[2,10] ");
  expect_refused(bench, "run " + kGraph + " --input image=@x.npy --batch-size 2",
                 "x.npy: error: holds f32[3,1,28,28], but parameter \"image\" is f32[2,1,28,28]");
}

TEST(OnnxRun, AnInputWithoutABatchDoesNotSayIt) {
  Workbench bench;
  const std::string graph = bench.write("m.onnx", graph_of(R"(
    node { op_type: "ReduceSum" input: "four" output: "sum" attribute { name: "keepdims" i: 0 type: INT } }
    node { op_type: "Mul" input: "x" input: "sum" output: "y" }
    input { name: "four" type { tensor_type { elem_type: 1 shape { dim { dim_value: 4 } } } } }
    input { name: "x" type { tensor_type { elem_type: 1 shape { dim { dim_param: "N" } dim { dim_value: 3 } } } } }
    output { name: "y" })"));
  bench.write("four.npy", npy("<f4", "4,", std::string(16, '\0')));
  bench.write("x.npy", npy("<f4", "2, 3", std::string(24, '\0')));
  EXPECT_EQ(bench.succeed("run " + graph + " --input four=@four.npy --input x=@x.npy").out.substr(0, 11),
            "y: f32[2,3]");
}

std::string strings_in_pb(const std::vector<std::string>& strings) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::STRING);
  tensor.add_dims(std::ssize(strings));
  for (const std::string& string : strings) tensor.add_string_data(string);
  return tensor.SerializeAsString();
}

TEST(OnnxRun, StringsAreReadWithTheGraphAndPrinted) {
  Workbench bench;
  const std::string graph = bench.write("m.onnx", graph_of(R"(
    node { op_type: "StringNormalizer" input: "words" output: "kept"
           attribute { name: "stopwords" strings: "the" type: STRINGS }
           attribute { name: "case_change_action" s: "UPPER" type: STRING } }
    node { op_type: "Shape" input: "kept" output: "count" }
    input { name: "words" type { tensor_type { elem_type: 8 shape { dim { dim_param: "N" } } } } }
    output { name: "kept" } output { name: "count" })"));
  bench.write("words.pb", strings_in_pb({"The", "quick", "fox"}));
  EXPECT_EQ(bench.succeed("run " + graph + " --input words=@words.pb --out results").out,
            "count: i32[1] = 2\nkept: string[2] = \"QUICK\" \"FOX\"\n");
  EXPECT_EQ(bench.read("results/kept.pb"), strings_in_pb({"QUICK", "FOX"}));
  expect_refused(bench, "run " + graph,
                 graph + ": error: input \"words\" is of strings, which must be known when the graph is read");
  expect_refused(bench, "check " + graph,
                 graph + ": error: input \"words\" is of strings, which must be known when the graph is read");
}

TEST(OnnxRun, StringsAreNoNumbers) {
  Workbench bench;
  bench.write("words.pb", strings_in_pb({"a"}));
  const std::string graph = bench.write("m.onnx", graph_of(R"(
    node { op_type: "Neg" input: "x" output: "y" }
    input { name: "x" type { tensor_type { elem_type: 1 shape { dim { dim_value: 1 } } } } }
    output { name: "y" })"));
  expect_refused(bench, "run " + graph + " --input x=@words.pb",
                 "words.pb: error: holds strings, which do not fit f32");
}

TEST(OnnxExport, AGraphHasWeightsOfItsOwn) {
  const Outcome done = Workbench().succeed("export " + kGraph + " -o again.onnx");
  EXPECT_EQ(count_of(done.out + done.err, "without --weights, the weights are those that it starts from"), 1);
}

// Nor in a bundle, where they would take flash.
TEST(OnnxExport, WeightsThatOnlyTrainingReadsStayAtHome) {
  const Workbench bench;
  bench.write("m.textproto", R"(inputs { name: "x" shape: [4] }
    layers { name: "main" dense { units: 3 } }
    layers { name: "helper" inputs: "x" dense { units: 2 } }
    output: "main" loss { mean_squared_error {} } losses { output: "helper" l1 {} target: "other" })");
  bench.succeed("export m.textproto -o m.onnx");
  bench.succeed("compile m.textproto --emit=c -o c");
  for (const char* file : {"m.onnx", "c/m.c"}) {
    EXPECT_GT(count_of(bench.read(file), "main.weight"), 0) << file;
    EXPECT_EQ(count_of(bench.read(file), "helper"), 0) << file;
  }
}

// What lies behind the header of safetensors, which tells of times, too.
std::string tensors_in(const std::string& bytes) {
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  return bytes.substr(sizeof header + header);
}

// A loop is written as a Scan and read as a loop again, so that nothing is computed in another order.
class ExportedLayers : public testing::TestWithParam<std::string> {};

TEST_P(ExportedLayers, TrainOnTheSame) {
  Workbench bench;
  const std::string rest =
      "loss { softmax_cross_entropy { ignore_index: -1 } } training { adam {} batch_size: 16 epochs: 1 seed: 3 } data { builtin: REVERSE "
      "train_examples: 64 validation_examples: 16 }";
  bench.write("a.textproto",
              "inputs { name: \"tokens\" shape: 8 type: I32 } layers { name: \"e\" embedding { "
              "vocabulary: 11 units: 6 } } layers { name: \"s\" " +
                  GetParam() + " } layers { name: \"d\" dense { units: 11 per_position: true } } " + rest);
  bench.succeed("export a.textproto --set training.seed=3 --logits -o a.onnx");
  bench.write("b.textproto", "network { onnx: \"a.onnx\" } " + rest);
  bench.succeed("train a.textproto --out a");
  bench.succeed("train b.textproto --out b");
  EXPECT_TRUE(tensors_in(bench.read("a/weights.safetensors")) == tensors_in(bench.read("b/weights.safetensors")));
}

INSTANTIATE_TEST_SUITE_P(Recurrent, ExportedLayers,
                         testing::Values("lstm { units: 7 }", "gru { units: 7 layers: 2 }",
                                         "rnn { units: 5 bidirectional: true }"));

}  // namespace
}  // namespace minnow
