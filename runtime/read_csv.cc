#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <unordered_map>

#include "runtime/csv_table.h"
#include "runtime/dataset.h"
#include "runtime/file.h"

namespace minnow {
namespace {

// The body of the table, what its columns are called (nothing without a header) and which of them are labels.
struct Table {
  std::string path;
  std::vector<std::string> names;
  std::vector<CsvRow> rows;
  std::vector<size_t> label_columns;
  std::vector<size_t> feature_columns;
};

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string place(const Table& table, const CsvRow& row, size_t column) {
  return fmt::format("{}:{}:{}", table.path, row.line, row.cells[column].column);
}

Result<size_t> find_column(const Table& table, size_t width, const std::string& wanted) {
  const auto named = std::find(table.names.begin(), table.names.end(), wanted);
  if (named != table.names.end()) return static_cast<size_t>(named - table.names.begin());
  if (const auto number = parse_number<int64_t>(wanted)) {
    const int64_t column = *number < 0 ? *number + static_cast<int64_t>(width) : *number;
    if (column >= 0 && column < static_cast<int64_t>(width)) return static_cast<size_t>(column);
    return fail(table.path, "has no column {}: its columns are 0 to {}", wanted, width - 1);
  }
  const std::string nearest = nearest_name(wanted, table.names);
  return fail_with_hint(table.path, fmt::format("has no column \"{}\"", wanted),
                        nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest));
}

Status choose_columns(Table& table, size_t width, const CsvOptions& options) {
  std::vector<std::string> labels = options.label_columns;
  if (labels.empty()) labels = {"-1"};
  for (const std::string& label : labels) {
    MINNOW_ASSIGN(const size_t column, find_column(table, width, label));
    if (std::ranges::count(table.label_columns, column) > 0)
      return fail(table.path, "column \"{}\" is named as a label twice", label);
    table.label_columns.push_back(column);
  }
  for (size_t column = 0; column < width; ++column)
    if (std::ranges::count(table.label_columns, column) == 0) table.feature_columns.push_back(column);
  if (table.feature_columns.empty()) return fail(table.path, "has no column left for features");
  if (!options.is_regression && table.label_columns.size() != 1)
    return fail(table.path, "classes need one label column, not {}", table.label_columns.size());
  return {};
}

// A header has words where the other rows have numbers. Class names are words in every row.
bool looks_like_header(const std::vector<CsvRow>& rows) {
  const auto words = [](const CsvRow& row) {
    return std::ranges::count_if(row.cells, [](const CsvCell& cell) { return !parse_number<double>(cell.text); });
  };
  const auto width = static_cast<std::ptrdiff_t>(rows[0].cells.size());
  return rows.size() == 1 ? words(rows[0]) == width : words(rows[0]) > words(rows[1]);
}

Result<Table> make_table(std::string path, std::vector<CsvRow> rows, const CsvOptions& options) {
  if (rows.empty()) return fail(path, "is empty");
  Table table{std::move(path), {}, {}, {}, {}};
  const size_t width = rows[0].cells.size();
  if (options.has_header.value_or(looks_like_header(rows))) {
    for (const CsvCell& cell : rows[0].cells) table.names.emplace_back(cell.text);
    rows.erase(rows.begin());
  }
  if (rows.empty()) return fail(table.path, "has a header but no row");
  table.rows = std::move(rows);
  MINNOW_TRY(choose_columns(table, width, options));
  return table;
}

// The cells of `columns` as f32 [N, columns].
Result<Tensor> numbers(const Table& table, const std::vector<size_t>& columns) {
  const Shape shape = {static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(columns.size())};
  if (!checked_element_count(shape)) return fail(table.path, "is too large: {}", shape_to_string(shape));
  Tensor tensor = Tensor::uninitialized({DType::kF32, shape});
  auto to = tensor.as<float>().begin();
  for (const CsvRow& row : table.rows) {
    for (const size_t column : columns) {
      const auto value = parse_number<float>(row.cells[column].text);
      if (!value || !std::isfinite(*value))
        return fail(place(table, row, column), "\"{}\" is not a finite number", row.cells[column].text);
      *to++ = *value;
    }
  }
  return tensor;
}

std::string_view label_text(const Table& table, const CsvRow& row) { return row.cells[table.label_columns[0]].text; }

bool has_word_labels(const Table& table) {
  return !std::ranges::all_of(
      table.rows, [&](const CsvRow& row) { return parse_number<int32_t>(label_text(table, row)).has_value(); });
}

std::vector<std::string> sorted_words(const Table& table) {
  std::vector<std::string> words;
  for (const CsvRow& row : table.rows) words.emplace_back(label_text(table, row));
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  return words;
}

using ClassNumbers = std::unordered_map<std::string_view, int32_t>;

// Points into `words`.
ClassNumbers number_classes(const std::vector<std::string>& words) {
  ClassNumbers numbers;
  for (size_t i = 0; i < words.size(); ++i) numbers.emplace(words[i], static_cast<int32_t>(i));
  return numbers;
}

Result<int32_t> class_of_word(const Table& table, const CsvRow& row, const ClassNumbers& classes) {
  const std::string_view text = label_text(table, row);
  const std::string where = place(table, row, table.label_columns[0]);
  if (text.empty()) return fail(where, "label is missing");
  const auto found = classes.find(text);
  if (found != classes.end()) return found->second;
  return fail(where, "label \"{}\" is none of the {} classes", text, classes.size());
}

Result<int32_t> class_of_number(const Table& table, const CsvRow& row, int64_t limit) {
  const int32_t number = *parse_number<int32_t>(label_text(table, row));
  if (number >= 0 && number < limit) return number;
  return fail(place(table, row, table.label_columns[0]), "label {} is outside 0 to {}", number, limit - 1);
}

Status fill_classes(const Table& table, const CsvOptions& options, Dataset& dataset) {
  const bool has_words = has_word_labels(table);
  dataset.class_names = options.class_names;
  if (has_words && dataset.class_names.empty()) dataset.class_names = sorted_words(table);
  const auto known = static_cast<int64_t>(options.class_names.size());
  const int64_t limit = known > 0 ? known : options.max_classes;
  dataset.labels = Tensor::uninitialized({DType::kI32, {static_cast<int64_t>(table.rows.size())}});
  auto to = dataset.labels.as<int32_t>().begin();
  const ClassNumbers numbers = number_classes(dataset.class_names);
  for (const CsvRow& row : table.rows) {
    MINNOW_ASSIGN(*to++, has_words ? class_of_word(table, row, numbers) : class_of_number(table, row, limit));
  }
  if (dataset.class_names.empty()) dataset.class_names = numbered_classes(count_classes(dataset.labels));
  return {};
}

}  // namespace

Result<Dataset> read_csv(const std::string& path, const CsvOptions& options) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path));
  MINNOW_ASSIGN(std::vector<CsvRow> rows, split_csv(bytes, options.separator, path));
  MINNOW_ASSIGN(const Table table, make_table(path, std::move(rows), options));
  Dataset dataset;
  dataset.name = std::filesystem::path(path).stem().string();
  MINNOW_ASSIGN(dataset.examples, numbers(table, table.feature_columns));
  if (options.is_regression) {
    MINNOW_ASSIGN(dataset.labels, numbers(table, table.label_columns));
  } else {
    MINNOW_TRY(fill_classes(table, options, dataset));
  }
  return dataset;
}

}  // namespace minnow
