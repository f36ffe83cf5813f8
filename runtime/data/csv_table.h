// The cells of a CSV file (RFC 4180), with the place of each, before anything is made of them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"

namespace minnow {

struct CsvCell {
  std::string_view text;  // without quotes and surrounding blanks; points into the table
  uint32_t line = 1;      // where it begins, from 1
  uint32_t column = 1;
};

struct CsvRow {
  int64_t line = 1;
  std::vector<CsvCell> cells;
};

// Rows of equally many cells.
struct CsvTable {
  char separator = ',';
  std::vector<CsvRow> rows;
  int64_t comments = 0;              // lines left out because they begin with '#'
  std::deque<std::string> unquoted;  // texts of cells in which quotes were doubled
};

// Separators are found by themselves, in this order where several do. A blank stands for any run of blanks.
inline constexpr std::string_view kCsvSeparators = ",;\t| ";

// A cell may stand in double quotes, so as to hold separators, line breaks and, doubled, quotes. Lines end in LF, CRLF
// or CR; empty ones and those beginning with '#' are left out. Without a separator it is the one that parts the first
// rows into equally many cells, most of them numbers. The table points into `bytes`; `where` names the file in errors.
Result<CsvTable> split_csv(std::string_view bytes, std::optional<char> separator, const std::string& where);

// The separator that parts the first rows into a table with numbers in it, if one does.
std::optional<char> likely_separator(std::string_view bytes);
std::string separator_name(char separator);  // "commas"

// The number that a cell says, rounded to f32: infinite beyond its range, and 0 where it is too small for it.
std::optional<float> csv_number(std::string_view text);

// Whether a cell says that there is no value: nothing, NA, N/A, NaN, NULL in any case, or ?.
bool is_missing(std::string_view text);

// A cell as a message quotes it: cut where it is long, since it may be as long as the file.
std::string quoted_cell(std::string_view text);
std::string short_cell(std::string_view text);  // without the quotes

// A cell that holds `text`, in quotes where it has to be.
std::string csv_cell(const std::string& text);

}  // namespace minnow
