#include "runtime/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "runtime/data/dataset.h"
#include "runtime/data/fetch.h"
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

TEST(File, APipeIsReadToItsEnd) {
  const TemporaryFolder folder;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string path = fmt::format("/dev/fd/{}", ends[0]);
  ASSERT_EQ(::write(ends[1], "some", 4), 4);
  ::close(ends[1]);
  EXPECT_EQ(read_file(path).value(), "some");
  ::close(ends[0]);

  const std::string fifo = folder.file("pipe");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const std::string much(300000, 'x');
  std::thread writer([&] { EXPECT_TRUE(write_file_atomically(fifo, much)); });
  EXPECT_EQ(read_file(fifo).value(), much);
  writer.join();
  ::signal(SIGPIPE, SIG_IGN);
  std::thread again([&] { EXPECT_TRUE(write_file_atomically(fifo, much)); });
  EXPECT_EQ(read_file(fifo, 299999).error().message, "is longer than the limit of 299999 bytes");
  again.join();
  ::signal(SIGPIPE, SIG_DFL);
}

// Whoever opened it would wait for a writer.
TEST(File, APipeWithoutAWriterIsNothingToRead) {
  const TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read_file(path).error().message, "is a pipe that nobody writes to");
  EXPECT_EQ(read_file("/dev/zero").error().message, "is not a regular file");
  EXPECT_EQ(read_idx(path).error().message, "is a pipe that nobody writes to");
  EXPECT_EQ(content_sha256(path).error().message, "is a pipe that nobody writes to");
  EXPECT_EQ(read_idx("/dev/zero").error().message, "is not a regular file");
  EXPECT_EQ(read_idx(folder.path()).error().message, "is a folder, not a file");
}

// Such as a program that computes for a while before it prints.
TEST(File, APipeWhoseWriterTakesItsTimeIsWaitedFor) {
  using namespace std::chrono_literals;
  const TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  auto read = std::async(std::launch::async, [&] { return read_file(path); });
  EXPECT_EQ(read.wait_for(2500ms), std::future_status::timeout);
  ASSERT_EQ(::write(writer, "some", 4), 4);
  // Whoever has read all waits for the end.
  for (int unread = 1; unread > 0; std::this_thread::sleep_for(1ms)) ASSERT_EQ(::ioctl(writer, FIONREAD, &unread), 0);
  ::close(writer);
  EXPECT_EQ(read.get().value(), "some");
}

TEST(File, APipeThatNobodyReadsAnyMoreTakesEverything) {
  ::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const Status written = write_file_atomically(fmt::format("/dev/fd/{}", ends[1]), "much");
  EXPECT_TRUE(written) << written.error().to_string();
  ::close(ends[1]);
  ::signal(SIGPIPE, SIG_DFL);
}

TEST(File, AFolderThatCannotBeListedIsNotTakenForOneInUse) {
  const TemporaryFolder folder;
  EXPECT_FALSE(holds_something(folder.path()).value());
  EXPECT_FALSE(holds_something(folder.file("none")).value());
  folder.write("x", "");
  EXPECT_TRUE(holds_something(folder.path()).value());
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto found = holds_something(folder.path());
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "cannot list the folder: Too many open files");
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
