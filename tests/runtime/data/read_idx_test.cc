#include <gtest/gtest.h>
#include <zlib.h>

#include "runtime/data/dataset.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

std::string idx(std::initializer_list<uint32_t> dims, std::string_view data, char type = 8) {
  std::string bytes = {0, 0, type, static_cast<char>(dims.size())};
  for (const uint32_t dim : dims)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(dim >> shift);
  return bytes.append(data);
}

std::string gzipped(const std::string& path, std::string_view bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return path;
}

std::string message(const std::string& path) { return read_idx(path).error().message; }

class IdxTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(IdxTest, ReadsPlainAndGzipped) {
  const std::string bytes = idx({2, 1, 3}, "abcdef");
  for (const std::string& path : {folder_.write("plain", bytes), gzipped(folder_.file("x.gz"), bytes)}) {
    const auto tensor = read_idx(path);
    ASSERT_TRUE(tensor) << tensor.error().to_string();
    EXPECT_EQ(tensor->type().to_string(), "u8[2,1,3]");
    EXPECT_EQ(tensor->bytes(), "abcdef");
  }
}

TEST_F(IdxTest, RefusesBadHeaders) {
  EXPECT_NE(message(folder_.write("a", "\x01\x02\x08\x01....")).find("is not an IDX file"), std::string::npos);
  EXPECT_NE(message(folder_.write("b", idx({1}, "....", 0x0D))).find("only unsigned bytes"), std::string::npos);
  EXPECT_NE(message(folder_.write("c", idx({1, 1, 1, 1, 1}, "."))).find("5 dimensions"), std::string::npos);
  EXPECT_NE(message(folder_.write("d", "")).find("is empty"), std::string::npos);
  EXPECT_NE(message(folder_.write("e", idx({1, 2}, "").substr(0, 10))).find("within its IDX header"),
            std::string::npos);
  EXPECT_NE(message(folder_.path()).find("is a folder"), std::string::npos);
  EXPECT_NE(message(folder_.file("none")).find("No such file"), std::string::npos);
}

TEST_F(IdxTest, RefusesHeadersThatClaimTooMuch) {
  EXPECT_NE(message(folder_.write("a", idx({1000, 28, 28}, "..."))).find("more than the file can hold"),
            std::string::npos);
  EXPECT_NE(message(gzipped(folder_.file("b.gz"), idx({40000, 200, 200}, "..."))).find("more than the file can hold"),
            std::string::npos);
  EXPECT_NE(message(folder_.write("c", idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, ""))).find("the limit is 2^31"),
            std::string::npos);
}

TEST_F(IdxTest, RefusesTruncatedAndTrailingBytes) {
  EXPECT_NE(message(folder_.write("a", idx({4}, "abc"))).find("is truncated"), std::string::npos);
  EXPECT_NE(message(gzipped(folder_.file("b.gz"), idx({40}, "abc"))).find("is truncated"), std::string::npos);
  EXPECT_NE(message(folder_.write("c", idx({2}, "abc"))).find("trailing bytes"), std::string::npos);
  EXPECT_NE(message(gzipped(folder_.file("d.gz"), idx({2}, "abc"))).find("trailing bytes"), std::string::npos);
}

TEST_F(IdxTest, RefusesDamagedGzip) {
  std::string noise;
  for (uint32_t i = 0; i < 5000; ++i) noise += static_cast<char>(i * 2654435761U >> 13);
  const std::string path = gzipped(folder_.file("a.gz"), idx({5000}, noise));
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, size - 3);
  EXPECT_FALSE(read_idx(path));
  std::filesystem::resize_file(path, size / 2);
  EXPECT_FALSE(read_idx(path));
  std::filesystem::resize_file(path, 5);
  EXPECT_FALSE(read_idx(path));
}

TEST_F(IdxTest, PairsImagesWithLabels) {
  const std::string images = folder_.write("images", idx({2, 1, 2}, "abcd"));
  const auto dataset = read_idx_dataset(images, folder_.write("labels", idx({2}, "\x01\x02")), "x", {});
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->examples.type().to_string(), "u8[2,1,1,2]");
  EXPECT_EQ(dataset->classes(), 3);
  EXPECT_EQ(dataset->labels.as<int32_t>()[1], 2);

  const auto disagreeing = read_idx_dataset(images, folder_.write("three", idx({3}, "\x01\x01\x01")), "x", {});
  EXPECT_NE(disagreeing.error().message.find("holds 2 images, but"), std::string::npos);
  const auto outside = read_idx_dataset(images, folder_.file("labels"), "x", {"a", "b"});
  EXPECT_EQ(outside.error().where, folder_.file("labels"));
  EXPECT_EQ(outside.error().message, "label 2 of example 1 is outside the 2 classes (0 to 1)");
  EXPECT_FALSE(read_idx_dataset(folder_.file("labels"), folder_.file("labels"), "x", {}));
}

}  // namespace
}  // namespace minnow
