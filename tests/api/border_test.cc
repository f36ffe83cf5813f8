// What goes wrong inside ends at the border.
#include "api/border.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

namespace minnow::api {
namespace {

TEST(Border, BrokenInvariantsAreInternalErrors) {
  EXPECT_EQ(at_border([]() -> Status {
              MINNOW_CHECK(1 + 1 == 3, "a sum of {}", 2);
              return {};
            }),
            MINNOW_INTERNAL_ERROR);
  EXPECT_THAT(minnow_error_message(), testing::HasSubstr("a sum of 2"));
}

TEST(Border, ExceptionsAreStatuses) {
  EXPECT_EQ(at_border([]() -> Status { throw std::bad_alloc(); }), MINNOW_OUT_OF_MEMORY);
  EXPECT_EQ(at_border([]() -> Status { throw std::runtime_error("oh"); }), MINNOW_INTERNAL_ERROR);
  EXPECT_STREQ(minnow_error_message(), "oh");
  EXPECT_EQ(at_border([]() -> Status { throw 3; }), MINNOW_INTERNAL_ERROR);
}

TEST(Border, ErrorsKeepTheirParts) {
  EXPECT_EQ(at_border([]() -> Status { return fail_with_hint("here", "it is wrong", "mend it"); }), MINNOW_INPUT_ERROR);
  EXPECT_STREQ(minnow_error_place(), "here");
  EXPECT_STREQ(minnow_error_message(), "it is wrong");
  EXPECT_STREQ(minnow_error_hint(), "mend it");
  EXPECT_STREQ(minnow_error_text(), "here: error: it is wrong\n  hint: mend it");
  EXPECT_EQ(at_border([]() -> Status { return {}; }), MINNOW_OK);
  EXPECT_STREQ(minnow_error_place(), "here");
}

TEST(BorderDeathTest, ElsewhereABrokenInvariantEndsTheProcess) {
  EXPECT_DEATH(MINNOW_CHECK(false, "outside"), "outside");
}

TEST(Border, OptionsOfAnOlderHeaderAreFilledUp) {
  minnow_fit_options old = MINNOW_FIT_OPTIONS_INIT;
  old.epochs = 7;
  old.data_dir = "behind the end";
  old.size = offsetof(minnow_fit_options, data_dir);
  const auto filled = filled_up(&old, minnow_fit_options MINNOW_FIT_OPTIONS_INIT);
  ASSERT_TRUE(filled);
  EXPECT_EQ(filled->epochs, 7);
  EXPECT_EQ(filled->data_dir, nullptr);
}

}  // namespace
}  // namespace minnow::api
