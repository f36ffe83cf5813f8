#include "runtime/data/open_dataset.h"

#include <gtest/gtest.h>

#include "runtime/data/data_statistics.h"
#include "runtime/data/npy.h"
#include "runtime/data/png.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class OpenDataset : public testing::Test {
 protected:
  Result<Dataset> open(const std::string& name, OpenDatasetOptions options = {}) {
    return open_dataset(name, options, pool_);
  }
  TemporaryFolder folder_;
  ThreadPool pool_{1};
};

TEST_F(OpenDataset, KnowsNamesAndSuggestsThem) {
  EXPECT_EQ(open("glyphs")->size(), 12000);
  EXPECT_EQ(open("glyphs", {.split = "validation"})->size(), 2000);
  EXPECT_EQ(open("glyhps").error().hint, "did you mean glyphs?");
  EXPECT_NE(open("zebras").error().hint.find("folder of PNG"), std::string::npos);
  for (const std::string file : {"nowhere/x.csv", "nowhere.csv", "nowhere/folder"}) {
    EXPECT_EQ(open(file).error().where, file);
    EXPECT_TRUE(open(file).error().message.starts_with("there is no such file in "));
  }
}

TEST_F(OpenDataset, ReadsATableWithClassesOrNumbers) {
  const auto classes = open(folder_.write("c.csv", "1,2,x\n3,4,y\n5,6,x\n"));
  ASSERT_TRUE(classes) << classes.error().to_string();
  EXPECT_EQ(classes->class_names, (std::vector<std::string>{"x", "y"}));
  const auto numbers = open(folder_.write("n.csv", "1,2,0.5\n3,4,-1.5\n"));
  ASSERT_TRUE(numbers) << numbers.error().to_string();
  EXPECT_TRUE(numbers->class_names.empty());
  EXPECT_EQ(open(folder_.write("n.csv", "1,2\n3\n")).error().code, ExitCode::kInput);
  EXPECT_EQ(open(folder_.path() + "/c.csv", {.split = "train"}).error().code, ExitCode::kUsage);
}

TEST_F(OpenDataset, ReadsAnArrayWithAndWithoutItsTargets) {
  ASSERT_TRUE(write_npy(folder_.file("x.npy"), Tensor::zeros({DType::kF32, {3, 4}})));
  ASSERT_TRUE(write_npy(folder_.file("y.npy"), Tensor::from<int32_t>({DType::kI32, {3}}, {0, 2, 1})));
  ASSERT_TRUE(write_npy(folder_.file("bad.npy"), Tensor::from<int32_t>({DType::kI32, {3}}, {0, -2, 1})));
  EXPECT_EQ(open(folder_.file("x.npy"))->labels.dim(0), 0);
  EXPECT_EQ(open(folder_.file("x.npy"), {.targets = folder_.file("y.npy")})->classes(), 3);
  EXPECT_FALSE(open(folder_.file("x.npy"), {.targets = folder_.file("bad.npy")}));
  EXPECT_FALSE(open(folder_.file("x.npy"), {.targets = folder_.file("missing.npy")}));
  ASSERT_TRUE(write_npy(folder_.file("x.npy"), Tensor::from<double>({DType::kF64, {1, 2}}, {1, 1e300})));
  EXPECT_NE(open(folder_.file("x.npy")).error().message.find("row 0, column 1 (from 0) is 1e+300"), std::string::npos);
}

TEST_F(OpenDataset, ReadsAFolderOfPictures) {
  for (const char* name : {"cat", "dog"}) {
    std::filesystem::create_directories(folder_.file(name));
    ASSERT_TRUE(write_png(folder_.file(name) + "/1.png", Tensor::zeros({DType::kU8, {3, 2}})));
  }
  EXPECT_EQ(open(folder_.path())->class_names, (std::vector<std::string>{"cat", "dog"}));
}

TEST(DataStatistics, CountsClassesAndMeasuresEveryColumn) {
  const Dataset data{"t",
                     Tensor::from<float>({DType::kF32, {3, 2}}, {1, 10, 2, 20, 3, 60}),
                     Tensor::from<int32_t>({DType::kI32, {3}}, {1, 1, 0}),
                     {"a", "b", "c"}};
  const DataStatistics found = measure_data(data);
  EXPECT_EQ(found.class_counts, (std::vector<int64_t>{1, 2, 0}));
  ASSERT_EQ(found.features.size(), 2U);
  EXPECT_DOUBLE_EQ(found.features[0].mean, 2);
  EXPECT_NEAR(found.features[0].deviation, std::sqrt(2.0 / 3), 1e-12);
  EXPECT_DOUBLE_EQ(found.features[1].greatest, 60);
  EXPECT_DOUBLE_EQ(found.all.mean, 16);
}

TEST(DataStatistics, LabelsThatALossIgnoresAreOfNoClass) {
  const Dataset data{"t",
                     Tensor::from<float>({DType::kF32, {2, 1}}, {1, 2}),
                     Tensor::from<int32_t>({DType::kI32, {2, 2}}, {-100, 1, 0, 1000000}),
                     {"a", "b"}};
  EXPECT_EQ(measure_data(data).class_counts, (std::vector<int64_t>{1, 1}));
}

TEST(DataStatistics, BytesCountAsTheNetworkIsFedThem) {
  const Dataset data{
      "t", Tensor::from<uint8_t>({DType::kU8, {1, 1, 1, 2}}, {0, 255}), Tensor::zeros({DType::kI32, {1}}), {"a"}};
  EXPECT_DOUBLE_EQ(measure_data(data).all.mean, 0.5);
  EXPECT_DOUBLE_EQ(measure_data(data).features[0].deviation, 0.5);
}

}  // namespace
}  // namespace minnow
