// Sizes that no rule foresaw, and files that say little and mean much: refused, before memory is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::HasSubstr;

SmallInput floats(const std::string& name, Shape shape) {
  TensorType type{DType::kF32, std::move(shape)};
  const auto count = static_cast<size_t>(checked_element_count(type.shape).value_or(0));
  return {name, std::move(type), std::vector<double>(count, 1)};
}

std::string ints(const std::string& name, const std::string& values) {
  const auto count = values.empty() ? 0 : 1 + std::ranges::count(values, ',');
  return fmt::format("initializer {{ name: '{}' data_type: 7 dims: {} int64_data: [{}] }} ", name, count, values);
}

std::string whole(const std::string& name, int64_t value) {
  return fmt::format("attribute {{ name: '{}' type: INT i: {} }} ", name, value);
}

// A tensor "s" of 2^31 - 1 elements, all 1 of this type: so many bytes that no machine is asked for them.
const std::string kMany = ints("n", "2147483647");
std::string many(int type, const std::string& data) {
  return fmt::format(
      "op_type: 'ConstantOfShape' input: 'n' output: 's' attribute {{ name: 'value' type: TENSOR t {{ data_type: {} "
      "dims: 1 {} }} }}",
      type, data);
}

TEST(OnnxSizes, OfShapesWithoutElementsAreBounded) {
  EXPECT_THAT(answer({"op_type: 'Flatten' input: 'x' output: 'y'"}, {floats("x", {0, 65536, 65536})}).error,
              HasSubstr("at most 8 dimensions and 2^31 elements"));
  EXPECT_THAT(answer({"op_type: 'Concat' input: 'a' input: 'a' output: 'y' " + whole("axis", 0)}, {}, 22,
                     "initializer { name: 'a' data_type: 7 dims: [0, 65536, 65536] }")
                  .error,
              HasSubstr("2^31 elements"));
}

TEST(OnnxSizes, OfAnEmptyAxisFromItsEnd) {
  const std::string slice = "op_type: 'Slice' input: '{}' input: 'st' input: 'en' input: 'ax' input: 'sp' output: 'y'";
  const std::string rest = ints("st", "-1") + ints("en", "-100") + ints("sp", "-1") + ints("e", "");
  const Answer known = answer({fmt::format(fmt::runtime(slice), "e")}, {}, 22, rest + ints("ax", "0"));
  EXPECT_EQ(known.error, "");
  EXPECT_EQ(known.shape, Shape{0});
  const Answer computed =
      answer({fmt::format(fmt::runtime(slice), "x")}, {floats("x", {2, 0})}, 22, rest + ints("ax", "1"));
  EXPECT_EQ(computed.error, "");
  EXPECT_EQ(computed.shape, Shape({2, 0}));
}

TEST(OnnxSizes, OfListsAreBounded) {
  const auto message = [](const std::string& node, const std::string& splat) {
    return answer({splat, node}, {floats("x", {1})}, 22, kMany).error;
  };
  const std::string wholes = many(7, "int64_data: 1"), reals = many(1, "float_data: 1");
  EXPECT_THAT(message("op_type: 'Reshape' input: 'x' input: 's' output: 'y'", wholes),
              HasSubstr("is a list of 2147483647 numbers"));
  EXPECT_THAT(message("op_type: 'Gather' input: 'x' input: 's' output: 'y'", wholes),
              HasSubstr("2147483647 indices that are known"));
  EXPECT_THAT(message("op_type: 'Compress' input: 'x' input: 's' output: 'y'", many(9, "int32_data: 1")),
              HasSubstr("2147483647 conditions"));
  EXPECT_THAT(message("op_type: 'Resize' input: 'x' input: '' input: 's' output: 'y'", reals),
              HasSubstr("2147483647 scales for 1 axes"));
}

TEST(OnnxSizes, OfAScalarWhereThereMustBeDimensions) {
  EXPECT_THAT(
      answer({"op_type: 'LSTM' input: ['x', 'w', 'r', '', '', '', '', 'p'] output: 'y' " + whole("hidden_size", 2)},
             {floats("x", {1, 1, 1}), floats("w", {1, 8, 1}), floats("r", {1, 8, 2}), floats("p", {})})
          .error,
      HasSubstr("the peepholes are []"));
  EXPECT_THAT(answer({"op_type: 'Attention' input: ['q', 'q', 'q', 'm'] output: 'y'"},
                     {floats("q", {1, 1, 2, 2}), floats("m", {})}, 23)
                  .error,
              HasSubstr("its mask is a single number"));
}

TEST(OnnxSizes, ThatABodyDeclaresAreBounded) {
  const std::string body =
      "attribute { name: 'body' type: GRAPH g { name: 'b' input { name: 'i' } input { name: 'c' } node { op_type: "
      "'Identity' input: 'c' output: 'd' } node { op_type: 'Identity' input: 'x' output: 'o' } output { name: 'd' } "
      "output { name: 'o' type { tensor_type { elem_type: 1 shape { dim { dim_value: 1099511627776 } } } } } } }";
  EXPECT_THAT(answer({"op_type: 'Loop' input: 'n' input: '' output: 'y' " + body}, {floats("x", {1})}, 22,
                     "initializer { name: 'n' data_type: 7 int64_data: 0 }")
                  .error,
              HasSubstr("its body declares a result of [0,1099511627776]"));
}

TEST(OnnxSizes, OfWhatAPoolingLeftAreSizes) {
  const std::string node =
      "op_type: 'MaxUnpool' input: ['x', 'i', 's'] output: 'y' attribute { name: 'kernel_shape' type: INTS ints: 1 } "
      "attribute { name: 'pads' type: INTS ints: [9, 9] }";
  const SmallInput places{"i", {DType::kI32, {1, 1, 2}}, {0, 1}};
  EXPECT_THAT(answer({node}, {floats("x", {1, 1, 2}), places}, 22, ints("s", "1, 1, 4")).error,
              HasSubstr("its shapes do not fit"));
}

TEST(OnnxSizes, OfWhatIsResizedAreBounded) {
  const std::string policy = "attribute { name: 'keep_aspect_ratio_policy' type: STRING s: 'not_smaller' }";
  EXPECT_THAT(answer({"op_type: 'Resize' input: ['x', '', '', 'z'] output: 'y' " + policy}, {floats("x", {65536, 1})},
                     22, ints("z", "2, 16777216"))
                  .error,
              HasSubstr("an axis gets the size 1099511627776"));
  EXPECT_THAT(
      answer({"op_type: 'Resize' input: ['x', '', '', 'z'] output: 'y' attribute { name: 'mode' type: STRING s: "
              "'linear' } attribute { name: 'axes' type: INTS ints: 1 } " +
              whole("antialias", 1)},
             {floats("x", {0, 2147483647})}, 22, ints("z", "1"))
          .error,
      HasSubstr("an axis of 2147483647 that becomes 1"));
  EXPECT_EQ(answer({"op_type: 'Resize' input: ['x', '', '', 'z'] output: 'y' " + policy}, {floats("x", {})}, 22,
                   ints("z", ""))
                .error,
            "");
}

TEST(OnnxSizes, OfSequencesAreBounded) {
  EXPECT_THAT(answer({"op_type: 'SplitToSequence' input: 'x' output: 's' " + whole("axis", 1),
                      "op_type: 'SequenceLength' input: 's' output: 'y'"},
                     {floats("x", {0, 2147483647})})
                  .error,
              HasSubstr("2147483647 elements in parts of 1"));
  std::vector<std::string> nodes = {"op_type: 'SequenceEmpty' output: 's0'"};
  for (int i = 0; i < 20000; ++i)
    nodes.push_back(fmt::format("op_type: 'SequenceInsert' input: ['s{}', 'x'] output: 's{}'", i, i + 1));
  nodes.emplace_back("op_type: 'SequenceLength' input: 's20000' output: 'y'");
  EXPECT_THAT(answer(nodes, {floats("x", {1})}).error, HasSubstr("expand to more than 1000000 nodes"));
}

TEST(OnnxSizes, OfNumbersOfTwoTypesAreNotCompared) {
  EXPECT_NE(answer({"op_type: 'Equal' input: ['a', 'b'] output: 'y'"}, {}, 22,
                   ints("a", "1, 2") + "initializer { name: 'b' data_type: 1 dims: 2 float_data: [1, 2] }")
                .error,
            "");
}

}  // namespace
}  // namespace minnow::onnx_tests
