#include "runtime/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "runtime/file.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

std::string container(std::string_view header, std::string_view data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8).append(header).append(data);
}

std::string message(std::string_view header, std::string_view data = "") {
  const auto file = parse_safetensors(container(header, data), "w");
  return file ? "no error" : file.error().message;
}

std::string written_file(const TemporaryFolder& folder) {
  const Tensor weights = Tensor::from<float>({DType::kF32, {2, 2}}, {1, 2, 3, 4});
  const Tensor step = Tensor::from<int32_t>({DType::kI32, {}}, {7});
  const Tensor bytes = Tensor::from<uint8_t>({DType::kU8, {3}}, {1, 2, 3});
  const Tensor wide = Tensor::from<double>({DType::kF64, {1}}, {0.1});
  const std::string path = folder.file("w.safetensors");
  const auto written = write_safetensors(path, {{"fc.w", &weights}, {"step", &step}, {"a", &bytes}, {"wide", &wide}},
                                         {{"model", "x\"y"}, {"epoch", "3"}});
  EXPECT_TRUE(written);
  return path;
}

TEST(Safetensors, RoundTrips) {
  const TemporaryFolder folder;
  const auto file = read_safetensors(written_file(folder));
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ(file->metadata, (Metadata{{"model", "x\"y"}, {"epoch", "3"}}));
  ASSERT_EQ(file->tensors.size(), 4U);
  EXPECT_EQ(file->tensors[0].name, "fc.w");
  EXPECT_EQ(file->find("fc.w")->type().to_string(), "f32[2,2]");
  EXPECT_EQ(file->find("fc.w")->as<float>()[3], 4);
  EXPECT_EQ(file->find("step")->as<int32_t>()[0], 7);
  EXPECT_EQ(file->find("wide")->as<double>()[0], 0.1);
  EXPECT_EQ(file->find("none"), nullptr);
}

TEST(Safetensors, NoTensorAndEmptyTensors) {
  const TemporaryFolder folder;
  const Tensor empty = Tensor::zeros({DType::kF32, {0}});
  ASSERT_TRUE(write_safetensors(folder.file("a"), {}, {}));
  ASSERT_TRUE(write_safetensors(folder.file("b"), {{"x", &empty}, {"y", &empty}}, {}));
  EXPECT_TRUE(read_safetensors(folder.file("a"))->tensors.empty());
  EXPECT_EQ(read_safetensors(folder.file("b"))->tensors.size(), 2U);
}

TEST(Safetensors, FindsEveryFlippedBitAndTruncation) {
  const TemporaryFolder folder;
  const std::string whole = read_file(written_file(folder)).value();
  const size_t header_end = whole.rfind('}');
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_FALSE(parse_safetensors(whole.substr(0, i), "w")) << i;
    const bool is_padding = i > header_end && whole[i] == ' ';
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_TRUE(is_padding || !parse_safetensors(damaged, "w")) << i;
  }
  EXPECT_FALSE(parse_safetensors(whole + "x", "w"));
}

TEST(Safetensors, ReadsFilesWithoutChecksum) {
  EXPECT_EQ(message(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234"), "no error");
}

// One tensor of this type and these bytes.
TensorFile one_tensor(std::string_view type, int64_t count, std::string_view bytes) {
  const std::string header =
      fmt::format(R"({{"x":{{"dtype":"{}","shape":[{}],"data_offsets":[0,{}]}}}})", type, count, bytes.size());
  auto file = parse_safetensors(container(header, bytes), "w");
  MINNOW_CHECK(file, "{}", file.error().to_string());
  return *std::move(file);
}

template <typename T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TEST(Safetensors, WidensHalves) {
  // 1, -2, the largest, the smallest, the smallest normal, -0, inf, nan.
  const TensorFile half =
      one_tensor("F16", 8, bytes_of<uint16_t>({0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0400, 0x8000, 0x7C00, 0x7E00}));
  const std::span<const float> values = std::as_const(half.tensors[0].tensor).as<float>();
  const std::vector<float> expected = {1, -2, 65504, 0x1p-24F, 0x1p-14F, 0};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(values[i], expected[i]) << i;
  EXPECT_TRUE(std::signbit(values[5]));
  EXPECT_TRUE(std::isinf(values[6]));
  EXPECT_TRUE(std::isnan(values[7]));
  const TensorFile brain = one_tensor("BF16", 3, bytes_of<uint16_t>({0x3F80, 0xC040, 0x7F80}));
  EXPECT_EQ(brain.tensors[0].tensor.as<float>()[1], -3);
  EXPECT_TRUE(std::isinf(brain.tensors[0].tensor.as<float>()[2]));
}

TEST(Safetensors, NarrowsIntegersThatFit) {
  const TensorFile wide = one_tensor("I64", 2, bytes_of<int64_t>({-5, 2147483647}));
  EXPECT_EQ(wide.tensors[0].tensor.as<int32_t>()[0], -5);
  EXPECT_EQ(wide.tensors[0].tensor.as<int32_t>()[1], 2147483647);
  EXPECT_EQ(wide.tensors[0].misfit, "");
  EXPECT_EQ(one_tensor("I64", 1, bytes_of<int64_t>({2147483648})).tensors[0].misfit, "2147483648");
  EXPECT_EQ(one_tensor("U32", 1, bytes_of<uint32_t>({4294967295U})).tensors[0].misfit, "4294967295");
  EXPECT_EQ(one_tensor("I8", 1, "\xFF").tensors[0].tensor.as<int32_t>()[0], -1);
  EXPECT_EQ(one_tensor("BOOL", 2, std::string_view("\x01\x02", 2)).tensors[0].misfit, "2");
}

TEST(Safetensors, RefusesBadHeaders) {
  EXPECT_NE(message("[1]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message("{").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message(std::string(100000, '[')).find("not a JSON object"), std::string::npos);
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  EXPECT_NE(message("{\"x\":{\"extra\":" + deep + "}}").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message("{\"__metadata__\":{\"a\":" + deep + "}}").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message(R"({"x":3})").find("lacks a proper dtype"), std::string::npos);
  EXPECT_NE(message(R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})").find("proper"), std::string::npos);
  EXPECT_NE(message(R"({"x":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", "1")
                .find("has type F8_E4M3; read are F32"),
            std::string::npos);
  EXPECT_NE(message(R"({"x":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}})", "1234").find("is F16[1] but takes 4"),
            std::string::npos);
  EXPECT_NE(message(R"({"__metadata__":{"a":1}})").find("not a string"), std::string::npos);
  EXPECT_NE(message(R"({"x":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})").find("too large"),
            std::string::npos);
  constexpr std::string_view kTwice =
      R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})";
  EXPECT_NE(message(kTwice, "12").find("\"x\" comes twice"), std::string::npos);
  EXPECT_NE(parse_safetensors("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", "w").error().message.find("claims a header"),
            std::string::npos);
}

TEST(Safetensors, RefusesBadOffsets) {
  const auto pair = [](std::string_view a, std::string_view b) {
    return fmt::format(R"({{"x":{{"dtype":"U8","shape":[2],"data_offsets":{}}},)"
                       R"("y":{{"dtype":"U8","shape":[2],"data_offsets":{}}}}})",
                       a, b);
  };
  EXPECT_EQ(message(pair("[0,2]", "[2,4]"), "1234"), "no error");
  EXPECT_NE(message(pair("[0,2]", "[1,3]"), "123").find("overlaps"), std::string::npos);
  EXPECT_NE(message(pair("[0,2]", "[3,5]"), "12345").find("hole"), std::string::npos);
  EXPECT_NE(message(pair("[0,2]", "[2,4]"), "123").find("beyond"), std::string::npos);
  EXPECT_NE(message(pair("[0,2]", "[2,5]"), "12345").find("takes 3 bytes"), std::string::npos);
  EXPECT_EQ(message(pair("[0,2]", "[4,2]"), "1234"), "tensor \"y\" ends at byte 2, before it begins at byte 4");
  EXPECT_NE(message(pair("[0,2]", "[2,4]"), "12345").find("1 trailing"), std::string::npos);
}

}  // namespace
}  // namespace minnow
