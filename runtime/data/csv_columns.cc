#include "runtime/data/csv_columns.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace minnow {
namespace {

// The column of this name, if there is one.
Result<std::optional<size_t>> column_called(const CsvColumns& columns, const std::string& name) {
  const auto found = std::ranges::find(columns.names, name);
  if (found == columns.names.end()) return std::nullopt;
  if (const auto count = std::count(found, columns.names.end(), name); count > 1)
    return fail(columns.path, "has {} columns that are called {}", count, quoted_cell(name));
  return static_cast<size_t>(found - columns.names.begin());
}

Result<size_t> find_column(const CsvColumns& columns, size_t width, const std::string& wanted) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc{} && end == wanted.data() + wanted.size()) {
    const int64_t column = number < 0 ? number + static_cast<int64_t>(width) : number;
    if (column >= 0 && column < static_cast<int64_t>(width)) return static_cast<size_t>(column);
    return fail(columns.path, "has no column {}: its columns are 0 to {}", wanted, width - 1);
  }
  MINNOW_ASSIGN(const auto named, column_called(columns, wanted));
  if (named) return *named;
  const std::string nearest = nearest_name(wanted, columns.names);
  return fail_with_hint(columns.path, fmt::format("has no column \"{}\"", wanted),
                        nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest));
}

Status choose_columns(CsvColumns& columns, size_t width, const CsvOptions& options) {
  std::vector<std::string> labels = options.label_columns;
  if (labels.empty()) labels = {"-1"};
  for (const std::string& label : labels) {
    MINNOW_ASSIGN(const size_t column, find_column(columns, width, label));
    if (std::ranges::count(columns.labels, column) > 0)
      return fail(columns.path, "column \"{}\" is named as a label twice", label);
    columns.labels.push_back(column);
  }
  for (size_t column = 0; column < width; ++column)
    if (std::ranges::count(columns.labels, column) == 0) columns.features.push_back(column);
  if (columns.features.empty())
    return fail_with_hint(columns.path, "has no column left for features",
                          width > 1 ? "" : "what parts its cells can be said: csv { separator: \";\" }");
  if (!options.is_regression && columns.labels.size() != 1)
    return fail(columns.path, "classes need one label column, not {}", columns.labels.size());
  return {};
}

// Labels that all are gaps are none.
void leave_out_empty_labels(CsvColumns& columns) {
  const auto has_no_label = [&](const CsvRow& row) {
    return std::ranges::all_of(columns.labels, [&](size_t column) { return is_missing(row.cells[column].text); });
  };
  if (std::ranges::all_of(columns.table.rows, has_no_label)) columns.labels.clear();
}

// By the names of the training table, in its order, where both have some.
Status choose_by_name(CsvColumns& columns, const CsvQuestion& asked) {
  for (const std::string& name : asked.feature_names) {
    MINNOW_ASSIGN(const auto found, column_called(columns, name));
    if (!found) {
      std::vector<std::string> others = columns.names;
      std::erase_if(others, [&](const std::string& other) {
        return std::ranges::find(asked.feature_names, other) != asked.feature_names.end();
      });
      const std::string nearest = nearest_name(name, others);
      return fail_with_hint(columns.path, fmt::format("has no column {}, which the network is fed", quoted_cell(name)),
                            nearest.empty() ? "" : fmt::format("is {} the same?", quoted_cell(nearest)));
    }
    columns.features.push_back(*found);
  }
  for (const std::string& name : asked.label_names) {
    MINNOW_ASSIGN(const auto found, column_called(columns, name));
    if (found) columns.labels.push_back(*found);
  }
  if (columns.labels.size() != asked.label_names.size()) columns.labels.clear();
  return {};
}

// The columns of rows that are asked about: by name, or all, or all but the labels.
Status choose_asked(CsvColumns& columns, size_t width, const CsvOptions& options) {
  const CsvQuestion& asked = *options.asked;
  const size_t labels = std::max<size_t>(options.label_columns.size(), 1);
  const auto features = static_cast<size_t>(asked.features);
  if (!columns.names.empty() && !asked.feature_names.empty()) {
    MINNOW_TRY(choose_by_name(columns, asked));
  } else if (width == features) {
    for (size_t column = 0; column < width; ++column) columns.features.push_back(column);
  } else if (width == features + labels) {
    MINNOW_TRY(choose_columns(columns, width, options));
  } else {
    return fail_with_hint(columns.path, fmt::format("has {} columns, but the network is fed {}", width, features),
                          "a row has what the network is fed, with or without the label");
  }
  leave_out_empty_labels(columns);
  return {};
}

// A row of an example has a number, as a feature at least.
bool is_header(const CsvRow& row) { return std::ranges::all_of(row.cells, is_name); }

}  // namespace

std::string place(const CsvColumns& columns, const CsvCell& cell) {
  return fmt::format("{}:{}:{}", columns.path, cell.line, cell.column);
}

std::string name_of(const CsvColumns& columns, size_t column) {
  return columns.names.empty() ? fmt::format("column {}", column) : quoted_cell(columns.names[column]);
}

bool is_name(const CsvCell& cell) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) || c == '_' || c >= 0x80; };
  if (is_missing(cell.text) || csv_number(cell.text)) return false;
  if (cell.text.starts_with("0x") || cell.text.starts_with("0X")) return false;
  return std::ranges::any_of(cell.text, is_letter);
}

bool may_be_header(const std::vector<CsvRow>& rows) {
  const std::vector<CsvCell>& first = rows[0].cells;
  for (size_t column = 0; column < first.size() && rows.size() > 1; ++column) {
    const auto has_name = [column](const CsvRow& row) { return is_name(row.cells[column]); };
    if (has_name(rows[0]) && std::none_of(rows.begin() + 1, rows.end(), has_name)) return true;
  }
  return false;
}

Result<CsvColumns> make_columns(std::string path, CsvTable table, const CsvOptions& options) {
  if (table.rows.empty()) return fail(path, "is empty");
  CsvColumns columns{std::move(path), std::move(table), 1, {}, {}, {}};
  std::vector<CsvRow>& rows = columns.table.rows;
  const size_t width = rows[0].cells.size();
  columns.first_line = rows[0].line;
  if (options.has_header.value_or(is_header(rows[0]))) {
    for (const CsvCell& cell : rows[0].cells) columns.names.emplace_back(cell.text);
    rows.erase(rows.begin());
  }
  if (rows.empty()) return fail(columns.path, "has a header but no row");
  MINNOW_TRY(options.asked ? choose_asked(columns, width, options) : choose_columns(columns, width, options));
  return columns;
}

}  // namespace minnow
