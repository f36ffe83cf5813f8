// gradients.csv: how it is written, read and drawn.
#include <charconv>
#include <span>

#include "runtime/data/csv_table.h"
#include "runtime/train/gradient_log.h"

namespace minnow {

std::string GradientNorms::csv() const {
  std::string text = "epoch";
  for (const std::string& layer : layers) text += "," + csv_cell(layer);
  for (const Row& row : rows) {
    text += fmt::format("\n{}", row.epoch);
    for (const double norm : row.norms) text += fmt::format(",{:.6g}", norm);
  }
  return text + "\n";
}

Panel GradientNorms::panel(const std::string& y_label) const {
  Panel panel{y_label, {}};
  panel.is_log = true;
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    Series series{layers[layer], {}};
    for (const Row& row : rows) series.points.push_back({static_cast<double>(row.epoch), row.norms[layer]});
    panel.series.push_back(std::move(series));
  }
  return panel;
}

Result<GradientNorms> parse_gradients_csv(std::string_view text, const std::string& where) {
  MINNOW_ASSIGN(const CsvTable csv, split_csv(text, ',', where));
  const std::vector<CsvRow>& table = csv.rows;
  if (table.empty() || table[0].cells[0].text != "epoch") return fail(where, "is no gradients.csv");
  GradientNorms norms;
  for (const CsvCell& cell : std::span(table[0].cells).subspan(1)) norms.layers.emplace_back(cell.text);
  for (const CsvRow& line : std::span(table).subspan(1)) {
    std::vector<double> values;
    for (const CsvCell& cell : line.cells) {
      const char* end = cell.text.data() + cell.text.size();
      if (std::from_chars(cell.text.data(), end, values.emplace_back()).ptr != end)
        return fail(fmt::format("{}:{}:{}", where, line.line, cell.column), "\"{}\" is no number", cell.text);
    }
    constexpr double kMostEpochs = 1e15;
    if (!(values[0] >= 0 && values[0] <= kMostEpochs))
      return fail(fmt::format("{}:{}", where, line.line), "\"{}\" is no epoch", line.cells[0].text);
    norms.rows.push_back({static_cast<int64_t>(values[0]), {values.begin() + 1, values.end()}});
  }
  return norms;
}

}  // namespace minnow
