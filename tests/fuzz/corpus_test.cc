// Replays what libFuzzer starts from, and every input that has ever crashed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/fuzz/targets/targets.h"

namespace minnow::testing {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

class FuzzCorpus : public ::testing::TestWithParam<FuzzTarget> {};

TEST_P(FuzzCorpus, IsTakenWithoutACrash) {
  int inputs = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(MINNOW_SOURCE_DIR "/tests/fuzz/corpus") / GetParam().name)) {
    SCOPED_TRACE(entry.path());
    GetParam().run(bytes_of(entry.path()));
    ++inputs;
  }
  EXPECT_GT(inputs, 0);
}

// Damage of each kind at every place of the seeds; libFuzzer looks further.
TEST_P(FuzzCorpus, IsTakenWithoutACrashWhenDamaged) {
  constexpr size_t kPlaces = 200;
  for (const auto& entry : fs::directory_iterator(fs::path(MINNOW_SOURCE_DIR "/tests/fuzz/corpus") / GetParam().name)) {
    SCOPED_TRACE(entry.path());
    const std::string whole = bytes_of(entry.path());
    const size_t stride = whole.size() / kPlaces + 1;
    for (size_t i = 0; i < whole.size(); i += stride) {
      GetParam().run(std::string_view(whole).substr(0, i));
      for (const unsigned char flip : {0x01, 0x80, 0xFF}) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        GetParam().run(damaged);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, FuzzCorpus, ::testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace minnow::testing
