#include "runtime/plot/html_page.h"

#include <fmt/format.h>

#include "runtime/plot/markup.h"

namespace minnow {
namespace {

constexpr std::string_view kStyle = R"css(
:root { --ink: #222; --soft: #5a5a5a; --line: #e2e2e2; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; color: var(--ink); background: #fff;
       font: 15px/1.5 'DejaVu Sans', Helvetica, Arial, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
pre, code { font: 13px/1.45 'DejaVu Sans Mono', Consolas, monospace; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right; }
th.text, td.text { text-align: left; }
th { color: var(--soft); font-weight: 600; }
table.total tbody tr:last-child { font-weight: 600; }
svg, img { max-width: 100%; height: auto; }
)css";

std::string table_row(const std::vector<std::string>& cells, std::string_view tag, size_t text_columns) {
  std::string row;
  for (size_t i = 0; i < cells.size(); ++i)
    row += fmt::format("<{0}{1}>{2}</{0}>", tag, i < text_columns ? " class=\"text\"" : "", markup_escaped(cells[i]));
  return "<tr>" + row + "</tr>\n";
}

}  // namespace

std::string to_html(const HtmlPage& page) {
  const std::string script = page.script.empty() ? "" : "<script>\n" + page.script + "\n</script>\n";
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{}{}</style>\n</head>\n"
      "<body>\n{}{}</body>\n</html>\n",
      markup_escaped(page.title), kStyle, page.style, page.body, script);
}

std::string to_html(const HtmlTable& table) {
  std::string rows;
  for (const auto& row : table.rows) rows += table_row(row, "td", table.text_columns);
  const std::string head =
      table.header.empty() ? "" : "<thead>" + table_row(table.header, "th", table.text_columns) + "</thead>\n";
  return fmt::format("<table{}>\n", table.has_total ? " class=\"total\"" : "") + head + "<tbody>\n" + rows +
         "</tbody>\n</table>\n";
}

std::string script_json(std::string_view json) {
  // In JSON, '<' stands only in strings.
  std::string text;
  for (const char c : json) text += c == '<' ? "\\u003c" : std::string(1, c);
  return text;
}

}  // namespace minnow
