// The columns of a table: what they are called, and which of them are features and labels.
#pragma once

#include <string>
#include <vector>

#include "ir/error.h"
#include "runtime/data/csv_table.h"
#include "runtime/data/dataset.h"

namespace minnow {

// The body of the table, what its columns are called (nothing without a header) and which of them are what. Those that
// are neither are left out.
struct CsvColumns {
  std::string path;
  CsvTable table;
  int64_t first_line = 1;  // that has cells
  std::vector<std::string> names;
  std::vector<size_t> labels;
  std::vector<size_t> features;
};

Result<CsvColumns> make_columns(std::string path, CsvTable table, const CsvOptions& options);

// "file:line:column".
std::string place(const CsvColumns& columns, const CsvCell& cell);
std::string name_of(const CsvColumns& columns, size_t column);

// A name has a letter and is no number, neither a missing one nor one in another notation, 0x10.
bool is_name(const CsvCell& cell);
// Whether the first row has a name where all others have none, so that it may hold the names of columns.
bool may_be_header(const std::vector<CsvRow>& rows);

}  // namespace minnow
