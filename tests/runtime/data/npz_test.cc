// Archives of arrays, as numpy.savez and savez_compressed write them, and such as nobody should.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "runtime/data/npy.h"
#include "runtime/file.h"
#include "tests/runtime/data/npz_bytes.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

const std::string kA = npy_bytes({"|u1", "(3,)", "abc"});
const std::string kB = npy_bytes({"<i2", "(2,)", std::string("\1\0\2\0", 4)});

std::string message(std::string_view bytes) {
  const auto tensor = parse_npy(bytes, "d.npz");
  return tensor ? "no error" : tensor.error().message;
}

class Npz : public testing::Test {
 protected:
  std::string file(const std::string& bytes) { return folder_.write("d.npz", bytes); }
  std::string error_of(const std::string& path) {
    const auto read = read_npy(path);
    return read ? "" : read.error().to_string().substr(folder_.path().size() + 1);
  }
  TemporaryFolder folder_;
};

TEST_F(Npz, MembersAreNamed) {
  for (const bool is_deflated : {false, true})
    for (const bool is_wide : {false, true}) {
      const std::string path =
          file(zip_bytes({{"a.npy", kA, is_deflated, is_wide}, {"b.c.npy", kB, is_deflated, is_wide}}));
      const auto a = read_npy(path + ":a"), b = read_npy(path + ":b.c"), same = read_npy(path + ":b.c.npy");
      ASSERT_TRUE(a && b && same) << a.error().to_string();
      EXPECT_EQ(a->bytes(), "abc");
      EXPECT_EQ(b->as<int32_t>()[1], 2);
      EXPECT_EQ(same->bytes(), b->bytes());
    }
}

TEST_F(Npz, OneThatIsAloneNeedsNoName) {
  const auto read = read_npy(file(zip_bytes({{"readme.txt", "not an array"}, {"arr_0.npy", kA, true}})));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->bytes(), "abc");
}

TEST_F(Npz, WhatIsNotThereIsToldWithWhatIs) {
  const std::string path = file(zip_bytes({{"image.npy", kA}, {"label.npy", kB}}));
  EXPECT_EQ(error_of(path), "d.npz: error: holds 2 arrays: image, label\n  hint: name one: " + path + ":image");
  EXPECT_EQ(error_of(path + ":lable"), "d.npz: error: holds no array \"lable\"\n  hint: did you mean label?");
  EXPECT_EQ(error_of(path + ":x"), "d.npz: error: holds no array \"x\"\n  hint: it holds image, label");
  EXPECT_EQ(error_of(folder_.write("x.npz", kA) + ":a"), "x.npz: error: is no archive, so it has no member \"a\"");
  EXPECT_EQ(error_of(file(zip_bytes({{"readme.txt", "x"}}))),
            "d.npz: error: is an archive without an array: none of its members is called NAME.npy");
  EXPECT_EQ(error_of(file(zip_bytes({}))),
            "d.npz: error: is an archive without an array: none of its members is called NAME.npy");
  EXPECT_EQ(error_of(file(zip_bytes({{"a.npy", ""}}))), "d.npz:a: error: is empty, so it holds no array");
  EXPECT_EQ(error_of(file(zip_bytes({{"a.npy", npy_bytes({"<i8", "(1,)", std::string(8, '\x70')})}}))),
            "d.npz:a: error: element [0] is 8102099357864587376, which i32 does not hold");
}

TEST_F(Npz, DamageIsNoticed) {
  for (const bool is_deflated : {false, true}) {
    const std::string whole = zip_bytes({{"a.npy", kA, is_deflated}});
    for (size_t length = 0; length < whole.size(); ++length) EXPECT_NE(message(whole.substr(0, length)), "no error");
    std::string flipped = whole;
    const size_t at = flipped.find("PK\1\2") - 4;  // of the data; behind the last letters, deflate says nothing of them
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    const std::string said = message(flipped);
    EXPECT_TRUE(said.find("checksum") != std::string::npos || said.find("damaged") != std::string::npos ||
                said.find("decompress") != std::string::npos)
        << said;
  }
}

// Every byte of an archive, turned into others: whatever comes out is an array or an error.
TEST_F(Npz, SurvivesEveryChangedByte) {
  for (const bool is_wide : {false, true}) {
    const std::string whole = zip_bytes({{"a.npy", kA, true, is_wide}});
    for (size_t at = 0; at < whole.size(); ++at)
      for (const int change : {0x01, 0x80, 0xFF}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ change);
        message(changed);
      }
  }
}

std::string with_number(std::string archive, const std::string& record, size_t at, uint64_t value, int bytes) {
  return archive.replace(archive.find(record) + at, static_cast<size_t>(bytes), little_endian_bytes(value, bytes));
}

TEST_F(Npz, HostileOnesAreRefused) {
  const std::string whole = zip_bytes({{"a.npy", kA, true}});
  EXPECT_NE(message(with_number(whole, "PK\1\2", 24, 0x7FFFFFFF, 4)).find("claims 2147483647 bytes, more than"),
            std::string::npos);
  EXPECT_NE(message(with_number(whole, "PK\1\2", 20, 0x7FFFFFFF, 4)).find("claims"), std::string::npos);
  EXPECT_NE(message(with_number(whole, "PK\1\2", 42, 0x7FFFFFF0, 4)).find("damaged archive"), std::string::npos);
  EXPECT_NE(message(with_number(whole, "PK\1\2", 8, 1, 2)).find("is encrypted"), std::string::npos);
  EXPECT_NE(message(with_number(whole, "PK\1\2", 10, 14, 2)).find("packed by method 14"), std::string::npos);
  EXPECT_NE(message(with_number(whole, "PK\5\6", 10, 60000, 2)).find("ends early"), std::string::npos);
  EXPECT_NE(message(with_number(whole, "PK\5\6", 16, 0xFFFFFFF0, 4)).find("damaged archive"), std::string::npos);
  const std::string wide = zip_bytes({{"a.npy", kA, true, true}});
  EXPECT_NE(message(with_number(wide, "PK\6\6", 40, ~uint64_t{0}, 8)).find("damaged archive"), std::string::npos);
  EXPECT_NE(message(with_number(wide, "PK\6\6", 32, ~uint64_t{0}, 8)).find("ends early"), std::string::npos);
  EXPECT_NE(message(with_number(wide, "PK\6\7", 8, uint64_t{1} << 63, 8)).find("damaged archive"), std::string::npos);
}

// Many zeros in few bytes: the header says more than the tensor limit allows.
TEST_F(Npz, ABombIsNotUnpacked) {
  const std::string bomb =
      zip_bytes({{"a.npy", npy_bytes({"<f8", "(90000, 90000)", std::string(1 << 20, '\0')}), true}});
  EXPECT_EQ(message(bomb), "claims [90000,90000] elements; the limit is 2^31");
  const std::string longer = zip_bytes({{"a.npy", npy_bytes({"|u1", "(5,)", std::string(1 << 20, '\0')}), true}});
  EXPECT_EQ(message(longer), "has 1048571 trailing bytes");
}

TEST_F(Npz, ComesThroughAPipe) {
  const std::string path = folder_.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { EXPECT_TRUE(write_file_atomically(path, zip_bytes({{"a.npy", kA, true}}))); });
  const auto read = read_npy(path);
  writer.join();
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->bytes(), "abc");
}

}  // namespace
}  // namespace minnow
