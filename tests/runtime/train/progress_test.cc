#include "runtime/train/progress.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

TEST(Progress, Durations) {
  EXPECT_EQ(format_duration(7.4), "0:07");
  EXPECT_EQ(format_duration(760), "12:40");
  EXPECT_EQ(format_duration(11100), "3:05:00");
  EXPECT_EQ(format_duration(-1), "-:--");
}

TEST(Progress, Bar) {
  const ProgressState state{3, 10, 30000, 60000, 0.53124, 0.812, 120000};
  EXPECT_EQ(render_progress(state, {.columns = 66}),
            "epoch  3/10 ━━━━━╸─────  loss 0.5312  acc 81.2%  120k/s  ETA 0:04");
  EXPECT_LT(render_progress(state, {.columns = 20}).size(), 20U);
}

TEST(Progress, ColourOnlyIfAsked) {
  const ProgressState state{1, 1, 1, 2, 1, {}, 10};
  EXPECT_EQ(render_progress(state, {.columns = 80}).find('\x1b'), std::string::npos);
  EXPECT_NE(render_progress(state, {.has_colour = true, .columns = 80}).find('\x1b'), std::string::npos);
}

TEST(Progress, OneLinePerEpochWithoutTerminal) {
  std::FILE* stream = std::tmpfile();
  {
    Progress progress(stream);
    progress.update({});
    progress.finish_epoch({2, 5, 0.5, 0.9, 0.6, 0.85, 132000, 0.46});
  }
  std::rewind(stream);
  char text[256] = {};
  const size_t length = std::fread(text, 1, sizeof(text), stream);
  std::fclose(stream);
  EXPECT_EQ(std::string(text, length),
            "epoch 2/5  loss 0.5000  acc 90.0%  val loss 0.6000  val acc 85.0%  132k/s  0.5 s\n");
}

TEST(Progress, SurvivesAReaderThatLeaves) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  {
    Progress progress(full, {true, false, 80});
    progress.update({});
    EXPECT_NO_THROW(progress.finish_epoch({}));
  }
  std::fclose(full);
}

}  // namespace
}  // namespace minnow
