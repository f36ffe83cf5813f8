// A page of HTML in one file, which works from file:// and fetches nothing: the one template of all HTML that Minnow
// writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minnow {

struct HtmlPage {
  std::string title;   // any text
  std::string style;   // CSS, beside that of every page
  std::string body;    // HTML; text from outside has been through markup_escaped
  std::string script;  // JavaScript, for when the body is there; may be empty
};

std::string to_html(const HtmlPage& page);

// Cells are any text.
struct HtmlTable {
  std::vector<std::string> header;  // may be empty
  std::vector<std::vector<std::string>> rows;
  size_t text_columns = 1;  // set flush left; those behind them flush right, as numbers want
  bool has_total = false;   // the last row adds up the others
};
std::string to_html(const HtmlTable& table);

// JSON as it can stand in a script: no text in it ends the script or begins a comment.
std::string script_json(std::string_view json);

}  // namespace minnow
