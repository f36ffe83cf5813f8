#include "tools/flags/error_text.h"

#include <gtest/gtest.h>

#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

class ErrorText : public testing::Test {
 protected:
  // What is said about a place in this text, without the first line.
  std::string excerpt(const std::string& text, int line, int column) {
    const std::string path = folder_.write("m.textproto", text);
    const std::string said = error_text({fmt::format("{}:{}:{}", path, line, column), "wrong", {}});
    const size_t end = said.find('\n') + 1;
    EXPECT_EQ(said.substr(0, end), fmt::format("{}:{}:{}: error: wrong\n", path, line, column));
    return said.substr(end);
  }
  TemporaryFolder folder_;
};

TEST_F(ErrorText, ShowsTheLineWithACaretUnderThePlace) {
  EXPECT_EQ(excerpt("a {\n  b: 0\n}\n", 2, 3), "  2 |   b: 0\n    |   ^\n");
  EXPECT_EQ(excerpt("x", 1, 1), "  1 | x\n    | ^\n");
  EXPECT_EQ(excerpt("a\r\nbc\r\n", 2, 2), "  2 | bc\n    |  ^\n");
  EXPECT_EQ(excerpt("ab\n", 1, 3), "  1 | ab\n    |   ^\n");  // the end of the line
  EXPECT_EQ(excerpt(std::string(99, '\n') + "ab", 100, 2), "  100 | ab\n      |  ^\n");
}

TEST_F(ErrorText, TheCaretStandsUnderTheLetterWhateverIsBefore) {
  EXPECT_EQ(excerpt("\ta\tb", 1, 2), "  1 |         a       b\n    |         ^\n");
  EXPECT_EQ(excerpt("\ta\tb", 1, 4), "  1 |         a       b\n    |                 ^\n");
  EXPECT_EQ(excerpt("ä: é", 1, 5), "  1 | ä: é\n    |    ^\n");
  EXPECT_EQ(excerpt("\x1b[2J x", 1, 6), "  1 | \\x1b[2J x\n    |         ^\n");
}

TEST_F(ErrorText, OfALongLineTheSurroundings) {
  const std::string said = excerpt(std::string(500, 'a') + "b" + std::string(500, 'c'), 1, 501);
  EXPECT_EQ(said,
            "  1 | …" + std::string(60, 'a') + "b" + std::string(58, 'c') + "…\n    | " + std::string(61, ' ') + "^\n");
}

TEST_F(ErrorText, WhereThereIsNoSuchPlaceThereIsNoLine) {
  EXPECT_EQ(excerpt("a\n", 7, 1), "");
  EXPECT_EQ(excerpt("a\n", 1, 9), "");
  EXPECT_EQ(error_text({"none:1:1", "wrong", "mend it"}), "none:1:1: error: wrong\n  hint: mend it\n");
  EXPECT_EQ(error_text({"--set a.b", "wrong", {}}), "--set a.b: error: wrong\n");
  EXPECT_EQ(error_text({"m:0:1", "wrong", {}}), "m:0:1: error: wrong\n");
  EXPECT_EQ(error_text({"", "wrong", {}}), "error: wrong\n");
  EXPECT_EQ(error_text({":1:1", "wrong", {}}), ":1:1: error: wrong\n");
}

TEST_F(ErrorText, EachErrorHasItsLineAndHint) {
  const std::string path = folder_.write("m", "ab\ncd\n");
  Error error{path + ":1:2", "one", "first"};
  error.others = {{path + ":2:1", "two", "second"}, {"--set x", "three", {}}};
  error.left_out = 4;
  EXPECT_EQ(error_text(error), path + ":1:2: error: one\n  1 | ab\n    |  ^\n  hint: first\n" + path +
                                   ":2:1: error: two\n  2 | cd\n    | ^\n  hint: second\n--set x: error: three\n" +
                                   "and 4 more\n");
}

}  // namespace
}  // namespace minnow
