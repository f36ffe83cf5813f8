// Files with a bit that flipped or an end that is missing: refused, or read as what was written, never as anything
// else.
#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <optional>
#include <sstream>

#include "runtime/data/dataset.h"
#include "runtime/data/npy.h"
#include "runtime/data/png.h"
#include "runtime/safetensors.h"
#include "tests/e2e/data_files.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow::testing {
namespace {

using namespace std::string_literals;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// A format as a way from a file to what it holds, or to nothing if it is refused.
using Reader = std::function<std::optional<std::string>(const std::string& path)>;

template <Result<Tensor> (*read)(const std::string&)>
std::optional<std::string> bytes_of_tensor(const std::string& path) {
  const auto tensor = read(path);
  if (tensor) return tensor->type().to_string() + std::string(tensor->bytes());
  EXPECT_TRUE(tensor.error().where.starts_with(path)) << tensor.error().to_string();
  return std::nullopt;
}

Result<Tensor> read_idx_file(const std::string& path) { return read_idx(path); }

std::optional<std::string> bytes_of_weights(const std::string& path) {
  const auto file = read_safetensors(path);
  if (!file) {
    EXPECT_TRUE(file.error().where.starts_with(path)) << file.error().to_string();
    return std::nullopt;
  }
  std::string text;
  for (const auto& [key, value] : file->metadata) text += key + value;
  for (const NamedTensor& named : file->tensors)
    text += named.name + named.tensor.type().to_string() + std::string(named.tensor.bytes());
  return text;
}

class Damage : public ::testing::Test {
 protected:
  void expect_every_truncation_refused(const std::string& bytes, const Reader& read) {
    for (size_t length = 0; length < bytes.size(); ++length)
      EXPECT_FALSE(read(folder_.write("file", bytes.substr(0, length)))) << length << " of " << bytes.size();
  }
  // For formats with a checksum. Two or three bits of each byte.
  void expect_every_flip_noticed(const std::string& bytes, const Reader& read) {
    const auto whole = read(folder_.write("file", bytes));
    ASSERT_TRUE(whole);
    for (size_t bit = 0; bit < 8 * bytes.size(); bit += 3) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      const auto found = read(folder_.write("file", damaged));
      EXPECT_TRUE(!found || found == whole) << "bit " << bit;
    }
  }

  TemporaryFolder folder_;
};

TEST_F(Damage, OfWeightsIsNoticed) {
  const Tensor a = Tensor::from<float>({DType::kF32, {2, 3}}, {1, 2, 3, 4, 5, 6});
  const Tensor b = Tensor::from<int32_t>({DType::kI32, {2}}, {7, 8});
  ASSERT_TRUE(write_safetensors(folder_.file("w"), {{"a", &a}, {"b", &b}}, {{"key", "value"}}));
  const std::string bytes = contents(folder_.file("w"));
  expect_every_truncation_refused(bytes, bytes_of_weights);
  expect_every_flip_noticed(bytes, bytes_of_weights);
}

TEST_F(Damage, OfPicturesIsNoticed) {
  ASSERT_TRUE(write_png(folder_.file("p"), Tensor::from<uint8_t>({DType::kU8, {2, 3}}, {0, 50, 100, 150, 200, 250})));
  const std::string bytes = contents(folder_.file("p"));
  constexpr size_t kEndChunk = 12;  // says nothing
  expect_every_truncation_refused(bytes.substr(0, bytes.size() - kEndChunk), bytes_of_tensor<read_png_gray>);
  expect_every_flip_noticed(bytes, bytes_of_tensor<read_png_gray>);
}

TEST_F(Damage, OfGzippedDataIsNoticed) {
  const std::string plain = idx({2, 2, 2}, "12345678");
  gzFile file = gzopen(folder_.file("i.gz").c_str(), "wb");
  gzwrite(file, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(file);
  const std::string bytes = contents(folder_.file("i.gz"));
  expect_every_truncation_refused(bytes, bytes_of_tensor<read_idx_file>);
  expect_every_flip_noticed(bytes, bytes_of_tensor<read_idx_file>);
}

TEST_F(Damage, OfPlainDataIsNoticedWhereAnEndIsMissing) {
  expect_every_truncation_refused(idx({2, 2, 2}, "12345678"), bytes_of_tensor<read_idx_file>);
  expect_every_truncation_refused(npy("<i4", "2,", "\1\0\0\0\2\0\0\0"s), bytes_of_tensor<read_npy>);
}

}  // namespace
}  // namespace minnow::testing
