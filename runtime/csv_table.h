// The cells of a CSV file, with the place of each, before anything is made of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"

namespace minnow {

struct CsvCell {
  std::string_view text;  // without quotes and surrounding blanks; points into the table's bytes
  int64_t column = 1;     // where it begins in its line, from 1
};

struct CsvRow {
  int64_t line = 1;
  std::vector<CsvCell> cells;
};

// Rows of equally many cells; blank lines and lines beginning with '#' are left out. A cell may stand in
// double quotes, so as to hold the separator. `where` names the file in errors.
Result<std::vector<CsvRow>> split_csv(std::string_view bytes, char separator, const std::string& where);

// A cell that holds `text`, in quotes where it has to be.
std::string csv_cell(const std::string& text);

}  // namespace minnow
