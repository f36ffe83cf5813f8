#include <gtest/gtest.h>

#include "runtime/data/dataset.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class CsvTest : public testing::Test {
 protected:
  Result<Dataset> read(std::string_view text, const CsvOptions& options = {}) {
    return read_csv(folder_.write("data.csv", text), options);
  }
  // The error without the folder.
  std::string error(std::string_view text, const CsvOptions& options = {}) {
    const auto result = read(text, options);
    return result ? "no error" : result.error().to_string().substr(folder_.path().size() + 1);
  }
  TemporaryFolder folder_;
};

TEST_F(CsvTest, NumbersWithoutHeader) {
  const auto dataset = read("1,2.5,0\n3,-4e1,2\r\n\n# note\n+5, 6 ,1\n");
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->examples.type().to_string(), "f32[3,2]");
  EXPECT_EQ(dataset->examples.as<float>()[3], -40);
  EXPECT_EQ(dataset->labels.as<int32_t>()[1], 2);
  EXPECT_EQ(dataset->classes(), 3);
}

TEST_F(CsvTest, HeaderAndClassNames) {
  const auto dataset = read("size,kind,\"the, weight\"\n1,rose,3\n2,iris,4\n5,rose,6\n", {.label_columns = {"kind"}});
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->class_names, (std::vector<std::string>{"iris", "rose"}));
  EXPECT_EQ(dataset->labels.as<int32_t>()[0], 1);
  EXPECT_EQ(dataset->examples.as<float>()[5], 6);
}

TEST_F(CsvTest, WordLabelsWithoutHeader) {
  const auto dataset = read("1,a\n2,b\n");
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->size(), 2);
}

TEST_F(CsvTest, KnownClassNamesKeepTheirNumbers) {
  const auto dataset = read("1,c\n2,a\n", {.class_names = {"a", "b", "c"}});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->labels.as<int32_t>()[0], 2);
  EXPECT_NE(error("1,d\n", {.has_header = false, .class_names = {"a"}}).find("data.csv:1:3: error: label \"d\""),
            std::string::npos);
}

TEST_F(CsvTest, RegressionWithTwoTargets) {
  const auto dataset = read("x,y,z\n1,2,3\n4,5,6\n", {.label_columns = {"z", "0"}, .is_regression = true});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->labels.type().to_string(), "f32[2,2]");
  EXPECT_EQ(dataset->labels.as<float>()[1], 1);
}

TEST_F(CsvTest, AHeaderIsOneOfNames) {
  // Numbers in another notation, gaps and cells that are no names make no header, and no row is lost.
  for (const char* first : {",2,0", "NA,2,0", "?,2,0", "nan,2,0", "0x10,2,0"}) {
    const std::string found = error(first + std::string("\n3,4,1\n5,6,0\n"));
    EXPECT_EQ(found.find("data.csv:1:1: error: "), 0U) << found;
  }
  EXPECT_EQ(error("2,x,0\n3,4,1\n").find("data.csv:1:3: error: \"x\" is not a finite number"), 0U);
  EXPECT_EQ(read("size,2nd,kind\n1,2,0\n")->size(), 1);
  EXPECT_EQ(read("1,2,0\n3,4,1\n", {.has_header = true})->size(), 1);
  EXPECT_NE(error("a,b,c\n1,2,0\n", {.has_header = false}).find("\"a\" is not a finite number"), std::string::npos);
}

TEST_F(CsvTest, AHeaderWithOtherCellsIsToBeSaid) {
  for (const char* first : {",a,kind", "0,1,kind", "0,a,1"}) {
    const std::string text = first + std::string("\n3,4,1\n5,6,0\n");
    EXPECT_NE(error(text).find("hint: if line 1 holds names, say so: csv { header: true }"), std::string::npos)
        << first;
    EXPECT_EQ(read(text, {.has_header = true})->size(), 2);
  }
}

TEST_F(CsvTest, AHeaderIsSuggestedOnlyWhereTheFirstRowDiffers) {
  const std::string other = error("1,2,c\n3,4,a\n", {.class_names = {"a", "b"}});
  EXPECT_EQ(other, "data.csv:1:5: error: label \"c\" is none of the 2 classes");
  EXPECT_EQ(error("1,2,c\n", {.class_names = {"a", "b"}}), other);
  EXPECT_EQ(error("1,,c\n3,4,a\n").find("header"), std::string::npos);
}

TEST_F(CsvTest, AnotherSeparatorThanTheOneGivenIsBlamed) {
  const CsvOptions commas{.separator = ','};
  for (const char* text : {"1;2;0\n3;4;1\n", "1,5;2;0\n3;4,25;1\n", "a;b;kind\n1;2;0\n3;4;1\n"})
    EXPECT_NE(
        error(text, commas).find("hint: its cells seem to be parted by semicolons, but csv { separator } says commas"),
        std::string::npos)
        << text;
  EXPECT_NE(error("1 2 0\n3 4 1\n", commas).find("parted by blanks"), std::string::npos);
  EXPECT_EQ(error("1,2,0\n3,1\n", commas), "data.csv:2:1: error: 2 cells, but line 1 has 3");
}

TEST_F(CsvTest, WholeNumbersOfAnySizeAreNoNames) {
  for (const char* label : {"65536", "2147483647", "2147483648", "99999999999999999999", "-1", "-99999999999999999999"})
    EXPECT_EQ(error(fmt::format("1,2,{}\n1,2,0\n", label)),
              fmt::format("data.csv:1:5: error: label {} is outside 0 to 65535\n"
                          "  hint: classes that are numbers count from 0",
                          label));
}

TEST_F(CsvTest, WhatIsQuotedIsCut) {
  const std::string digits(100'000, '9'), letters(100'000, 'x');
  for (const std::string& text :
       {"1,2," + digits, "1," + letters + ",0", "1," + digits + ",0", "1,2," + letters + "\n1,2,3", letters + ",b\n,0",
        "a," + letters + "\n1,2\n" + letters + ",3"})
    EXPECT_LT(error(text).size(), 400) << text.substr(0, 20);
  EXPECT_LT(error("1," + letters + "\n", {.class_names = {"a", "b"}}).size(), 400);
  EXPECT_LT(read("1," + letters + "\n2," + letters + "y\n")->read_as.size(), 400);
}

TEST_F(CsvTest, NumbersAreOfAllClassesOfTheNetwork) {
  const auto dataset = read("5,0\n5,10\n5,1\n", {.max_classes = 12, .has_all_classes = true});
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->classes(), 12);
  EXPECT_NE(dataset->read_as.find("9, 10, 11"), std::string::npos) << dataset->read_as;
  EXPECT_EQ(read("5,a\n5,b\n", {.max_classes = 12, .has_all_classes = true})->classes(), 2);
}

TEST_F(CsvTest, NamesAreNoTargets) {
  EXPECT_EQ(error("1,yes\n2,no\n", {.is_regression = true, .is_binary = true}),
            "data.csv:1:3: error: \"yes\" is not a finite number\n"
            "  hint: names are classes, for softmax_cross_entropy with a unit for each");
  EXPECT_EQ(error("1,0.5\n2,no\n", {.is_regression = true}), "data.csv:2:3: error: \"no\" is not a finite number");
}

TEST_F(CsvTest, TellsWhatItDecided) {
  EXPECT_EQ(
      read("x,y,kind\n# note\n1,2,rose\n3,4,iris\n")->read_as,
      "cells parted by commas, names in line 1, 1 line beginning with # left out; classes in \"kind\": iris, rose");
  EXPECT_EQ(read("1;2;0\n3;4;2\n")->read_as,
            "cells parted by semicolons, no line of names; classes in column 2: 0, 1, 2");
  EXPECT_EQ(read("1 2 0.5\n", {.is_regression = true})->read_as,
            "cells parted by blanks, no line of names; targets in column 2");
}

TEST_F(CsvTest, ClassesThatAreNumbersAreSortedAsSuch) {
  const auto dataset = read("5,10.0\n5,2.0\n5,0.0\n5,1.0\n5,2\n");
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->class_names, (std::vector<std::string>{"0.0", "1.0", "2.0", "10.0"}));
  EXPECT_EQ(dataset->labels.as<int32_t>()[0], 3);
  EXPECT_EQ(dataset->labels.as<int32_t>()[4], 2);
  // Known names are found by their value, in whatever spelling.
  const auto other = read("5,1\n5,10\n", {.class_names = dataset->class_names});
  ASSERT_TRUE(other) << other.error().to_string();
  EXPECT_EQ(other->labels.as<int32_t>()[0], 1);
  EXPECT_EQ(other->labels.as<int32_t>()[1], 3);
  EXPECT_NE(error("5,1\n5,0\n", {.class_names = {"iris", "rose"}}).find("none of the 2 classes"), std::string::npos);
}

TEST_F(CsvTest, AColumnNumberIsNoName) {
  const auto dataset = read("a,0,y\n1,2,3\n", {.label_columns = {"0"}, .is_regression = true, .has_header = true});
  ASSERT_TRUE(dataset) << dataset.error().to_string();
  EXPECT_EQ(dataset->labels.as<float>()[0], 1);
}

TEST_F(CsvTest, TargetsOfBinaryCrossEntropyAreProbabilities) {
  const CsvOptions binary{.is_regression = true, .is_binary = true};
  EXPECT_EQ(read("5,0\n5,1\n5,0.25\n", binary)->labels.as<float>()[2], 0.25F);
  EXPECT_EQ(error("5,1\n5,2\n", binary).find("data.csv:2:3: error: target 2 is not within 0 to 1"), 0U);
  EXPECT_EQ(error("5,1\n5,-1\n", binary).find("data.csv:2:3: error: target -1 is not within 0 to 1"), 0U);
}

TEST_F(CsvTest, ErrorsNameTheirPlace) {
  EXPECT_NE(error("1,2,0\n3,x,1\n").find("data.csv:2:3: error: \"x\" is not a finite number"), std::string::npos);
  EXPECT_EQ(error("1,2,0\n1,inf,0\n").find("data.csv:2:3: error: \"inf\" is not a finite number"), 0U);
  EXPECT_EQ(error("1,2,0\n1,1e39,0\n").find("data.csv:2:3: error: \"1e39\" is beyond what f32 holds"), 0U);
  EXPECT_EQ(error("1,2,0\n1,nan,0\n").find("data.csv:2:3: error: the value is missing: \"nan\""), 0U);
  EXPECT_EQ(error("a,b,y\n1,,0\n").find("data.csv:2:3: error: the value is missing (\"b\")"), 0U);
  EXPECT_EQ(error("1,2,0\n1,2,NA\n").find("data.csv:2:5: error: label is missing: \"NA\""), 0U);
  EXPECT_NE(error("1,5;0\n2,5;1\n").find("hint: decimals are written with a point"), std::string::npos);
  EXPECT_NE(error("1,2,0\n3,1\n").find("data.csv:2:1: error: 2 cells, but line 1 has 3"), std::string::npos);
  EXPECT_NE(error("1,2,0\n1,2,-1\n").find("data.csv:2:5: error: label -1 is outside"), std::string::npos);
  EXPECT_NE(error("1,\"2\n").find("quote is not closed"), std::string::npos);
  EXPECT_NE(error("").find("is empty"), std::string::npos);
  EXPECT_NE(error("a,b\n").find("no row"), std::string::npos);
  EXPECT_NE(error("1\n2\n").find("no column left"), std::string::npos);
  EXPECT_NE(error("size,kind\n1,2\n", {.label_columns = {"kin"}}).find("did you mean \"kind\"?"), std::string::npos);
  EXPECT_NE(error("1,2\n", {.label_columns = {"7"}}).find("its columns are 0 to 1"), std::string::npos);
}

}  // namespace
}  // namespace minnow
