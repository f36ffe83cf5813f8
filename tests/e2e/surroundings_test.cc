// What is around the program: pipes, limits, other people's folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

using ::testing::HasSubstr;

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 28, 28] }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 20 epochs: 1 }
data { builtin: GLYPHS train_examples: 40 validation_examples: 20 }
)";

class Surroundings : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }

  // What a script with `minnow` for the program ends with; its stderr is in the file "err".
  int bash(const std::string& script) {
    const std::string head = "set -o pipefail\nexec 2>err\nminnow() { " MINNOW_PROGRAM " \"$@\"; }\n";
    bench_.write("script", "cd " + bench_.path() + "\n" + head + script + "\n");
    const int status = std::system(("env -u MINNOW_DATA bash " + bench_.path() + "/script").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  Workbench bench_;
};

// The reader has gone when the program begins to write.
TEST_F(Surroundings, APipeThatNobodyReadsAnyMoreIsNoFault) {
  for (const char* command :
       {"minnow compile m.textproto", "minnow check m.textproto", "minnow --help", "minnow compile --help",
        "minnow compile m.textproto --print-ir-after-all 2>&1", "minnow compile m.textproto -o /dev/stdout",
        "minnow data show glyphs --count 1", "minnow fuzz --count 1"}) {
    EXPECT_EQ(bash("{ sleep 0.05; " + std::string(command) + "; } | true"), 0) << command << "\n" << bench_.read("err");
    EXPECT_EQ(bench_.read("err"), "") << command;
  }
}

TEST_F(Surroundings, WhoReadsNoFurtherGetsTheRestDoneAndTheExitCodeOfIt) {
  EXPECT_EQ(bash("{ sleep 0.05; minnow train m.textproto --out run 2>&1; } | true"), 0);
  EXPECT_TRUE(std::filesystem::exists(bench_.path() + "/run/weights.safetensors"));
  EXPECT_EQ(bash("{ sleep 0.05; minnow check none.textproto 2>&1; } | true"), 1);
  EXPECT_EQ(bash("{ sleep 0.05; minnow check --frobnicate 2>&1; } | true"), 2);
  EXPECT_EQ(bash("minnow compile m.textproto | head -1 > first"), 0);
  EXPECT_THAT(bench_.read("first"), HasSubstr("func @"));
}

TEST_F(Surroundings, ALimitOfOpenFilesIsTold) {
  for (int files = 4; files < 6; ++files) {
    const std::string out = "run" + std::to_string(files) + " > out";
    const int code = bash("ulimit -n " + std::to_string(files) + "; minnow train m.textproto --threads 1 --out " + out);
    if (code == 0) continue;
    EXPECT_EQ(code, 1) << files;
    EXPECT_THAT(bench_.read("err"), HasSubstr("Too many open files")) << files;
  }
}

TEST_F(Surroundings, AFolderThatOthersMayWriteToHoldsNoMachineCode) {
  const std::string cache = bench_.path() + "/cache";
  ASSERT_EQ(::mkdir(cache.c_str(), 0700), 0);
  std::filesystem::permissions(cache, std::filesystem::perms::all);
  RunOptions options;
  options.environment = {{"MINNOW_CACHE", cache}};
  const Outcome outcome = bench_.run("train m.textproto", options);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(count_of(outcome.err, cache + ": is not used to keep machine code: others may write to it\n  hint: "), 1)
      << outcome.err;
  EXPECT_TRUE(std::filesystem::is_empty(cache));
  EXPECT_EQ(bench_.run("train m.textproto --no-cache", options).err.find("is not used"), std::string::npos);
}

TEST_F(Surroundings, PipesInPlaceOfDataAreRefusedAtOnce) {
  bench_.write("d.textproto",
               "inputs { name: \"x\" shape: [1, 1, 2] }\nlayers { name: \"fc\" dense { units: 2 } }\n"
               "loss { softmax_cross_entropy {} }\n"
               "data { idx { train_images: 'p' train_labels: 'p' validation_images: 'p' validation_labels: 'p' } }\n");
  ASSERT_EQ(::mkfifo((bench_.path() + "/p").c_str(), 0600), 0);
  expect_refused(bench_, "train d.textproto --data-dir .", "./p: error: is a pipe that nobody writes to");
}

}  // namespace
}  // namespace minnow
