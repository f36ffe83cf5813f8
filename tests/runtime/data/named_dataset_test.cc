#include "runtime/data/named_dataset.h"

#include <gtest/gtest.h>

#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

TEST(NamedDataset, UnknownNamesGetASuggestion) {
  const auto result = load_named_dataset("fashion-mnits", {});
  EXPECT_EQ(result.error().hint, "did you mean \"fashion-mnist\"?");
}

TEST(NamedDataset, AMissingOneSaysWhereItLooked) {
  const TemporaryFolder folder;
  folder.write("mnist/train-images-idx3-ubyte", "");
  const std::string before = std::getenv("MINNOW_DATA") != nullptr ? std::getenv("MINNOW_DATA") : "";
  setenv("MINNOW_DATA", "/nonexistent", 1);
  const std::string text = load_named_dataset("mnist", {folder.path()}).error().to_string();
  before.empty() ? unsetenv("MINNOW_DATA") : setenv("MINNOW_DATA", before.c_str(), 1);
  EXPECT_NE(text.find(folder.path() + "/mnist: no train-labels-idx1-ubyte"), std::string::npos) << text;
  EXPECT_NE(text.find("/nonexistent: not there"), std::string::npos) << text;
  EXPECT_NE(text.find("./data: not there"), std::string::npos) << text;
  EXPECT_NE(text.find("GLYPHS"), std::string::npos) << text;
}

TEST(NamedDataset, ReadsThePublishedFiles) {
  if (std::getenv("MINNOW_DATA") == nullptr) GTEST_SKIP() << "set MINNOW_DATA to a folder with mnist and fashion-mnist";
  for (const char* name : {"mnist", "fashion-mnist"}) {
    const auto splits = load_named_dataset(name, {});
    ASSERT_TRUE(splits) << splits.error().to_string();
    EXPECT_EQ(splits->train.examples.type().to_string(), "u8[60000,1,28,28]");
    EXPECT_EQ(splits->validation.labels.type().to_string(), "i32[10000]");
    EXPECT_EQ(splits->train.classes(), 10);
  }
}

}  // namespace
}  // namespace minnow
