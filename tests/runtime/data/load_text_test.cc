#include "runtime/data/load_text.h"

#include <gmock/gmock.h>

#include "runtime/data/batch.h"
#include "runtime/data/text.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Text = spec::Data::Text;

class LoadText : public testing::Test {
 protected:
  LoadText() { data_.mutable_text()->set_file("t.txt"); }

  Text& text() { return *data_.mutable_text(); }
  Result<DataSplits> load(const std::string& bytes, int64_t length) {
    folder_.write("t.txt", bytes);
    return load_text(data_, length, {folder_.path()});
  }
  std::string error(const std::string& bytes, int64_t length = 2) {
    const auto loaded = load(bytes, length);
    return loaded ? "" : loaded.error().to_string();
  }
  // The windows' tokens end to end, a bar between them.
  static std::string windows(const Dataset& data, bool targets) {
    const Dataset rows = slice_dataset(data, 0, data.windows->count);
    const Tensor& tensor = targets ? rows.labels : rows.examples;
    std::string text;
    for (int64_t i = 0; i < tensor.type().elements(); ++i) {
      if (i > 0 && i % tensor.dim(1) == 0) text += '|';
      text += data.class_names[static_cast<size_t>(tensor.as<int32_t>()[static_cast<size_t>(i)])];
    }
    return text;
  }

  TemporaryFolder folder_;
  spec::Data data_;
};

TEST_F(LoadText, WindowsLieSideBySide) {
  text().set_validation_share(0.3);
  const auto splits = load("abcdefghij", 2);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(windows(splits->train, false), "ab|cd|ef");
  EXPECT_EQ(windows(splits->train, true), "bc|de|fg");
  EXPECT_EQ(windows(splits->validation, false), "hi");
  EXPECT_EQ(windows(splits->validation, true), "ij");
  EXPECT_EQ(splits->train.classes(), 10);
}

TEST_F(LoadText, StrideOneBeginsEverywhereAndCountsSplit) {
  text().set_stride(1);
  data_.set_train_examples(2);
  data_.set_validation_examples(3);
  const auto splits = load("abcdefgh", 3);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(windows(splits->train, false), "abc|bcd");
  EXPECT_EQ(windows(splits->validation, false), "cde|def|efg");
  EXPECT_EQ(windows(splits->validation, true), "def|efg|fgh");
  data_.set_validation_examples(4);
  EXPECT_THAT(error("abcdefgh", 3), HasSubstr("asks for 4 examples, but t.txt has 3 windows"));
  text().set_stride(1000);
  data_.set_train_examples(1);
  EXPECT_THAT(error("abcdefgh", 3), HasSubstr("has 0 characters to validate with"));
}

TEST_F(LoadText, RandomWindowsAreDrawnAnewEachEpoch) {
  text().set_random_windows(true);
  data_.set_train_examples(1000);
  std::string letters;
  for (int i = 0; i < 100; ++i) letters += static_cast<char>('a' + i % 26);
  const auto splits = load(letters, 4);
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(splits->train.size(), 1000);
  const auto rows = rows_of_epoch(splits->train, true, 1, 0);
  EXPECT_EQ(rows, rows_of_epoch(splits->train, true, 1, 0));
  EXPECT_NE(rows, rows_of_epoch(splits->train, true, 1, 1));
  EXPECT_EQ(*std::ranges::min_element(rows), 0);
  EXPECT_EQ(*std::ranges::max_element(rows), 85);  // the target of the last of its four is token 89 of 90
  EXPECT_THAT(rows_in_order(splits->validation), ElementsAre(0, 4));
}

TEST_F(LoadText, TokensAreCharactersBytesOrWords) {
  text().set_validation_share(0.5);
  EXPECT_THAT(load("aé aé aé", 1)->train.class_names, ElementsAre(" ", "a", "é"));
  text().set_level(Text::WORD);
  EXPECT_THAT(load("to be\nor not\tto be ", 1)->train.class_names, ElementsAre("<unk>", "be", "not", "or", "to"));
  text().set_vocabulary(3);
  const auto limited = load("to be\nor not\tto be ", 1);
  EXPECT_THAT(limited->train.class_names, ElementsAre("<unk>", "be", "to"));
  EXPECT_EQ(windows(limited->train, false) + windows(limited->train, true), "to|bebe|<unk>");
  text().clear_vocabulary();
  text().set_level(Text::BYTE);
  const auto bytes = load(std::string("a\0\xff\n", 4), 1);
  EXPECT_EQ(bytes->train.classes(), 256);
  EXPECT_EQ(windows(bytes->train, true), "<0x00>");
}

TEST_F(LoadText, LettersOnlyAndLowercase) {
  text().set_letters_only(true);
  text().set_lowercase(true);
  text().set_stride(1);
  text().set_validation_share(0.5);
  const auto splits = load("Ab, é42  C--dE\n", 1);
  EXPECT_THAT(splits->train.class_names, ElementsAre(" ", "a", "b", "c", "d", "e"));
  EXPECT_EQ(windows(splits->train, false), "a|b| ");
}

TEST_F(LoadText, OtherFileValidates) {
  text().set_validation_file("v.txt");
  folder_.write("v.txt", "bab");
  EXPECT_EQ(windows(load("abab", 1)->validation, false), "b|a");
  folder_.write("v.txt", "ab\nc");
  EXPECT_THAT(error("abab\n", 1), HasSubstr("v.txt:2: error: \"c\" is not in the vocabulary of the text that trains"));
  text().set_unknown(true);
  EXPECT_EQ(windows(load("abab\n", 1)->validation, true), "b|\n|<unk>");
}

TEST_F(LoadText, Refuses) {
  EXPECT_THAT(error(""), HasSubstr("t.txt: error: is empty"));
  EXPECT_THAT(error(std::string("ab\0cd", 5)), HasSubstr("t.txt: error: is no text: byte 2 is zero"));
  EXPECT_THAT(error("ab\ncd\xff"), HasSubstr("t.txt:2: error: is not UTF-8: byte 5 is 0xff"));
  for (const char* broken : {"\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8", "\x80"})
    EXPECT_THAT(error(broken), HasSubstr("is not UTF-8: byte 0")) << broken;
  EXPECT_THAT(error("abc"), HasSubstr("has 2 characters to train with, but a window of 2 and the next one need 3"));
  text().set_validation_share(0.1);
  EXPECT_THAT(error("abcdefghij"), HasSubstr("has 1 characters to validate with, but a window of 2"));
  text().set_file("none.txt");
  EXPECT_THAT(error("a"), HasSubstr("none.txt: error: there is no such file"));
}

TEST_F(LoadText, ByteOrderMarkIsNoCharacter) {
  text().set_validation_share(0.5);
  EXPECT_THAT(load("\xef\xbb\xbf"
                   "abab",
                   1)
                  ->train.class_names,
              ElementsAre("a", "b"));
}

TEST_F(LoadText, NamedTextsAreLookedFor) {
  data_.set_named("time-machine");
  const std::string before = std::getenv("MINNOW_DATA") != nullptr ? std::getenv("MINNOW_DATA") : "";
  setenv("MINNOW_DATA", "/nonexistent", 1);
  const auto missing = load_text(data_, 2, {folder_.path()});
  before.empty() ? unsetenv("MINNOW_DATA") : setenv("MINNOW_DATA", before.c_str(), 1);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().to_string(), HasSubstr("minnow data fetch time-machine"));
  folder_.write("time-machine/timemachine.txt", "The Time Machine, by H. G. Wells [1898]\n\n\n\n\nI\n");
  const auto splits = load_text(data_, 2, {folder_.path()});
  ASSERT_TRUE(splits) << splits.error().to_string();
  EXPECT_EQ(splits->train.name, "time-machine");
  EXPECT_TRUE(windows(splits->train, false).starts_with("th|e |ti|me| m"));
  EXPECT_EQ(splits->train.class_names[0], "<unk>");
}

}  // namespace
}  // namespace minnow
