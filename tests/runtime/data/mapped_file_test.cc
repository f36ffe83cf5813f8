#include "runtime/data/mapped_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "runtime/data/batch.h"
#include "runtime/data/load_text.h"
#include "runtime/data/npy.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRows = 70000, kWidth = 256;
static_assert(kRows * kWidth > kLeastMappedBytes);

std::string pattern(int64_t bytes) {
  std::string text(static_cast<size_t>(bytes), '\0');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + (i * 2654435761U >> 9) % 26);
  return text;
}

std::string big_endian(uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift);
  return bytes;
}

class MappedFileTest : public testing::Test {
 protected:
  Result<Dataset> open_idx() {
    const std::string header = std::string("\0\0\x08\x03", 4) + big_endian(kRows) + big_endian(16) + big_endian(16);
    images_ = folder_.write("images", header + pattern(kRows * kWidth));
    const std::string labels = std::string("\0\0\x08\x01", 4) + big_endian(kRows) + std::string(kRows, '\1');
    return read_idx_dataset(images_, folder_.write("labels", labels), "pictures", {});
  }
  // All rows as numbers.
  static Tensor gathered(const Dataset& data) {
    std::vector<int32_t> rows = rows_in_order(data);
    Tensor all = Tensor::uninitialized({DType::kF32, data.examples.type().shape});
    gather_rows(data.examples, rows, all, data.byte_scale);
    return all;
  }

  TemporaryFolder folder_;
  std::string images_;
};

TEST_F(MappedFileTest, HoldsWhatTheFileHolds) {
  const auto data = open_idx();
  ASSERT_TRUE(data) << data.error().to_string();
  EXPECT_EQ(data->files.size(), 1U);
  EXPECT_EQ(data->examples.bytes(), pattern(kRows * kWidth));
  EXPECT_TRUE(check_unchanged(*data));
  const auto read = read_idx(images_);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes(), data->examples.bytes());
}

TEST_F(MappedFileTest, IsThePartsAndOutlivesTheWhole) {
  Dataset part;
  {
    const auto data = open_idx();
    ASSERT_TRUE(data);
    part = slice_dataset(*data, 5, 2);
    EXPECT_EQ(part.examples.data(), data->examples.data() + 5 * kWidth);
  }
  EXPECT_EQ(part.examples.bytes(), pattern(kRows * kWidth).substr(5 * kWidth, 2 * kWidth));
  part.examples.as<uint8_t>()[0] = 0;  // which the file never sees
  EXPECT_EQ(read_idx(images_)->bytes(), pattern(kRows * kWidth));
}

TEST_F(MappedFileTest, ThatIsCutShortIsAnErrorAndNoSignal) {
  const auto data = open_idx();
  ASSERT_TRUE(data);
  fs::resize_file(images_, 5 << 20);
  const Tensor all = gathered(*data);
  EXPECT_EQ(all.as<float>()[0], 'a');
  EXPECT_EQ(all.as<float>().back(), 0);
  const Status status = check_unchanged(*data);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().where, images_);
  EXPECT_NE(status.error().message.find("has become shorter"), std::string::npos);
  fs::resize_file(images_, 16 + kRows * kWidth);
  EXPECT_FALSE(check_unchanged(*data));
}

TEST_F(MappedFileTest, ThatChangesIsAnError) {
  const auto data = open_idx();
  ASSERT_TRUE(data);
  fs::last_write_time(images_, fs::last_write_time(images_) + std::chrono::seconds(2));
  ASSERT_FALSE(check_unchanged(*data));
  EXPECT_NE(check_unchanged(*data).error().message.find("has changed"), std::string::npos);
}

// A new file that is renamed over the old one leaves that as it was.
TEST_F(MappedFileTest, MayBeReplaced) {
  const auto data = open_idx();
  ASSERT_TRUE(data);
  fs::rename(folder_.write("other", "x"), images_);
  EXPECT_TRUE(check_unchanged(*data));
  EXPECT_EQ(data->examples.bytes(), pattern(kRows * kWidth));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // which handle the signal, report it and exit
const auto died_of_it = [](int status) { return !testing::ExitedWithCode(0)(status); };
#else
const auto died_of_it = testing::KilledBySignal(SIGBUS);
#endif

TEST_F(MappedFileTest, LeavesOtherSignalsAlone) {
  ASSERT_TRUE(open_idx());
  EXPECT_EXIT(std::raise(SIGBUS), died_of_it, "");
  EXPECT_EXIT(
      {
        const auto data = open_idx();
        std::raise(SIGBUS);
      },
      died_of_it, "");
}

TEST_F(MappedFileTest, IsAnArrayOfTheTypeThatIsWanted) {
  for (const DType dtype : {DType::kF32, DType::kU8, DType::kI32, DType::kF64}) {
    const TensorType type{dtype, {kRows, kWidth}};
    ASSERT_TRUE(write_npy(folder_.file("x.npy"), Tensor::zeros(type)));
    for (const DType wanted : {DType::kF32, dtype}) {
      MappedFiles files;
      auto array = NpyArray::open(folder_.file("x.npy"));
      ASSERT_TRUE(array);
      const auto tensor = array->read_or_map(wanted, files);
      ASSERT_TRUE(tensor) << tensor.error().to_string();
      EXPECT_EQ(tensor->type(), TensorType(wanted, type.shape));
      // Whole numbers are checked once, and must stay what they were.
      EXPECT_EQ(files.empty(), wanted != dtype || dtype == DType::kI32) << dtype_name(dtype) << dtype_name(wanted);
    }
  }
}

// Between the look at an array's header and the wish for its elements.
TEST_F(MappedFileTest, ThatIsCutShortBeforeItIsMappedIsAnError) {
  ASSERT_TRUE(write_npy(folder_.file("x.npy"), Tensor::zeros({DType::kU8, {kRows, kWidth}})));
  auto array = NpyArray::open(folder_.file("x.npy"));
  ASSERT_TRUE(array);
  fs::resize_file(folder_.file("x.npy"), kLeastMappedBytes);
  MappedFiles files;
  const auto tensor = array->read_or_map(DType::kU8, files);
  ASSERT_FALSE(tensor);
  EXPECT_EQ(tensor.error().where, folder_.file("x.npy"));
  EXPECT_NE(tensor.error().message.find("has become shorter"), std::string::npos);
  EXPECT_TRUE(files.empty());
}

TEST_F(MappedFileTest, IsATextWhoseBytesAreTokens) {
  const std::string text = pattern(kLeastMappedBytes + 1000);
  spec::Data data;
  data.mutable_text()->set_file(folder_.write("text.txt", text));
  for (const auto level : {spec::Data::Text::CHAR, spec::Data::Text::BYTE}) {
    data.mutable_text()->set_level(level);
    const auto splits = load_text(data, 50, {});
    ASSERT_TRUE(splits) << splits.error().to_string();
    EXPECT_EQ(splits->train.files.size(), 1U);
    const Dataset rows = slice_dataset(splits->train, 3, 2);
    for (size_t i = 0; i < 100; ++i)
      EXPECT_EQ(splits->train.class_names[static_cast<size_t>(rows.examples.as<int32_t>()[i])],
                text.substr(150 + i, 1));
  }
}

}  // namespace
}  // namespace minnow
