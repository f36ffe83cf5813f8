#include "codegen/object_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "codegen/compile.h"
#include "ir/text.h"
#include "passes/plan_memory.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

CachedKernels example() {
  CachedKernels entry;
  entry.kernels = {{8, 8, {0, 2, 1}}, {1, 1, {}}};
  const std::string_view code = "not really machine code";
  entry.objects.emplace_back(code.begin(), code.end());
  return entry;
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class ObjectCacheTest : public testing::Test {
 protected:
  // The only file in the cache.
  std::filesystem::path file() const { return std::filesystem::directory_iterator(folder_.path())->path(); }

  TemporaryFolder folder_;
  ObjectCache cache_{folder_.path()};
};

TEST_F(ObjectCacheTest, FindsWhatWasStored) {
  EXPECT_FALSE(cache_.find("a"));
  cache_.store("a", example());
  const auto found = cache_.find("a");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->kernels.size(), 2U);
  EXPECT_EQ(found->kernels[0].units, 8);
  EXPECT_EQ(found->kernels[0].buffers, (std::vector<int>{0, 2, 1}));
  EXPECT_EQ(found->objects, example().objects);
  EXPECT_FALSE(cache_.find("b"));
}

TEST_F(ObjectCacheTest, TreatsEveryDamagedEntryAsNone) {
  cache_.store("a", example());
  const std::string whole = read_bytes(file());
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    write_bytes(file(), damaged);
    EXPECT_FALSE(cache_.find("a")) << "byte " << i;
    write_bytes(file(), whole.substr(0, i));
    EXPECT_FALSE(cache_.find("a")) << "length " << i;
  }
}

TEST_F(ObjectCacheTest, WithoutAFolderHoldsNothing) {
  const ObjectCache none("");
  none.store("a", example());
  EXPECT_FALSE(none.find("a"));
  const ObjectCache unwritable("/dev/null/cache");
  unwritable.store("a", example());
  EXPECT_FALSE(unwritable.find("a"));
}

// Whoever wrote a temporary file for so long was killed; of a younger one nobody can tell.
TEST_F(ObjectCacheTest, SweepsUpWhatKilledProcessesLeave) {
  const std::string old = folder_.write("b.kernels.abcdef.tmp", "half an ent");
  const std::string young = folder_.write("c.kernels.abcdef.tmp", "half an ent");
  std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  cache_.store("a", example());
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(young));
}

TEST_F(ObjectCacheTest, AnEntryThatCannotBeReadOrReplacedIsNone) {
  folder_.write("a.kernels/file", "");
  EXPECT_FALSE(cache_.find("a"));
  cache_.store("a", example());
  EXPECT_FALSE(cache_.find("a"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(ObjectCacheTest, ForgetsTheOldest) {
  for (size_t i = 0; i <= ObjectCache::kMaxEntries; ++i) cache_.store(std::to_string(i), example());
  EXPECT_FALSE(cache_.find("0"));
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) ++files;
  EXPECT_LE(files, ObjectCache::kMaxEntries);
}

TEST(CacheKey, DependsOnEveryPart) {
  EXPECT_EQ(cache_key({"a", "b"}), cache_key({"a", "b"}));
  EXPECT_NE(cache_key({"a", "b"}), cache_key({"ab", ""}));
  EXPECT_NE(cache_key({"a", "b"}), cache_key({"a", "c"}));
}

TEST_F(ObjectCacheTest, ACachedFunctionIsTheSameFunction) {
  const auto module = parse_module(
      "func @f(%x: f32[40,30], %w: f32[30,20]) -> (f32[40,20]) {\n"
      "  %0 = dot(%x, %w) : f32[40,20]\n  %1 = exp(%0) : f32[40,20]\n  return %1\n}\n",
      "test.ir");
  ASSERT_TRUE(module);
  const Function& function = *(*module)->functions[0];
  CompileOptions options;
  options.cache_folder = folder_.path();
  const auto fresh = compile(function, plan_memory(function), options);
  const auto cached = compile(function, plan_memory(function), options);
  ASSERT_TRUE(fresh && cached);
  EXPECT_FALSE((*fresh)->is_cached);
  EXPECT_TRUE((*cached)->is_cached);
  ASSERT_EQ((*fresh)->kernels.size(), (*cached)->kernels.size());
  for (size_t i = 0; i < (*fresh)->kernels.size(); ++i) {
    EXPECT_EQ((*fresh)->kernels[i].name, (*cached)->kernels[i].name);
    EXPECT_EQ((*fresh)->kernels[i].units, (*cached)->kernels[i].units);
    EXPECT_EQ((*fresh)->kernels[i].buffers, (*cached)->kernels[i].buffers);
    EXPECT_NE((*cached)->kernels[i].entry, nullptr);
  }
}

}  // namespace
}  // namespace minnow
