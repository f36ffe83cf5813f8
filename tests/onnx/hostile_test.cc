// Files that lie: each is refused with a message, and nothing else happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/onnx/small_graph.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow::onnx_tests {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OnnxHostile : public testing::Test {
 protected:
  OnnxHostile() { fs::create_directories(folder_.file("model")); }

  // The message of a model in model/F.onnx whose initializer "w" has these fields.
  std::string with_initializer(const std::string& fields) const {
    const onnx::ModelProto model = small_model({"op_type: 'Add' input: 'x' input: 'w' output: 'y'"}, {x()}, 22,
                                               "initializer { name: 'w' " + fields + " }");
    const auto file = OnnxFile::read(folder_.write("model/F.onnx", model.SerializeAsString()));
    if (!file) return file.error().message;
    return import_message(**file);
  }

  static std::string import_message(const OnnxFile& file) {
    Function function("infer");
    std::map<std::string, Value*> values;
    const auto inputs = graph_inputs(file, {});
    if (!inputs) return inputs.error().message;
    for (const GraphInput& input : *inputs) values[input.name] = function.add_parameter(input.name, input.type);
    const auto graph = import_graph(file, {"y"}, values, {.max_bytes = int64_t{1} << 30}, function);
    return graph ? "" : graph.error().message;
  }

  static SmallInput x() { return {"x", {DType::kF32, {2}}, {1, 2}}; }

  TemporaryFolder folder_;
};

constexpr const char* kExternal =
    "data_type: 1 dims: 2 data_location: EXTERNAL external_data { key: 'location' value: '%' }";

std::string external(const std::string& location, const std::string& more = "") {
  std::string text = kExternal;
  return text.replace(text.find('%'), 1, location) + more;
}

TEST_F(OnnxHostile, ExternalDataStayInTheFolder) {
  folder_.write("outside.bin", std::string(8, '\0'));
  folder_.write("model/inside.bin", std::string(8, '\0'));
  EXPECT_EQ(with_initializer(external("inside.bin")), "");
  EXPECT_THAT(with_initializer(external("../outside.bin")), HasSubstr("outside of the model's folder"));
  EXPECT_THAT(with_initializer(external(folder_.file("outside.bin"))), HasSubstr("outside of the model's folder"));
  fs::create_symlink(folder_.file("outside.bin"), folder_.file("model/link.bin"));
  EXPECT_THAT(with_initializer(external("link.bin")), HasSubstr("outside of the model's folder"));
  EXPECT_THAT(with_initializer(external("none.bin")), HasSubstr("cannot be opened"));
  EXPECT_THAT(with_initializer(external("..")), HasSubstr("outside of the model's folder"));
  EXPECT_THAT(with_initializer(external(".")), HasSubstr("are no file"));
}

TEST_F(OnnxHostile, ExternalDataAreAsLongAsTheySay) {
  folder_.write("model/short.bin", "1234");
  EXPECT_THAT(with_initializer(external("short.bin")), HasSubstr("bytes 0 to 8 of short.bin, which has 4"));
  EXPECT_THAT(with_initializer(external("short.bin", " external_data { key: 'offset' value: '9223372036854775807' }")),
              HasSubstr("bytes 9223372036854775807 to 9223372036854775807 of short.bin, which has 4"));
  EXPECT_THAT(with_initializer(external("short.bin", " external_data { key: 'length' value: '4' }")),
              HasSubstr("its shape needs 8 bytes"));
  EXPECT_THAT(with_initializer(external("short.bin", " external_data { key: 'offset' value: '-1' }")),
              HasSubstr("no number of bytes"));
}

TEST_F(OnnxHostile, SizesThatLie) {
  EXPECT_THAT(with_initializer("data_type: 1 dims: 1099511627776 raw_data: 'abcd'"),
              HasSubstr("more than 2^31 elements"));
  EXPECT_THAT(with_initializer("data_type: 1 dims: 2000000000 raw_data: 'abcd'"), HasSubstr("its data are 4 bytes"));
  EXPECT_THAT(with_initializer("data_type: 1 dims: -1 float_data: 1"), HasSubstr("negative dimension"));
  EXPECT_THAT(with_initializer("data_type: 1 dims: 2 float_data: 1"), HasSubstr("needs 2 entries"));
  EXPECT_THAT(with_initializer("data_type: 1 dims: 1 raw_data: 'abc'"), HasSubstr("needs 4 bytes"));
  EXPECT_THAT(with_initializer("data_type: 77 dims: 1 raw_data: 'abc'"), HasSubstr("type 77"));
  EXPECT_THAT(with_initializer("data_type: 1 dims: [1,1,1,1,1,1,1,1,1] float_data: 1"), HasSubstr("the limit is 8"));
}

TEST_F(OnnxHostile, NamesTwiceAndCycles) {
  const auto message = [&](const std::vector<std::string>& nodes) { return answer(nodes, {x()}).error; };
  EXPECT_THAT(message({"op_type: 'Relu' input: 'x' output: 'y'", "op_type: 'Relu' input: 'x' output: 'y'"}),
              HasSubstr("defined twice"));
  EXPECT_THAT(message({"op_type: 'Add' input: 'x' input: 'y' output: 'y'"}),
              HasSubstr("reads \"y\", which nothing before it defines"));
  EXPECT_THAT(message({"op_type: 'Relu' input: 'z' output: 'y'", "op_type: 'Relu' input: 'y' output: 'z'"}),
              HasSubstr("nothing before it defines"));
}

TEST_F(OnnxHostile, ResultsThatAreTooLarge) {
  const SmallInput shape{"n", {DType::kI32, {2}}, {2000000000, 2}};
  EXPECT_THAT(answer({"op_type: 'Expand' input: 'x' input: 'n' output: 'y'"}, {x(), shape}).error,
              HasSubstr("2^31 elements"));
  onnx::ModelProto model =
      small_model({"op_type: 'Expand' input: 'x' input: 'n' output: 'z'", "op_type: 'Exp' input: 'z' output: 'y'"},
                  {x()}, 22, "initializer { name: 'n' data_type: 7 dims: 2 int64_data: [1000000000, 2] }");
  const auto file = OnnxFile::parse(model.SerializeAsString(), "F.onnx");
  ASSERT_TRUE(file);
  EXPECT_THAT(import_message(**file), HasSubstr("are allowed"));
}

TEST_F(OnnxHostile, SequencesThatDouble) {
  std::vector<std::string> nodes = {"op_type: 'SequenceConstruct' input: 'x' input: 'x' output: 's0'"};
  for (int i = 1; i < 40; ++i)
    nodes.push_back(fmt::format("op_type: 'SequenceConstruct' input: 's{0}' input: 's{0}' output: 's{1}'", i - 1, i));
  nodes.emplace_back("op_type: 'SequenceLength' input: 's39' output: 'y'");
  EXPECT_THAT(answer(nodes, {x()}).error, HasSubstr("a sequence of sequences"));
}

TEST_F(OnnxHostile, AttributesThatNobodyReads) {
  const std::string node = "op_type: 'Relu' input: 'x' output: 'y' attribute { name: 'slope' type: FLOAT f: 2 }";
  EXPECT_THAT(answer({node}, {x()}).error, HasSubstr("its attribute slope is not supported"));
}

// 2^40 nodes by functions of two nodes each.
TEST_F(OnnxHostile, FunctionsThatMultiply) {
  std::string more;
  onnx::ModelProto model = small_model({"op_type: 'f40' domain: 'd' input: 'x' output: 'y'"}, {x()});
  auto& import = *model.add_opset_import();
  import.set_domain("d");
  import.set_version(1);
  for (int i = 0; i <= 40; ++i) {
    onnx::FunctionProto& function = *model.add_functions();
    function.set_name(fmt::format("f{}", i));
    function.set_domain("d");
    function.add_input("a");
    function.add_output("c");
    for (const auto& [from, to] : {std::pair("a", "b"), std::pair("b", "c")}) {
      onnx::NodeProto& node = *function.add_node();
      node.set_op_type(i == 0 ? "Identity" : fmt::format("f{}", i - 1));
      node.set_domain(i == 0 ? "" : "d");
      node.add_input(from);
      node.add_output(to);
    }
  }
  const auto file = OnnxFile::parse(model.SerializeAsString(), "F.onnx");
  ASSERT_TRUE(file);
  EXPECT_THAT(import_message(**file), HasSubstr("expand to more than"));
}

TEST_F(OnnxHostile, AFunctionThatCallsItself) {
  onnx::ModelProto model = small_model({"op_type: 'f' domain: 'd' input: 'x' output: 'y'"}, {x()});
  onnx::FunctionProto& function = *model.add_functions();
  function.set_name("f");
  function.set_domain("d");
  function.add_input("a");
  function.add_output("b");
  onnx::NodeProto& node = *function.add_node();
  node.set_op_type("f");
  node.set_domain("d");
  node.add_input("a");
  node.add_output("b");
  const auto file = OnnxFile::parse(model.SerializeAsString(), "F.onnx");
  ASSERT_TRUE(file);
  EXPECT_THAT(import_message(**file), HasSubstr("deep within each other"));
}

TEST_F(OnnxHostile, NestingThatIsTooDeep) {
  onnx::ModelProto model = small_model({}, {x()});
  onnx::GraphProto* graph = model.mutable_graph();
  for (int depth = 0; depth < 200; ++depth) {
    onnx::NodeProto& node = *graph->add_node();
    node.set_op_type("If");
    node.add_output("y");
    graph = node.add_attribute()->mutable_g();
  }
  const auto file = OnnxFile::parse(model.SerializeAsString(), "F.onnx");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("nested too deeply"));
}

TEST_F(OnnxHostile, AHundredThousandNodes) {
  onnx::ModelProto model = small_model({}, {x()});
  constexpr int kNodes = 100000;
  for (int i = 0; i < kNodes; ++i) {
    onnx::NodeProto& node = *model.mutable_graph()->add_node();
    node.set_op_type("Neg");
    node.add_input(i == 0 ? "x" : fmt::format("v{}", i - 1));
    node.add_output(i == kNodes - 1 ? "y" : fmt::format("v{}", i));
  }
  const auto file = OnnxFile::parse(model.SerializeAsString(), "F.onnx");
  ASSERT_TRUE(file);
  EXPECT_EQ(import_message(**file), "");
}

// A loop whose body is `inner` and hands on what it carries, `times` round.
std::string loop_around(const std::string& inner, const std::string& times, const std::string& result) {
  return "op_type: 'Loop' input: '" + times + "' input: '' input: 'x' output: '" + result +
         "' attribute { name: 'body' type: GRAPH g { name: 'b' input { name: 'i" + result + "' } input { name: 'c" +
         result + "' } input { name: 'h" + result + "' } " + inner + " node { op_type: 'Identity' input: 'c" + result +
         "' output: 'd" + result + "' } output { name: 'd" + result + "' } output { name: 'o" + result + "' } } }";
}

const std::string kTimes =
    "initializer { name: 'two' data_type: 7 int64_data: 2 } initializer { name: 'endless' data_type: 7 int64_data: "
    "9223372036854775807 } initializer { name: 'million' data_type: 7 int64_data: 1000000 }";

TEST_F(OnnxHostile, LoopsThatNeverEnd) {
  const std::string body = "node { op_type: 'Neg' input: 'hy' output: 'oy' }";
  EXPECT_THAT(answer({loop_around(body, "endless", "y")}, {x()}, 22, kTimes).error, HasSubstr("more than 10000 times"));
  EXPECT_THAT(answer({loop_around(body, "", "y")}, {x()}, 22, kTimes).error, HasSubstr("more than 10000 times"));
}

TEST_F(OnnxHostile, LoopsThatPutTooMuchTogether) {
  std::string node = loop_around(
      "node { op_type: 'Neg' input: 'hz' output: 'oz' } node { op_type: 'Expand' input: 'oz' input: 'big' output: 'all' }",
      "million", "z");
  node.insert(node.rfind("} }"), "output { name: 'all' } ");
  const onnx::ModelProto model =
      small_model({node + " output: 'y'"}, {x()}, 22,
                  kTimes + " initializer { name: 'big' data_type: 7 dims: 2 int64_data: [1000, 2] }");
  const auto file = OnnxFile::parse(model.SerializeAsString(), "F.onnx");
  ASSERT_TRUE(file);
  EXPECT_THAT(import_message(**file),
              HasSubstr("more than 10000 times, and is no loop: with 1000000 steps of f32[1,1000,2] the graph needs"));
}

// Its parts are made around the body, which is left meanwhile.
TEST_F(OnnxHostile, LoopsThatSplitTooMuch) {
  const SmallInput table = {"t", {DType::kF32, {2, 2, 100'000'000}}, {}};
  const std::string node = loop_around(
      "node { op_type: 'Gather' input: 't' input: 'iy' output: 'oy' attribute { name: 'axis' type: INT i: 1 } }", "two",
      "y");
  const auto file = OnnxFile::parse(small_model({node}, {x(), table}, 22, kTimes).SerializeAsString(), "F.onnx");
  ASSERT_TRUE(file);
  EXPECT_THAT(import_message(**file), HasSubstr("bytes, but 1073741824 are allowed"));
}

// What is refused within one is tried again for each iteration of each loop around it.
TEST_F(OnnxHostile, LoopsThatAreTriedAgainAndAgain) {
  std::string inner = "node { op_type: 'NonZero' input: 'h0' output: 'o0' }";
  std::string node = loop_around(inner, "two", "0");
  for (int depth = 1; depth < 20; ++depth) {
    const std::string result = depth == 19 ? "y" : std::to_string(depth);
    node = loop_around("node { " + node + " } node { op_type: 'Identity' input: '" + std::to_string(depth - 1) +
                           "' output: 'o" + result + "' }",
                       "two", result);
  }
  EXPECT_THAT(answer({node}, {x()}, 22, kTimes).error, HasSubstr("(NonZero of version 22): its input 0"));
}

TEST_F(OnnxHostile, FilesThatAreCutShort) {
  const std::string bytes = small_model({"op_type: 'Relu' input: 'x' output: 'y'"}, {x()}).SerializeAsString();
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto file = OnnxFile::parse(bytes.substr(0, length), "F.onnx");
    if (file) (void)import_message(**file);
  }
  EXPECT_THAT(OnnxFile::read(folder_.file("none.onnx")).error().message, HasSubstr("cannot open"));
  EXPECT_THAT(OnnxFile::read(folder_.path()).error().message, HasSubstr("is a folder"));
}

// Whatever a byte becomes, there is an answer or an error.
TEST_F(OnnxHostile, BytesThatAreChanged) {
  const std::string bytes =
      small_model(
          {"op_type: 'Conv' input: 'x3' input: 'w' output: 'z' attribute { name: 'pads' ints: [1,1] type: INTS }",
           "op_type: 'Reshape' input: 'x' input: 'n' output: 'x3'", "op_type: 'Flatten' input: 'z' output: 'y'"},
          {x()}, 22,
          "initializer { name: 'n' data_type: 7 dims: 3 int64_data: [1, 1, 2] } initializer { name: 'w' data_type: 1 "
          "dims: [1, 1, 3] float_data: [1, 2, 3] }")
          .SerializeAsString();
  for (size_t at = 0; at < bytes.size(); ++at)
    for (const int bit : {0, 1, 3, 5, 7}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const auto file = OnnxFile::parse(changed, "F.onnx");
      if (file) (void)import_message(**file);
    }
}

}  // namespace
}  // namespace minnow::onnx_tests
