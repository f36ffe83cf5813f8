#include "runtime/train/result_table.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

const ResultTable kTable{{"run", "loss", "end"}, {{"a", "0.5", "finished"}, {"b|<\x1b", "12.5", ""}}};

TEST(ResultTable, SetsNumbersFlushRight) {
  EXPECT_EQ(table_text(kTable),
            "run      loss  end\n"
            "a         0.5  finished\n"
            "b|<\\x1b  12.5\n");
}

TEST(ResultTable, EscapesWhatMarkdownAndCsvWouldTakeForTheirOwn) {
  EXPECT_EQ(table_markdown(kTable),
            "| run | loss | end |\n|---|---:|---|\n| a | 0.5 | finished |\n| b\\|&lt;\\\\x1b | 12.5 |  |\n");
  EXPECT_EQ(table_csv({{"a,b"}, {{"x\"y"}, {"plain"}}}), "\"a,b\"\n\"x\"\"y\"\nplain\n");
  EXPECT_EQ(markdown_escaped("[x](y) *z*"), "\\[x\\](y) \\*z\\*");
}

TEST(ResultTable, MayBeEmpty) {
  EXPECT_EQ(table_text({{"a"}, {}}), "a\n");
  EXPECT_EQ(table_csv({}), "\n");
}

}  // namespace
}  // namespace minnow
