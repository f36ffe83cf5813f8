#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "runtime/data/csv_classes.h"
#include "runtime/data/csv_table.h"
#include "runtime/data/dataset.h"
#include "runtime/file.h"

namespace minnow {
namespace {

// The body of the table, what its columns are called (nothing without a header) and which of them are labels.
struct Columns {
  std::string path;
  CsvTable table;
  int64_t first_line = 1;  // that has cells
  std::vector<std::string> names;
  std::vector<size_t> labels;
  std::vector<size_t> features;
};

std::string place(const Columns& columns, const CsvCell& cell) {
  return fmt::format("{}:{}:{}", columns.path, cell.line, cell.column);
}

std::string name_of(const Columns& columns, size_t column) {
  return columns.names.empty() ? fmt::format("column {}", column) : quoted_cell(columns.names[column]);
}

Result<size_t> find_column(const Columns& columns, size_t width, const std::string& wanted) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc{} && end == wanted.data() + wanted.size()) {
    const int64_t column = number < 0 ? number + static_cast<int64_t>(width) : number;
    if (column >= 0 && column < static_cast<int64_t>(width)) return static_cast<size_t>(column);
    return fail(columns.path, "has no column {}: its columns are 0 to {}", wanted, width - 1);
  }
  const auto named = std::ranges::find(columns.names, wanted);
  if (named != columns.names.end()) return static_cast<size_t>(named - columns.names.begin());
  const std::string nearest = nearest_name(wanted, columns.names);
  return fail_with_hint(columns.path, fmt::format("has no column \"{}\"", wanted),
                        nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest));
}

Status choose_columns(Columns& columns, size_t width, const CsvOptions& options) {
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

// A name has a letter and is no number, neither a missing one nor one in another notation, 0x10.
bool is_name(const CsvCell& cell) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) || c == '_' || c >= 0x80; };
  if (is_missing(cell.text) || csv_number(cell.text)) return false;
  if (cell.text.starts_with("0x") || cell.text.starts_with("0X")) return false;
  return std::ranges::any_of(cell.text, is_letter);
}

// A row of an example has a number, as a feature at least.
bool is_header(const CsvRow& row) { return std::ranges::all_of(row.cells, is_name); }

// Whether the first row has a name where all others have none, so that it may hold the names of columns.
bool may_be_header(const std::vector<CsvRow>& rows) {
  const std::vector<CsvCell>& first = rows[0].cells;
  for (size_t column = 0; column < first.size() && rows.size() > 1; ++column) {
    const auto has_name = [column](const CsvRow& row) { return is_name(row.cells[column]); };
    if (has_name(rows[0]) && std::none_of(rows.begin() + 1, rows.end(), has_name)) return true;
  }
  return false;
}

Result<Columns> make_columns(std::string path, CsvTable table, const CsvOptions& options) {
  if (table.rows.empty()) return fail(path, "is empty");
  Columns columns{std::move(path), std::move(table), 1, {}, {}, {}};
  std::vector<CsvRow>& rows = columns.table.rows;
  const size_t width = rows[0].cells.size();
  columns.first_line = rows[0].line;
  if (options.has_header.value_or(is_header(rows[0]))) {
    for (const CsvCell& cell : rows[0].cells) columns.names.emplace_back(cell.text);
    rows.erase(rows.begin());
  }
  if (rows.empty()) return fail(columns.path, "has a header but no row");
  MINNOW_TRY(choose_columns(columns, width, options));
  return columns;
}

Result<float> number_in(const Columns& columns, const CsvRow& row, size_t column) {
  const CsvCell& cell = row.cells[column];
  const std::string_view text = cell.text;
  const std::string name = columns.names.empty() ? "" : fmt::format(" ({})", name_of(columns, column));
  if (is_missing(text))
    return fail_with_hint(place(columns, cell),
                          fmt::format("the value is missing{}{}", text.empty() ? "" : ": " + quoted_cell(text), name),
                          "fill gaps, or leave their rows out, before training");
  const auto value = csv_number(text);
  if (value && std::isfinite(*value)) return *value;
  const bool is_beyond =
      value && std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  if (is_beyond) return fail(place(columns, cell), "{} is beyond what f32 holds{}", quoted_cell(text), name);
  const bool has_comma = text.find(',') != std::string_view::npos;
  return fail_with_hint(place(columns, cell), fmt::format("{} is not a finite number{}", quoted_cell(text), name),
                        has_comma ? "decimals are written with a point" : "");
}

// The cells of `chosen` columns as f32 [N, columns].
Result<Tensor> numbers(const Columns& columns, const std::vector<size_t>& chosen) {
  const Shape shape = {static_cast<int64_t>(columns.table.rows.size()), static_cast<int64_t>(chosen.size())};
  if (!checked_element_count(shape)) return fail(columns.path, "is too large: {}", shape_to_string(shape));
  Tensor tensor = Tensor::uninitialized({DType::kF32, shape});
  auto to = tensor.as<float>().begin();
  for (const CsvRow& row : columns.table.rows)
    for (const size_t column : chosen) {
      MINNOW_ASSIGN(*to++, number_in(columns, row, column));
    }
  return tensor;
}

Result<Tensor> targets(const Columns& columns, bool are_probabilities) {
  auto read = numbers(columns, columns.labels);
  const auto is_label_name = [&](const CsvRow& row) {
    return std::ranges::any_of(columns.labels, [&](size_t column) { return is_name(row.cells[column]); });
  };
  if (!read && read.error().hint.empty() && std::ranges::all_of(columns.table.rows, is_label_name))
    read.error().hint = "names are classes, for softmax_cross_entropy with a unit for each";
  MINNOW_ASSIGN(Tensor tensor, std::move(read));
  if (!are_probabilities) return tensor;
  const auto values = tensor.as<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    const CsvCell& cell =
        columns.table.rows[i / columns.labels.size()].cells[columns.labels[i % columns.labels.size()]];
    MINNOW_TRY(check_probability(values[i], place(columns, cell), ""));
  }
  return tensor;
}

Result<CsvClasses> classes(const Columns& columns, bool has_odd_first, const CsvOptions& options) {
  std::vector<CsvCell> labels;
  for (const CsvRow& row : columns.table.rows) labels.push_back(row.cells[columns.labels[0]]);
  const auto is_number = [](const CsvCell& label) { return csv_number(label.text).has_value(); };
  if (has_odd_first && labels.size() > 1 && is_name(labels[0]) &&
      std::all_of(labels.begin() + 1, labels.end(), is_number))
    return fail(place(columns, labels[0]), "label {} is a name, but all others are numbers",
                quoted_cell(labels[0].text));
  return number_classes(labels, options, columns.path);
}

std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  std::vector<std::string> first(names.begin(), names.begin() + std::min(names.size(), kMost));
  for (std::string& name : first) name = short_cell(name);
  return fmt::format("{}{}", fmt::join(first, ", "),
                     names.size() > kMost ? fmt::format(", ... ({} in all)", names.size()) : "");
}

std::string counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// What was decided, and what was left out, in a line.
std::string told(const Columns& columns, const Dataset& dataset) {
  std::vector<std::string> labels;
  for (const size_t column : columns.labels) labels.push_back(name_of(columns, column));
  std::string text =
      fmt::format("cells parted by {}, {}", separator_name(columns.table.separator),
                  columns.names.empty() ? "no line of names" : fmt::format("names in line {}", columns.first_line));
  if (columns.table.comments > 0)
    text += fmt::format(", {} beginning with # left out", counted(columns.table.comments, "line"));
  text += fmt::format("; {} in {}", dataset.class_names.empty() ? "targets" : "classes", fmt::join(labels, ", "));
  if (!dataset.class_names.empty()) text += ": " + listed(dataset.class_names);
  return text;
}

Result<Dataset> make_dataset(const Columns& columns, bool has_odd_first, const CsvOptions& options) {
  Dataset dataset;
  dataset.name = std::filesystem::path(columns.path).stem().string();
  MINNOW_ASSIGN(dataset.examples, numbers(columns, columns.features));
  if (options.is_regression) {
    MINNOW_ASSIGN(dataset.labels, targets(columns, options.is_binary));
  } else {
    MINNOW_ASSIGN(CsvClasses found, classes(columns, has_odd_first, options));
    dataset.labels = std::move(found.numbers);
    dataset.class_names = std::move(found.names);
  }
  if (!columns.names.empty())
    for (const size_t column : columns.features) dataset.feature_names.push_back(columns.names[column]);
  dataset.read_as = told(columns, dataset);
  return dataset;
}

Result<Dataset> read_table(const std::string& path, std::string_view bytes, const CsvOptions& options) {
  MINNOW_ASSIGN(CsvTable table, split_csv(bytes, options.separator, path));
  MINNOW_ASSIGN(const Columns columns, make_columns(path, std::move(table), options));
  // A first row with names in some columns only is an example, unless the user says otherwise.
  const int64_t first = columns.table.rows[0].line;
  const bool has_odd_first = !options.has_header && columns.names.empty() && may_be_header(columns.table.rows);
  auto dataset = make_dataset(columns, has_odd_first, options);
  if (!dataset && has_odd_first && dataset.error().where.starts_with(fmt::format("{}:{}:", path, first)))
    dataset.error().hint = fmt::format("if line {} holds names, say so: csv {{ header: true }}", first);
  return dataset;
}

}  // namespace

Result<Dataset> read_csv(const std::string& path, const CsvOptions& options) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path));
  auto dataset = read_table(path, bytes, options);
  if (dataset || !options.separator) return dataset;
  const auto likely = likely_separator(bytes);
  if (likely && *likely != *options.separator)
    dataset.error().hint = fmt::format("its cells seem to be parted by {}, but csv {{ separator }} says {}",
                                       separator_name(*likely), separator_name(*options.separator));
  return dataset;
}

}  // namespace minnow
