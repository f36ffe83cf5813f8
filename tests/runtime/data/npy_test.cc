#include "runtime/data/npy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/runtime/data/npz_bytes.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

std::string message(std::string_view bytes) {
  const auto tensor = parse_npy(bytes, "x.npy");
  return tensor ? "no error" : tensor.error().message;
}

std::string message(const NpyFile& file) { return message(npy_bytes(file)); }

// The elements read as `dtype`, or the message.
std::string read_as(const NpyFile& file, DType dtype) {
  const std::string bytes = npy_bytes(file);
  auto array = NpyArray::open(bytes, "x.npy");
  if (!array) return array.error().message;
  const auto tensor = array->read(dtype);
  if (!tensor) return tensor.error().message;
  std::string text;
  const Tensor wide = tensor->converted_to(DType::kF64);
  for (const double value : wide.as<double>()) text += fmt::format("{} ", value);
  return text;
}

template <typename T>
std::string bytes_of(std::initializer_list<T> values, bool is_big_endian = false) {
  std::string bytes;
  for (const T value : values) {
    std::string one(sizeof value, '\0');
    std::memcpy(one.data(), &value, sizeof value);
    if (is_big_endian) std::ranges::reverse(one);
    bytes += one;
  }
  return bytes;
}

TEST(Npy, RoundTripsEveryType) {
  const TemporaryFolder folder;
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kU8, DType::kPred}) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}, Shape{0, 2}}) {
      const Tensor ones = Tensor::from<double>({DType::kF64, {}}, {1});
      Tensor tensor = Tensor::zeros({dtype, shape});
      if (tensor.type().elements() > 0) std::copy_n(ones.converted_to(dtype).data(), dtype_bytes(dtype), tensor.data());
      ASSERT_TRUE(write_npy(folder.file("x.npy"), tensor));
      const auto read = read_npy(folder.file("x.npy"));
      ASSERT_TRUE(read) << read.error().to_string();
      EXPECT_EQ(read->type(), tensor.type());
      EXPECT_EQ(read->bytes(), tensor.bytes());
    }
  }
}

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
  for (const bool is_big : {false, true}) {
    const char order = is_big ? '>' : '<';
    const auto read = [&](std::string kind, const std::string& data, DType dtype) {
      return read_as({order + kind, "(2,)", data}, dtype);
    };
    const auto swapped = [&]<typename T>(std::initializer_list<T> values) { return bytes_of(values, is_big); };
    EXPECT_EQ(read("f4", swapped({1.5F, -2.0F}), DType::kF32), "1.5 -2 ");
    EXPECT_EQ(read("f8", swapped({1.5, -2.0}), DType::kF32), "1.5 -2 ");
    EXPECT_EQ(read("f8", swapped({0.1, -1e300}), DType::kF64), "0.1 -1e+300 ");
    EXPECT_EQ(read("f2", swapped({uint16_t{0x3C00}, uint16_t{0xC100}}), DType::kF32), "1 -2.5 ");
    EXPECT_EQ(read("i1", swapped({int8_t{-128}, int8_t{127}}), DType::kI32), "-128 127 ");
    EXPECT_EQ(read("i2", swapped({int16_t{-32768}, int16_t{258}}), DType::kI32), "-32768 258 ");
    EXPECT_EQ(read("i4", swapped({int32_t{-2147483647}, int32_t{66051}}), DType::kI32), "-2147483647 66051 ");
    EXPECT_EQ(read("i8", swapped({int64_t{-1}, int64_t{66051}}), DType::kI32), "-1 66051 ");
    EXPECT_EQ(read("u1", swapped({uint8_t{0}, uint8_t{255}}), DType::kU8), "0 255 ");
    EXPECT_EQ(read("u2", swapped({uint16_t{65535}, uint16_t{1}}), DType::kI32), "65535 1 ");
    EXPECT_EQ(read("u4", swapped({uint32_t{2147483647}, uint32_t{1}}), DType::kI32), "2147483647 1 ");
    EXPECT_EQ(read("u8", swapped({uint64_t{7}, uint64_t{1}}), DType::kF32), "7 1 ");
    EXPECT_EQ(read("b1", swapped({uint8_t{0}, uint8_t{1}}), DType::kPred), "0 1 ");
  }
}

// What an array is read as where nothing else is wanted.
TEST(Npy, EveryTypeHasOneThatHoldsItsValues) {
  const std::pair<const char*, DType> kTypes[] = {
      {"<f2", DType::kF32}, {"<f4", DType::kF32},  {"<f8", DType::kF64}, {"|i1", DType::kI32}, {"<i2", DType::kI32},
      {"<i4", DType::kI32}, {"<i8", DType::kI32},  {"|u1", DType::kU8},  {"<u2", DType::kI32}, {"<u4", DType::kI32},
      {"<u8", DType::kI32}, {"|b1", DType::kPred}, {"=i4", DType::kI32}, {"|?", DType::kPred}, {"f4", DType::kF32}};
  for (const auto& [descr, dtype] : kTypes) {
    const std::string bytes = npy_bytes({descr, "(0,)", ""});
    const auto array = NpyArray::open(bytes, "x");
    ASSERT_TRUE(array) << descr << array.error().message;
    EXPECT_EQ(array->dtype(), dtype) << descr;
  }
}

// IEEE 754 binary16: least and greatest, subnormal, infinite and no numbers.
TEST(Npy, HalvesOfEveryKind) {
  EXPECT_EQ(read_as({"<f2", "(6,)", bytes_of<uint16_t>({0x7BFF, 0x0400, 0x0001, 0x83FF, 0x8000, 0x7C00})}, DType::kF64),
            "65504 6.103515625e-05 5.960464477539063e-08 -6.097555160522461e-05 -0 inf ");
  const auto nan = parse_npy(npy_bytes({"<f2", "()", bytes_of<uint16_t>({0x7E00})}), "x");
  ASSERT_TRUE(nan);
  EXPECT_TRUE(std::isnan(nan->as<float>()[0]));
}

TEST(Npy, FortranOrderIsPutInOrder) {
  EXPECT_EQ(read_as({"<i2", "(2, 3)", bytes_of<int16_t>({0, 10, 1, 11, 2, 12}), true}, DType::kI32), "0 1 2 10 11 12 ");
  EXPECT_EQ(read_as({">f4", "(2, 1, 2)", bytes_of<float>({0, 100, 1, 101}, true), true}, DType::kF32), "0 1 100 101 ");
  EXPECT_EQ(read_as({"|u1", "(3,)", "\1\2\3", true}, DType::kU8), "1 2 3 ");
  EXPECT_EQ(read_as({"|u1", "(0, 3)", "", true}, DType::kU8), "");
}

TEST(Npy, WhatATypeDoesNotHoldIsRefusedWithTheFirstPlace) {
  EXPECT_EQ(read_as({"<i8", "(2,)", bytes_of<int64_t>({1, int64_t{1} << 32})}, DType::kI32),
            "element [1] is 4294967296, which i32 does not hold");
  EXPECT_EQ(read_as({"<u4", "(1,)", bytes_of<uint32_t>({2147483648})}, DType::kI32),
            "element [0] is 2147483648, which i32 does not hold");
  EXPECT_EQ(read_as({"<u8", "()", bytes_of<uint64_t>({~uint64_t{0}})}, DType::kI32),
            "the element is 18446744073709551615, which i32 does not hold");
  EXPECT_EQ(read_as({"<i2", "(2, 2)", bytes_of<int16_t>({0, 255, -1, 256})}, DType::kU8),
            "element [1,0] is -1, which u8 does not hold");
  // The first in the array's order, not in the file's.
  EXPECT_EQ(read_as({"<i2", "(2, 2)", bytes_of<int16_t>({0, 300, 301, 2}), true}, DType::kU8),
            "element [0,1] is 301, which u8 does not hold");
  EXPECT_EQ(read_as({"<f8", "(2,)", bytes_of({1.0, 1e39})}, DType::kF32),
            "element [1] is 1e+39, which f32 does not hold");
  EXPECT_EQ(read_as({"<f4", "(2,)", bytes_of({1.0F, 1.5F})}, DType::kI32),
            "element [1] is 1.5, which i32 does not hold");
  EXPECT_EQ(read_as({"<f4", "(1,)", bytes_of({NAN})}, DType::kU8), "element [0] is nan, which u8 does not hold");
  EXPECT_EQ(read_as({"<f8", "(1,)", bytes_of({2147483648.0})}, DType::kI32),
            "element [0] is 2147483648, which i32 does not hold");
  EXPECT_EQ(read_as({"|u1", "(2,)", "\1\2"}, DType::kPred), "element [1] is 2, which pred does not hold");
  EXPECT_EQ(read_as({"<f8", "(2,)", bytes_of<double>({INFINITY, 3.5e38})}, DType::kF64), "inf 3.5e+38 ");
  EXPECT_EQ(read_as({"<f4", "(2,)", bytes_of({-0.0F, 255.0F})}, DType::kU8), "0 255 ");
  EXPECT_EQ(read_as({"<f4", "(1,)", bytes_of({-2147483648.0F})}, DType::kI32), "-2147483648 ");
}

// NumPy takes every byte but 0 for true.
TEST(Npy, FlagsBecomeZeroOrOne) {
  EXPECT_EQ(read_as({"|b1", "(3,)", std::string("\0\1\7", 3)}, DType::kPred), "0 1 1 ");
}

// More elements than are read at once.
TEST(Npy, LongArraysAreReadInPieces) {
  constexpr int kCount = 70000;
  std::string data;
  for (int i = 0; i < kCount; ++i) data += little_endian_bytes(static_cast<uint64_t>(i % 30000), 2);
  const auto read = parse_npy(npy_bytes({"<i2", fmt::format("({},)", kCount), data}), "x");
  ASSERT_TRUE(read) << read.error().message;
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(read->as<int32_t>()[static_cast<size_t>(i)], i % 30000);
}

TEST(Npy, VersionsOneToThree) {
  for (const int version : {1, 2, 3}) EXPECT_EQ(message(NpyFile{"|u1", "(1,)", "a", false, version}), "no error");
  EXPECT_EQ(message(NpyFile{"|u1", "(1,)", "a", false, 4}), "has .npy version 4; read are 1, 2 and 3");
  EXPECT_EQ(message(NpyFile{"|u1", "(1,)", "a", false, 0}), "has .npy version 0; read are 1, 2 and 3");
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_EQ(message(""), "is empty, so it holds no array");
  EXPECT_NE(message("hello").find("is not a .npy file"), std::string::npos);
  for (const char* descr : {"<c8", "<f16", "<U4", "|S1", "|O", "<M8[D]", "<i3", "<i16", ""})
    EXPECT_NE(message(NpyFile{descr, "(1,)", "...."}).find(fmt::format("holds elements \"{}\"", descr)),
              std::string::npos);
  EXPECT_NE(message(NpyFile{"<f4", "(2,)", "...."}).find("truncated"), std::string::npos);
  EXPECT_NE(message(NpyFile{"<f4", "(1,)", "....."}).find("1 trailing"), std::string::npos);
  EXPECT_NE(message(NpyFile{"<f4", "(99999999, 99999999)", ""}).find("2^31"), std::string::npos);
  EXPECT_NE(message(NpyFile{"<f8", "(2000000000,)", ""}).find("truncated"), std::string::npos);
  EXPECT_NE(message(NpyFile{"<f4", "(-1,)", ""}).find("bad shape"), std::string::npos);
  EXPECT_NE(message(NpyFile{"<f4", "7", ""}).find("no 'shape'"), std::string::npos);
  EXPECT_NE(message("\x93NUMPY\2" + std::string("\0\xff\xff\xff\xff", 5)).find("header of 4294967295 bytes"),
            std::string::npos);
  const std::string no_order = "{'descr': '<f4', 'shape': (0,)}";
  EXPECT_NE(message("\x93NUMPY\1" + std::string(1, '\0') + little_endian_bytes(no_order.size(), 2) + no_order)
                .find("'fortran_order'"),
            std::string::npos);
}

TEST(Npy, SurvivesEveryTruncation) {
  const std::string whole = npy_bytes({"<f4", "(2, 1)", "12345678"});
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(parse_npy(whole.substr(0, length), "x"));
}

}  // namespace
}  // namespace minnow
