// Strings are known when a graph is read, or refused: what they give is held against numbers worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/onnx/small_graph.h"

namespace minnow::onnx_tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A node that defines `name` as this list, "'a', 'b'".
std::string strings(const std::string& name, const std::string& list) {
  return "op_type: 'Constant' output: '" + name + "' attribute { name: 'value_strings' type: STRINGS strings: [" +
         list + "] }";
}

std::string text_attribute(const std::string& name, const std::string& text) {
  return " attribute { name: '" + name + "' type: STRING s: '" + text + "' }";
}

// Whether "found" is this list, each for itself: what nodes give of strings, as numbers.
Answer compared(std::vector<std::string> nodes, const std::string& expected) {
  nodes.push_back(strings("expected", expected));
  nodes.emplace_back("op_type: 'Equal' input: 'found' input: 'expected' output: 'y'");
  return answer(nodes, {});
}

void expect_all_equal(std::vector<std::string> nodes, const std::string& expected, size_t count) {
  const Answer found = compared(std::move(nodes), expected);
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.values, std::vector<double>(count, 1));
}

TEST(OnnxStrings, AreEqualOrNot) {
  EXPECT_THAT(compared({strings("found", "'a', 'b', ''")}, "'a', 'B', ''").values, ElementsAre(1, 0, 1));
}

TEST(OnnxStrings, AreMovedAsNumbersAre) {
  expect_all_equal({strings("a", "'p', 'q'"), strings("b", "'r'"),
                    "op_type: 'Concat' input: 'a' input: 'b' output: 'c' attribute { name: 'axis' type: INT i: 0 }",
                    "op_type: 'Constant' output: 'i' attribute { name: 'value_ints' type: INTS ints: [2, 0] }",
                    "op_type: 'Gather' input: 'c' input: 'i' output: 'found'"},
                   "'r', 'p'", 2);
}

TEST(OnnxStrings, AreSplitAtEachDelimiterOrAtRunsOfBlanks) {
  const auto split = [](const std::string& attributes) {
    return answer({strings("x", "'a,b,,c', ' a  b ', ''"),
                   "op_type: 'StringSplit' input: 'x' output: 'parts' output: 'y'" + attributes},
                  {})
        .values;
  };
  EXPECT_THAT(split(text_attribute("delimiter", ",")), ElementsAre(4, 1, 1));
  EXPECT_THAT(split(text_attribute("delimiter", ",") + " attribute { name: 'maxsplit' type: INT i: 1 }"),
              ElementsAre(2, 1, 1));
  EXPECT_THAT(split(""), ElementsAre(1, 2, 0));
}

TEST(OnnxStrings, OfNoneThereAreNoPartsWhereverTheyAreSplit) {
  const Answer counts =
      answer({"op_type: 'Constant' output: 'x' attribute { name: 'value' type: TENSOR t { dims: 0 "
              "data_type: 8 } }",
              "op_type: 'StringSplit' input: 'x' output: 'parts' output: 'y'" + text_attribute("delimiter", ",") +
                  " attribute { name: 'maxsplit' type: INT i: 1 }"},
             {});
  EXPECT_EQ(counts.error, "");
  EXPECT_EQ(counts.shape, Shape{0});
}

TEST(OnnxStrings, LettersOfAllAlphabetsChangeCaseAndOtherBytesStay) {
  expect_all_equal(
      {strings("x", R"('straße', 'жук', '\377a\300\200')"),
       "op_type: 'StringNormalizer' input: 'x' output: 'found'" + text_attribute("case_change_action", "UPPER")},
      R"('STRAßE', 'ЖУК', '\377A\300\200')", 3);
}

TEST(OnnxStrings, WordsThatAreLeftOutLeaveAnEmptyOneAtLeast) {
  const std::string normalize =
      "op_type: 'StringNormalizer' input: 'x' output: 'found' attribute { name: 'stopwords' type: STRINGS strings: 'No' }";
  expect_all_equal({strings("x", "'NO', 'yes'"), normalize}, "'yes'", 1);
  expect_all_equal({strings("x", "'NO', 'no'"), normalize}, "''", 1);
  const std::string sensitive = " attribute { name: 'is_case_sensitive' type: INT i: 1 }";
  expect_all_equal({strings("x", "'No', 'no'"), normalize + sensitive}, "'no'", 1);
}

TEST(OnnxStrings, WhatIsComputedChoosesNone) {
  const SmallInput which{"i", {DType::kI32, {1}}, {0}};
  EXPECT_THAT(answer({strings("x", "'a', 'b'"), "op_type: 'Gather' input: 'x' input: 'i' output: 'z'",
                      "op_type: 'Size' input: 'z' output: 'n'", "op_type: 'Add' input: 'n' input: 'i' output: 'y'"},
                     {which})
                  .error,
              HasSubstr("strings are not computed with"));
}

TEST(OnnxStrings, AreRefusedWhereNumbersAreAskedFor) {
  const SmallInput x{"x", {DType::kF32, {2}}, {1, 2}};
  for (const char* node :
       {"op_type: 'Reshape' input: 'x' input: 's' output: 'y'", "op_type: 'Neg' input: 's' output: 'y'",
        "op_type: 'Add' input: 's' input: 's' output: 'y'", "op_type: 'TopK' input: 'x' input: 's' output: 'y'",
        "op_type: 'Cast' input: 's' output: 'y' attribute { name: 'to' type: INT i: 1 }",
        "op_type: 'Gather' input: 'x' input: 's' output: 'y'", "op_type: 'Unique' input: 's' output: 'y'",
        "op_type: 'SequenceConstruct' input: 's' output: 'y'"})
    EXPECT_THAT(answer({strings("s", "'1', '2'"), node}, {x}).error, HasSubstr("is of strings")) << node;
  EXPECT_THAT(answer({strings("y", "'1', '2'")}, {}).error, HasSubstr("the output \"y\" is of strings"));
}

// Each node would make them twice as long.
TEST(OnnxStrings, DoNotGrowWithoutEnd) {
  std::vector<std::string> nodes = {strings("s0", "'abcdefgh'")};
  for (int i = 0; i < 40; ++i) {
    const std::string from = "s" + std::to_string(i);
    nodes.push_back("op_type: 'StringConcat' input: '" + from + "' input: '" + from + "' output: 's" +
                    std::to_string(i + 1) + "'");
  }
  nodes.emplace_back("op_type: 'Size' input: 's40' output: 'y'");
  EXPECT_THAT(answer(nodes, {}).error, HasSubstr("longer than 16777216 bytes"));
}

}  // namespace
}  // namespace minnow::onnx_tests
