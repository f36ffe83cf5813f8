#include "runtime/load_data.h"

#include <gtest/gtest.h>

#include "runtime/npy.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class LoadDataTest : public testing::Test {
 protected:
  Result<DataSplits> load(int64_t classes) {
    return load_data(data_, {.data_dir = folder_.path(), .seed = 1, .classes = classes}, pool_);
  }
  spec::Data data_;
  TemporaryFolder folder_;
  ThreadPool pool_{2};
};

TEST_F(LoadDataTest, Glyphs) {
  data_.set_builtin(spec::Data::GLYPHS);
  data_.set_train_examples(30);
  data_.set_validation_examples(20);
  const auto splits = load(10);
  ASSERT_TRUE(splits);
  EXPECT_EQ(splits->train.examples.type().to_string(), "u8[30,1,28,28]");
  EXPECT_EQ(splits->validation.labels.type().to_string(), "i32[20]");
  EXPECT_NE(load(5).error().message.find("outside the 5 classes"), std::string::npos);
  EXPECT_EQ(load(0)->train.labels.type().to_string(), "f32[30,1]");
}

TEST_F(LoadDataTest, LinearRegression) {
  data_.mutable_linear_regression()->add_weights(2);
  data_.set_train_examples(5);
  data_.set_validation_examples(3);
  EXPECT_EQ(load(0)->train.labels.type().to_string(), "f32[5,1]");
  EXPECT_FALSE(load(3));
}

TEST_F(LoadDataTest, Csv) {
  folder_.write("train.csv", "1,2,a\n3,4,c\n5,6,b\n");
  folder_.write("val.csv", "1,2,c\n");
  data_.mutable_csv()->set_train("train.csv");
  data_.mutable_csv()->set_validation("val.csv");
  const auto splits = load(3);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(splits->validation.labels.as<int32_t>()[0], 2);
  EXPECT_FALSE(load(2));
  data_.set_train_examples(2);
  EXPECT_EQ(load(3)->train.size(), 2);
  data_.set_train_examples(9);
  EXPECT_EQ(load(3).error().where, "data.train_examples");
  data_.mutable_csv()->set_validation("none.csv");
  EXPECT_NE(load(3).error().message.find("there is no such file in " + folder_.path()), std::string::npos);
}

TEST_F(LoadDataTest, Npy) {
  ASSERT_TRUE(write_npy(folder_.file("x.npy"), Tensor::zeros({DType::kF64, {4, 3}})));
  ASSERT_TRUE(write_npy(folder_.file("y.npy"), Tensor::zeros({DType::kI32, {4}})));
  ASSERT_TRUE(write_npy(folder_.file("z.npy"), Tensor::zeros({DType::kF32, {4}})));
  spec::Data::Npy& npy = *data_.mutable_npy();
  npy.set_train_inputs("x.npy");
  npy.set_train_targets("y.npy");
  npy.set_validation_inputs("x.npy");
  npy.set_validation_targets("y.npy");
  const auto splits = load(2);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(splits->train.examples.type().to_string(), "f32[4,3]");
  npy.set_train_targets("z.npy");
  EXPECT_NE(load(2).error().message.find("classes are whole numbers"), std::string::npos);
  EXPECT_EQ(load(0)->train.labels.type().to_string(), "f32[4,1]");
}

}  // namespace
}  // namespace minnow
