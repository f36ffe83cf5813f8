#include "runtime/data/csv_table.h"

#include <gmock/gmock.h>

#include <cmath>

namespace minnow {
namespace {

using Cells = std::vector<std::vector<std::string>>;

Cells cells_of(std::string_view bytes, std::optional<char> separator = ',') {
  const auto table = split_csv(bytes, separator, "x.csv");
  Cells cells;
  if (!table) return {{table.error().to_string()}};
  for (const CsvRow& row : table->rows) {
    cells.emplace_back();
    for (const CsvCell& cell : row.cells) cells.back().emplace_back(cell.text);
  }
  return cells;
}

char separator_of(std::string_view bytes) { return split_csv(bytes, {}, "x.csv")->separator; }

// RFC 4180, section 2, rule by rule.
TEST(CsvTable, ReadsWhatTheStandardSays) {
  EXPECT_EQ(cells_of("aaa,bbb\r\nzzz,yyy\r\n"), (Cells{{"aaa", "bbb"}, {"zzz", "yyy"}}));
  EXPECT_EQ(cells_of("aaa,bbb\r\nzzz,yyy"), (Cells{{"aaa", "bbb"}, {"zzz", "yyy"}}));
  EXPECT_EQ(cells_of("\"aaa\",\"b\r\nbb\"\r\nzzz,yyy"), (Cells{{"aaa", "b\r\nbb"}, {"zzz", "yyy"}}));
  EXPECT_EQ(cells_of("\"aaa\",\"b\"\"bb\",\"\"\"\"\n"), (Cells{{"aaa", "b\"bb", "\""}}));
  EXPECT_EQ(cells_of("\"a,b\",\"\",\n"), (Cells{{"a,b", "", ""}}));
}

TEST(CsvTable, ReadsWhatProgramsWrite) {
  EXPECT_EQ(cells_of("\xEF\xBB\xBF\"a\",b\r1,2\r"), (Cells{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(cells_of(" 1 ,\t\" two \" , 5\" pipe\n"), (Cells{{"1", " two ", "5\" pipe"}}));
  EXPECT_EQ(cells_of("# by numpy\n\n  \n1,2\n#3,4"), (Cells{{"1", "2"}}));
  EXPECT_EQ(split_csv("# by numpy\n1,2\n#3,4", ',', "x.csv")->comments, 2);
  EXPECT_EQ(cells_of("\"#1\",2\n"), (Cells{{"#1", "2"}}));
  EXPECT_EQ(cells_of("  1   2\t\t3 \n4 \"5 6\" 7\n", ' '), (Cells{{"1", "2", "3"}, {"4", "5 6", "7"}}));
  EXPECT_EQ(cells_of("1\t\t3\n\t\t\n", '\t'), (Cells{{"1", "", "3"}, {"", "", ""}}));
}

TEST(CsvTable, KnowsWhereCellsBegin) {
  const auto table = split_csv("\"a\nb\nc\",  d\ne,f\n", ',', "x.csv");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows[0].line, 1);
  EXPECT_EQ(table->rows[0].cells[1].line, 3U);
  EXPECT_EQ(table->rows[0].cells[1].column, 6U);
  EXPECT_EQ(table->rows[1].line, 4);
}

TEST(CsvTable, RefusesWithItsPlace) {
  EXPECT_EQ(cells_of("1,2\n3,\"4\n5,6\n")[0][0], "x.csv:2:3: error: quote is not closed");
  EXPECT_THAT(cells_of("1,\"2\"3\n")[0][0], testing::StartsWith("x.csv:1:3: error: text follows the closing quote"));
  EXPECT_THAT(cells_of("1,\"2\" 3\n")[0][0], testing::StartsWith("x.csv:1:3: error: text follows the closing quote"));
  EXPECT_EQ(cells_of("1,2\n3\n")[0][0], "x.csv:2:1: error: 1 cells, but line 1 has 2");
  EXPECT_THAT(cells_of("\xFF\xFE"
                       "1,2")[0][0],
              testing::StartsWith("x.csv: error: is UTF-16 text"));
  EXPECT_EQ(cells_of(std::string_view("1,\0", 3))[0][0], "x.csv: error: is no text: byte 2 is 0");
}

TEST(CsvTable, FindsTheSeparator) {
  EXPECT_EQ(separator_of("a,b,c\n1,2,0\n"), ',');
  EXPECT_EQ(separator_of("a;b;c\n1;2;0\n"), ';');
  EXPECT_EQ(separator_of("a\tb\tc\n1\t2\t0\n"), '\t');
  EXPECT_EQ(separator_of("a|b\n1|2\n"), '|');
  EXPECT_EQ(separator_of("1.5  2 0\n4 -1e3 1\n"), ' ');
  // Others that occur, but part nothing.
  EXPECT_EQ(separator_of("1, 2, 0\n3,\t4, 1\n"), ',');
  EXPECT_EQ(separator_of("1,\t2,\t0\n3,\t4,\t1\n"), ',');
  EXPECT_EQ(separator_of("1,5;2,5;0\n3,5;4,5;1\n"), ';');
  EXPECT_EQ(separator_of("size; cm,kind\n1,2\n"), ',');
  EXPECT_EQ(separator_of("\"a;b\",c\n1,2\n"), ',');
  EXPECT_EQ(separator_of("1;New York\n2;Rome\n"), ';');
  EXPECT_EQ(cells_of("1,New York\n2\n", {})[0][0], "x.csv:2:1: error: 1 cells, but line 1 has 2");
  EXPECT_EQ(separator_of("1\n2\n"), ',');
}

TEST(CsvTable, NumbersAreWhatF32Holds) {
  EXPECT_EQ(csv_number("+5"), 5.0F);
  EXPECT_EQ(csv_number(".5"), 0.5F);
  EXPECT_EQ(csv_number("-4e1"), -40.0F);
  EXPECT_EQ(csv_number("1e-50"), 0.0F);
  EXPECT_TRUE(std::signbit(*csv_number("-1e-5000")));
  EXPECT_EQ(csv_number("1e-40"), 1e-40F);
  EXPECT_EQ(csv_number("0." + std::string(60, '0') + "1"), 0.0F);
  EXPECT_EQ(csv_number("1e39"), INFINITY);
  EXPECT_EQ(csv_number("-1e5000"), -INFINITY);
  EXPECT_EQ(csv_number("3.4028235e38"), 3.4028235e38F);
  for (const char* text : {"", "+", "+-5", "0x10", "1,5", "5%", "1 2", "1e", "ten"})
    EXPECT_FALSE(csv_number(text)) << text;
}

TEST(CsvTable, WritesCellsThatAreReadBack) {
  for (const std::string text : {"a,b", "say \"x\"", "#1", "two\nlines", "", "plain"})
    EXPECT_EQ(cells_of(csv_cell(text) + ",end\n")[0][0], text);
}

}  // namespace
}  // namespace minnow
