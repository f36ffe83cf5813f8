#include <gtest/gtest.h>

#include "runtime/dataset.h"
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

TEST_F(CsvTest, ErrorsNameTheirPlace) {
  EXPECT_NE(error("1,2,0\n3,x,1\n").find("data.csv:2:3: error: \"x\" is not a finite number"), std::string::npos);
  EXPECT_NE(error("1,nan,0\n").find("data.csv:1:3"), std::string::npos);
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
