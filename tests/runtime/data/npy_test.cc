#include "runtime/data/npy.h"

#include <gtest/gtest.h>

#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

std::string npy(std::string_view descr, std::string_view shape, std::string_view data, bool is_fortran = false) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}\n", descr,
                                   is_fortran ? "True" : "False", shape);
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size()) + '\0' + header + std::string(data);
}

std::string message(std::string_view bytes) {
  const auto tensor = parse_npy(bytes, "x.npy");
  return tensor ? "no error" : tensor.error().message;
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

TEST(Npy, NarrowsInt64) {
  const std::string_view bytes("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x05\0\0\0\0\0\0\0", 16);
  const auto tensor = parse_npy(npy("<i8", "(2,)", bytes), "x");
  ASSERT_TRUE(tensor) << tensor.error().message;
  EXPECT_EQ(tensor->as<int32_t>()[0], -1);
  EXPECT_EQ(tensor->as<int32_t>()[1], 5);
  EXPECT_NE(message(npy("<i8", "(1,)", std::string_view("\0\0\0\0\1\0\0\0", 8))).find("does not fit"),
            std::string::npos);
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_NE(message("hello").find("is not a .npy file"), std::string::npos);
  EXPECT_NE(message(npy(">f4", "(1,)", "....")).find("holds elements \">f4\""), std::string::npos);
  EXPECT_NE(message(npy("<f4", "(1,)", "....", true)).find("C order"), std::string::npos);
  EXPECT_NE(message(npy("<f4", "(2,)", "....")).find("truncated"), std::string::npos);
  EXPECT_NE(message(npy("<f4", "(1,)", ".....")).find("1 trailing"), std::string::npos);
  EXPECT_NE(message(npy("<f4", "(99999999, 99999999)", "")).find("2^31"), std::string::npos);
  EXPECT_NE(message(npy("<f4", "(-1,)", "")).find("bad shape"), std::string::npos);
  EXPECT_NE(message(npy("<f4", "7", "")).find("no 'shape'"), std::string::npos);
}

TEST(Npy, SurvivesEveryTruncation) {
  const std::string whole = npy("<f4", "(2, 1)", "12345678");
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(parse_npy(whole.substr(0, length), "x"));
}

}  // namespace
}  // namespace minnow
