#include "runtime/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

TEST(File, WritesAndReplaces) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.bin");
  ASSERT_TRUE(write_file_atomically(path, "one"));
  ASSERT_TRUE(write_file_atomically(path, std::string_view("t\0wo", 4)));
  EXPECT_EQ(read_file(path).value(), std::string("t\0wo", 4));
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 1);
}

TEST(File, SaysWhyItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_file(folder.file("none")).error().message, "cannot open: No such file or directory");
  EXPECT_EQ(read_file(folder.path()).error().message, "is a folder, not a file");
  EXPECT_EQ(read_file(folder.write("long", "12345"), 4).error().message, "is 5 bytes long; the limit is 4");
}

// As root, replacing it would take /dev/null from the whole machine.
TEST(File, WritesToAPipeInsteadOfReplacingIt) {
  const TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDWR);
  ASSERT_TRUE(write_file_atomically(path, "through"));
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  std::string read(7, '\0');
  EXPECT_EQ(::read(reader, read.data(), read.size()), 7);
  EXPECT_EQ(read, "through");
  ::close(reader);
}

// In a container every process may have the same number as the one before it.
TEST(File, WritesBesideWhatAKilledProcessOfTheSameNumberLeft) {
  const TemporaryFolder folder;
  for (int i = 0; i < 50; ++i) folder.write(fmt::format(".minnow.{}.{}.tmp", ::getpid(), i), "half of some");
  ASSERT_TRUE(write_file_atomically(folder.file("a"), "whole"));
  EXPECT_EQ(read_file(folder.file("a")).value(), "whole");
}

TEST(File, RemovesWhatDeadWritersLeftOnly) {
  const TemporaryFolder folder;
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(dead, nullptr, 0), dead);
  folder.write(fmt::format(".minnow.{}.0.tmp", dead), "");
  const std::vector<std::string> kept = {fmt::format(".minnow.{}.0.tmp", ::getppid()), ".minnow.1x.0.tmp", "a.tmp"};
  for (const std::string& name : kept) folder.write(name, "");
  remove_abandoned_files(folder.path());
  for (const std::string& name : kept) EXPECT_TRUE(std::filesystem::exists(folder.file(name))) << name;
  EXPECT_FALSE(std::filesystem::exists(folder.file(fmt::format(".minnow.{}.0.tmp", dead))));
  remove_abandoned_files(folder.file("none"));
}

TEST(File, TakesTheLongestNameThereIs) {
  const TemporaryFolder folder;
  EXPECT_TRUE(write_file_atomically(folder.file(std::string(255, 'n')), "x"));
}

TEST(File, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  EXPECT_FALSE(write_file_atomically(folder.file("no/such/folder"), "x"));
  std::filesystem::create_directory(folder.file("taken"));
  EXPECT_FALSE(write_file_atomically(folder.file("taken"), "x"));
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
  EXPECT_EQ(entries, 1);
}

}  // namespace
}  // namespace minnow
