#include "runtime/train/result_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/printable.h"
#include "runtime/data/csv_table.h"
#include "runtime/plot/markup.h"

namespace minnow {
namespace {

bool holds_number(const ResultTable& table, size_t column) {
  const auto is_number = [&](const auto& row) {
    const std::string& cell = row[column];
    const size_t first = cell.starts_with('-') ? 1 : 0;
    return first < cell.size() && cell[first] >= '0' && cell[first] <= '9';
  };
  return std::ranges::any_of(table.rows, is_number);
}

std::string padded(const std::string& cell, size_t width, bool is_right) {
  const std::string blanks(width - letter_count(cell), ' ');
  return is_right ? blanks + cell : cell + blanks;
}

}  // namespace

std::string table_text(const ResultTable& table) {
  std::vector<std::vector<std::string>> lines = {table.header};
  lines.insert(lines.end(), table.rows.begin(), table.rows.end());
  for (auto& line : lines)
    for (std::string& cell : line) cell = printable(cell);
  for (size_t column = 0; column < table.header.size(); ++column) {
    size_t width = 0;
    for (const auto& line : lines) width = std::max(width, letter_count(line[column]));
    for (auto& line : lines) line[column] = padded(line[column], width, holds_number(table, column));
  }
  std::string text;
  for (const auto& line : lines) {
    std::string joined;
    for (const std::string& cell : line) joined += (joined.empty() ? "" : "  ") + cell;
    text += joined.substr(0, joined.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string table_markdown(const ResultTable& table) {
  const auto line_of = [](const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& cell : cells) line += " " + markdown_escaped(cell) + " |";
    return line + "\n";
  };
  std::string text = line_of(table.header) + "|";
  for (size_t column = 0; column < table.header.size(); ++column)
    text += holds_number(table, column) ? "---:|" : "---|";
  text += "\n";
  for (const auto& row : table.rows) text += line_of(row);
  return text;
}

std::string table_csv(const ResultTable& table) {
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) text += (i > 0 ? "," : "") + csv_cell(cells[i]);
    text += "\n";
  };
  add_line(table.header);
  for (const auto& row : table.rows) add_line(row);
  return text;
}

std::string markdown_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : markup_escaped(printable(text))) {
    if (std::string_view("\\`*_[]|~").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace minnow
