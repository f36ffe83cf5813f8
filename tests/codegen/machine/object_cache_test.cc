#include "codegen/machine/object_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
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
  entry.kernels = {{8, 8, {0, 2, 1}, {{6, 8}, {{1, 2}, {0, 1}}, 6, 2}, "a tile"}, {1, 1, {}, {}, ""}};
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
  EXPECT_EQ(found->kernels[0].grid, example().kernels[0].grid);
  EXPECT_FALSE(found->kernels[1].grid.is_known());
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

TEST_F(ObjectCacheTest, AnEntryUnderAnotherNameIsNone) {
  cache_.store("a", example());
  CachedKernels other = example();
  other.kernels[0].units = 9;
  cache_.store("b", other);
  const std::string a = folder_.file("a.kernels"), b = folder_.file("b.kernels"), between = folder_.file("c");
  std::filesystem::rename(a, between);
  std::filesystem::rename(b, a);
  std::filesystem::rename(between, b);
  EXPECT_FALSE(cache_.find("a"));
  EXPECT_FALSE(cache_.find("b"));
  cache_.store("a", example());
  EXPECT_EQ(cache_.find("a").value().kernels[0].units, 8) << "compiled anew, it is in its place again";
}

TEST_F(ObjectCacheTest, TheFolderIsForTheUserAlone) {
  namespace fs = std::filesystem;
  const std::string path = folder_.file("x/kernels");
  const ObjectCache cache(path);
  EXPECT_TRUE(cache.check()) << "it is made when it is needed";
  cache.store("a", example());
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(path + "/a.kernels").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(path, fs::perms(0755));
  EXPECT_TRUE(cache.find("a")) << "others may read it";
  for (const int mode : {0775, 0757, 01777}) {
    fs::permissions(path, fs::perms(mode));
    EXPECT_FALSE(cache.find("a")) << mode;
    EXPECT_EQ(cache.check().error().message, "others may write to it");
    cache.store("b", example());
    EXPECT_FALSE(fs::exists(path + "/b.kernels")) << mode;
  }
}

TEST_F(ObjectCacheTest, AFolderOfAnotherUserIsNotUsed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  cache_.store("a", example());
  ASSERT_EQ(::chown(folder_.path().c_str(), 65534, 65534), 0);
  EXPECT_FALSE(cache_.find("a"));
  EXPECT_EQ(cache_.check().error().message, "it belongs to another user");
}

TEST_F(ObjectCacheTest, AnEntryThatLeadsElsewhereIsNone) {
  cache_.store("a", example());
  const std::string elsewhere = folder_.file("elsewhere");
  std::filesystem::rename(folder_.file("a.kernels"), elsewhere);
  std::filesystem::create_symlink(elsewhere, folder_.file("a.kernels"));
  EXPECT_FALSE(cache_.find("a"));
  ASSERT_EQ(::mkfifo(folder_.file("b.kernels").c_str(), 0600), 0);
  EXPECT_FALSE(cache_.find("b")) << "and does not wait for a writer";
}

// What the XDG Base Directory Specification says of relative paths.
TEST(CacheFolder, IsNeverRelativeToWhereTheProgramRuns) {
  const auto folder_with = [](const char* xdg, const char* home) {
    ::unsetenv("MINNOW_CACHE");
    ::setenv("XDG_CACHE_HOME", xdg, 1);
    ::setenv("HOME", home, 1);
    return ObjectCache::default_folder();
  };
  EXPECT_EQ(folder_with("/x", "/home/a"), "/x/minnow");
  EXPECT_EQ(folder_with("", "/home/a"), "/home/a/.cache/minnow");
  EXPECT_EQ(folder_with("x", "/home/a"), "/home/a/.cache/minnow");
  EXPECT_EQ(folder_with("./x", "relhome"), "");
  EXPECT_EQ(folder_with("", ""), "");
  ::setenv("MINNOW_CACHE", "here", 1);
  EXPECT_EQ(ObjectCache::default_folder(), "here") << "as it is asked for";
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
    EXPECT_EQ((*fresh)->kernels[i].grid, (*cached)->kernels[i].grid);
    EXPECT_EQ((*fresh)->kernels[i].uses, (*cached)->kernels[i].uses);
    EXPECT_NE((*cached)->kernels[i].entry, nullptr);
  }
}

}  // namespace
}  // namespace minnow
