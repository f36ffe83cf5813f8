#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "runtime/data/csv_classes.h"
#include "runtime/data/csv_columns.h"
#include "runtime/data/csv_table.h"
#include "runtime/data/dataset.h"
#include "runtime/file.h"

namespace minnow {
namespace {

Result<float> number_in(const CsvColumns& columns, const CsvRow& row, size_t column) {
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
Result<Tensor> numbers(const CsvColumns& columns, const std::vector<size_t>& chosen) {
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

Result<Tensor> targets(const CsvColumns& columns, bool are_probabilities) {
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

Result<CsvClasses> classes(const CsvColumns& columns, bool has_odd_first, const CsvOptions& options) {
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
std::string told(const CsvColumns& columns, const Dataset& dataset) {
  std::vector<std::string> labels;
  for (const size_t column : columns.labels) labels.push_back(name_of(columns, column));
  std::string text =
      fmt::format("cells parted by {}, {}", separator_name(columns.table.separator),
                  columns.names.empty() ? "no line of names" : fmt::format("names in line {}", columns.first_line));
  if (columns.table.comments > 0)
    text += fmt::format(", {} beginning with # left out", counted(columns.table.comments, "line"));
  if (columns.labels.empty()) return text + "; no labels";
  text += fmt::format("; {} in {}", dataset.class_names.empty() ? "targets" : "classes", fmt::join(labels, ", "));
  if (!dataset.class_names.empty()) text += ": " + listed(dataset.class_names);
  return text;
}

Result<Dataset> make_dataset(const CsvColumns& columns, bool has_odd_first, const CsvOptions& options) {
  Dataset dataset;
  dataset.name = std::filesystem::path(columns.path).stem().string();
  MINNOW_ASSIGN(dataset.examples, numbers(columns, columns.features));
  if (options.is_regression && !columns.labels.empty()) {
    MINNOW_ASSIGN(dataset.labels, targets(columns, options.is_binary));
  } else if (!columns.labels.empty()) {
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
  MINNOW_ASSIGN(const CsvColumns columns, make_columns(path, std::move(table), options));
  // A first row with names in some columns only is an example, unless the user says otherwise.
  const int64_t first = columns.table.rows[0].line;
  const bool has_odd_first = !options.has_header && columns.names.empty() && may_be_header(columns.table.rows);
  auto dataset = make_dataset(columns, has_odd_first, options);
  if (!dataset && has_odd_first && dataset.error().where.starts_with(fmt::format("{}:{}:", path, first)))
    dataset.error().hint = fmt::format("if line {} holds names, say so: csv {{ header: true }}", first);
  return dataset;
}

}  // namespace

Result<CsvNames> read_csv_names(const std::string& path, const CsvOptions& options) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path));
  MINNOW_ASSIGN(CsvTable table, split_csv(bytes, options.separator, path));
  MINNOW_ASSIGN(const CsvColumns columns, make_columns(path, std::move(table), options));
  CsvNames names;
  const std::set<std::string> different(columns.names.begin(), columns.names.end());
  if (columns.names.empty() || different.size() < columns.names.size()) return names;
  for (const size_t column : columns.features) names.features.push_back(columns.names[column]);
  for (const size_t column : columns.labels) names.labels.push_back(columns.names[column]);
  return names;
}

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
