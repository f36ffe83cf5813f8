// A small table of results: as text for a terminal, as Markdown, as CSV.
#pragma once

#include <string>
#include <vector>

namespace minnow {

// Cells are any text. A column that holds a number is set flush right.
struct ResultTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as long as the header
};

std::string table_text(const ResultTable& table);
std::string table_markdown(const ResultTable& table);
std::string table_csv(const ResultTable& table);

// Text for Markdown that shows as it is.
std::string markdown_escaped(std::string_view text);

}  // namespace minnow
