#include "runtime/csv_table.h"

#include <algorithm>

namespace minnow {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Where the cell that begins at `begin` ends: at the next separator that is not in quotes.
size_t cell_end(std::string_view line, size_t begin, char separator) {
  bool is_quoted = false;
  for (size_t i = begin; i < line.size(); ++i) {
    if (line[i] == '"') is_quoted = !is_quoted;
    if (line[i] == separator && !is_quoted) return i;
  }
  return line.size();
}

Result<std::vector<CsvCell>> split_line(std::string_view line, char separator, const std::string& where) {
  std::vector<CsvCell> cells;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = cell_end(line, begin, separator);
    std::string_view text = trimmed(line.substr(begin, end - begin));
    const auto column = static_cast<int64_t>(begin) + 1;
    if (text.starts_with('"')) {
      if (text.size() < 2 || !text.ends_with('"'))
        return fail(fmt::format("{}:{}", where, column), "quote is not closed");
      text = text.substr(1, text.size() - 2);
    }
    cells.push_back({text, column});
    begin = end + 1;
  }
  return cells;
}

}  // namespace

Result<std::vector<CsvRow>> split_csv(std::string_view bytes, char separator, const std::string& where) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  std::vector<CsvRow> rows;
  for (int64_t line_number = 1; !bytes.empty(); ++line_number) {
    std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty() || line.starts_with('#')) continue;
    CsvRow row{line_number, {}};
    MINNOW_ASSIGN(row.cells, split_line(line, separator, fmt::format("{}:{}", where, line_number)));
    if (!rows.empty() && row.cells.size() != rows[0].cells.size()) {
      return fail(fmt::format("{}:{}:1", where, line_number), "{} cells, but line {} has {}", row.cells.size(),
                  rows[0].line, rows[0].cells.size());
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of("\",\r\n#") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + "\"";
}

}  // namespace minnow
