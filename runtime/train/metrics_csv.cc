#include "runtime/train/metrics_csv.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <variant>

#include "runtime/data/csv_table.h"

namespace minnow {
namespace {

struct Column {
  std::string_view name;
  std::variant<int64_t EpochMetrics::*, double EpochMetrics::*> field;
  std::string_view format;
  bool is_accuracy = false;
};

const Column kColumns[] = {{"epoch", &EpochMetrics::epoch, "{}"},
                           {"steps", &EpochMetrics::steps, "{}"},
                           {"learning_rate", &EpochMetrics::learning_rate, "{:.6g}"},
                           {"train_loss", &EpochMetrics::train_loss, "{:.6f}"},
                           {"train_accuracy", &EpochMetrics::train_accuracy, "{:.6f}", true},
                           {"validation_loss", &EpochMetrics::validation_loss, "{:.6f}"},
                           {"validation_accuracy", &EpochMetrics::validation_accuracy, "{:.6f}", true},
                           {"seconds", &EpochMetrics::seconds, "{:.3f}"}};

// A column of ours, and the cell that holds it.
struct ColumnPlace {
  const Column* column;
  size_t cell;
};

constexpr std::string_view kTrainPerplexity = "train_perplexity", kValidationPerplexity = "validation_perplexity";

auto find_cell(const CsvRow& header, std::string_view name) {
  return std::ranges::find(header.cells, name, &CsvCell::text);
}

Result<std::vector<ColumnPlace>> find_columns(const CsvRow& header, const std::string& where) {
  std::vector<ColumnPlace> places;
  for (const Column& column : kColumns) {
    const auto found = find_cell(header, column.name);
    if (found != header.cells.end()) places.push_back({&column, static_cast<size_t>(found - header.cells.begin())});
    else if (!column.is_accuracy) return fail(where, "has no column \"{}\", so it is no metrics.csv", column.name);
  }
  return places;
}

template <typename T>
bool parse_cell(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string metrics_csv(const std::vector<EpochMetrics>& history, const MetricColumns& columns) {
  const auto line = [&](auto cell, const std::string& train_perplexity, const std::string& validation_perplexity) {
    std::vector<std::string> cells;
    for (const Column& column : kColumns)
      if (columns.accuracy || !column.is_accuracy) cells.push_back(cell(column));
    if (columns.perplexity) cells.insert(cells.end(), {train_perplexity, validation_perplexity});
    return fmt::format("{}\n", fmt::join(cells, ","));
  };
  const auto perplexity = [](double loss) { return fmt::format("{:.6f}", std::exp(loss)); };
  std::string text = line([](const Column& column) { return std::string(column.name); }, std::string(kTrainPerplexity),
                          std::string(kValidationPerplexity));
  for (const EpochMetrics& row : history)
    text += line(
        [&](const Column& column) {
          const auto format = [&](auto field) { return fmt::format(fmt::runtime(column.format), row.*field); };
          return std::visit(format, column.field);
        },
        perplexity(row.train_loss), perplexity(row.validation_loss));
  return text;
}

Result<MetricsTable> parse_metrics_csv(std::string_view text, const std::string& where) {
  MINNOW_ASSIGN(const CsvTable table, split_csv(text, ',', where));
  const std::vector<CsvRow>& rows = table.rows;
  if (rows.empty()) return fail(where, "is empty");
  MINNOW_ASSIGN(const std::vector<ColumnPlace> places, find_columns(rows[0], where));
  const auto has = [&](std::string_view name) { return find_cell(rows[0], name) != rows[0].cells.end(); };
  MetricsTable metrics_table{{}, {has("validation_accuracy"), has(kValidationPerplexity)}};
  for (const CsvRow& row : std::span(rows).subspan(1)) {
    EpochMetrics& metrics = metrics_table.history.emplace_back();
    for (const ColumnPlace& place : places) {
      const CsvCell& cell = row.cells[place.cell];
      const auto parse = [&](auto field) { return parse_cell(cell.text, metrics.*field); };
      if (!std::visit(parse, place.column->field))
        return fail(fmt::format("{}:{}:{}", where, row.line, cell.column), "\"{}\" is no {}", cell.text,
                    place.column->name);
    }
  }
  return metrics_table;
}

bool has_accuracy(const std::vector<EpochMetrics>& history) {
  return std::ranges::any_of(
      history, [](const EpochMetrics& row) { return row.train_accuracy > 0 || row.validation_accuracy > 0; });
}

}  // namespace minnow
