#include "runtime/data/load_data.h"

#include <gtest/gtest.h>

#include <cmath>

#include "runtime/data/batch.h"
#include "runtime/data/npy.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class LoadDataTest : public testing::Test {
 protected:
  Result<DataSplits> load(int64_t classes) {
    return load_data(data_, {.places = {folder_.path()}, .seed = 1, .classes = classes}, pool_);
  }
  Result<DataSplits> load_binary() {
    return load_data(data_, {.places = {folder_.path()}, .seed = 1, .is_binary = true}, pool_);
  }
  // The same arrays train and validate.
  void use_npy(const Tensor& inputs, const Tensor& targets) {
    ASSERT_TRUE(write_npy(folder_.file("x.npy"), inputs));
    ASSERT_TRUE(write_npy(folder_.file("y.npy"), targets));
    spec::Data::Npy& npy = *data_.mutable_npy();
    npy.set_train_inputs("x.npy");
    npy.set_train_targets("y.npy");
    npy.set_validation_inputs("x.npy");
    npy.set_validation_targets("y.npy");
  }
  // The error of loading f64 [2,2] inputs and f32 [2] targets, without the folder.
  std::string npy_error(std::initializer_list<double> inputs, std::initializer_list<float> targets) {
    use_npy(Tensor::from<double>({DType::kF64, {2, 2}}, inputs), Tensor::from<float>({DType::kF32, {2}}, targets));
    const auto splits = load(0);
    return splits ? "no error" : splits.error().to_string().substr(folder_.path().size() + 1);
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

TEST_F(LoadDataTest, AFileSortedByClassIsToldWhereFewerAreUsed) {
  folder_.write("train.csv", "1,a\n2,a\n3,a\n4,b\n5,c\n");
  data_.mutable_csv()->set_train("train.csv");
  data_.mutable_csv()->set_validation("train.csv");
  data_.set_train_examples(3);
  data_.set_validation_examples(1);
  const auto splits = load(3);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(
      splits->train.notes,
      std::vector<std::string>{"data.train_examples: the first 3 examples of train.csv are of 1 of its 3 classes"});
  EXPECT_EQ(splits->validation.notes, std::vector<std::string>{}) << "one example is of one class";
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

TEST_F(LoadDataTest, BytesOfAnArrayAreDividedBy255UnlessAScaleIsSet) {
  use_npy(Tensor::from<uint8_t>({DType::kU8, {2, 2}}, {0, 51, 102, 255}),
          Tensor::from<uint8_t>({DType::kU8, {2}}, {7, 200}));
  auto splits = load(0);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(splits->train.examples.type().to_string(), "u8[2,2]");
  Tensor fed = Tensor::zeros({DType::kF32, {1, 2}});
  gather_rows(splits->train.examples, std::vector<int32_t>{0}, fed, splits->train.byte_scale);
  EXPECT_EQ(fed.as<float>()[1], 51 * static_cast<float>(1.0 / 255));
  scale_bytes(splits->train);
  EXPECT_EQ(splits->train.byte_scale, 1);
  EXPECT_FLOAT_EQ(splits->train.examples.as<float>()[1], 0.2F);
  EXPECT_FLOAT_EQ(splits->train.examples.as<float>()[3], 1);
  EXPECT_EQ(splits->train.labels.as<float>()[1], 200);
  EXPECT_NE(splits->train.read_as.find("divided by 255"), std::string::npos);
  data_.mutable_normalize()->set_scale(1);
  EXPECT_EQ(load(0)->train.examples.as<uint8_t>()[1], 51);
  EXPECT_EQ(load(0)->train.byte_scale, 1);
  EXPECT_EQ(load(0)->train.read_as, "");
}

TEST_F(LoadDataTest, BytesAndOtherNumbersDoNotMixWithoutAScale) {
  use_npy(Tensor::zeros({DType::kU8, {2, 2}}), Tensor::zeros({DType::kI32, {2}}));
  ASSERT_TRUE(write_npy(folder_.file("v.npy"), Tensor::zeros({DType::kF32, {2, 2}})));
  data_.mutable_npy()->set_validation_inputs("v.npy");
  EXPECT_NE(load(2).error().message.find("one of it and x.npy holds bytes"), std::string::npos);
  data_.mutable_normalize()->set_scale(1);
  EXPECT_TRUE(load(2));
}

TEST_F(LoadDataTest, NumbersBeyondF32AreRefusedWithTheirPlace) {
  EXPECT_EQ(npy_error({1, 2, 3, 1e-300}, {1, 2}), "no error");
  EXPECT_EQ(npy_error({1, 2, 3, NAN}, {1, 2}),
            "x.npy: error: row 1, column 1 (from 0) is nan, which is not a finite number");
  EXPECT_EQ(npy_error({1, -INFINITY, 3, 4}, {1, 2}),
            "x.npy: error: row 0, column 1 (from 0) is -inf, which is not a finite number");
  EXPECT_EQ(npy_error({1, 2, 1e39, 4}, {1, 2}), "x.npy: error: element [1,0] is 1e+39, which f32 does not hold");
  EXPECT_EQ(npy_error({1, 2, 3, 4}, {1, INFINITY}),
            "y.npy: error: row 1 (from 0) is inf, which is not a finite number");
  use_npy(Tensor::from<float>({DType::kF32, {1, 1, 2, 2}}, {1, 2, NAN, 4}), Tensor::zeros({DType::kI32, {1}}));
  EXPECT_NE(load(2).error().message.find("row 0 at [0,1,0] (from 0) is nan"), std::string::npos);
}

TEST_F(LoadDataTest, TargetsOfBinaryCrossEntropyAreProbabilitiesWhateverTheSource) {
  const Tensor inputs = Tensor::zeros({DType::kF32, {3, 2}});
  use_npy(inputs, Tensor::from<float>({DType::kF32, {3}}, {0, 0.5F, 1}));
  EXPECT_TRUE(load_binary());
  use_npy(inputs, Tensor::from<int32_t>({DType::kI32, {3, 1}}, {1, -1, 1}));
  EXPECT_NE(load_binary().error().to_string().find("y.npy: error: target -1 of example 1 is not within 0 to 1"),
            std::string::npos);
  use_npy(inputs, Tensor::from<float>({DType::kF32, {3, 2}}, {0, 1, 1, 0, 0, NAN}));
  EXPECT_NE(load_binary().error().message.find("row 2, column 1 (from 0) is nan"), std::string::npos);
  data_.set_builtin(spec::Data::GLYPHS);
  data_.set_train_examples(30);
  data_.set_validation_examples(20);
  EXPECT_NE(load_binary().error().to_string().find("glyphs: error: target 2 of example 2 is not within"),
            std::string::npos);
  folder_.write("t.csv", "5,1\n6,2\n");
  data_.mutable_csv()->set_train("t.csv");
  data_.mutable_csv()->set_validation("t.csv");
  EXPECT_NE(load_binary().error().to_string().find("t.csv:2:3: error: target 2 is not within 0 to 1"),
            std::string::npos);
}

TEST_F(LoadDataTest, CsvTakesItsHeaderAndSeparatorFromTheModel) {
  data_.mutable_csv()->set_train("t.csv");
  data_.mutable_csv()->set_validation("t.csv");
  folder_.write("t.csv", "1;2;0\n3;4;1\n");
  EXPECT_EQ(load(2)->train.size(), 2);
  data_.mutable_csv()->set_header(true);
  EXPECT_EQ(load(2)->train.size(), 1);
  data_.mutable_csv()->set_header(false);
  folder_.write("t.csv", "a;b;c\n3;4;1\n");
  EXPECT_NE(load(2).error().message.find("\"a\" is not a finite number"), std::string::npos);
  data_.mutable_csv()->clear_header();
  data_.mutable_csv()->set_separator(",");
  EXPECT_NE(load(2).error().message.find("no column left"), std::string::npos);
}

TEST_F(LoadDataTest, CsvFilesAgreeInClassesAndColumns) {
  folder_.write("t.csv", "x,y,kind\n1,2,0\n3,4,1\n");
  folder_.write("v.csv", "x,y,kind\n1,2,2\n");
  data_.mutable_csv()->set_train("t.csv");
  data_.mutable_csv()->set_validation("v.csv");
  EXPECT_EQ(load(3)->validation.labels.as<int32_t>()[0], 2);
  folder_.write("v.csv", "y,x,kind\n2,1,1\n");
  EXPECT_NE(load(3).error().to_string().find("v.csv: error: has the column \"y\" where t.csv has \"x\""),
            std::string::npos);
  folder_.write("t.csv", "x,y,kind\n1,2,a\n3,4,b\n5,6,c\n");
  EXPECT_NE(load(2).error().to_string().find("t.csv: error: has 3 classes, but only 2 are told apart"),
            std::string::npos);
}

}  // namespace
}  // namespace minnow
