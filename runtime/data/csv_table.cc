#include "runtime/data/csv_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "ir/printable.h"

namespace minnow {
namespace {

constexpr char kBlank = ' ';

class CsvReader {
 public:
  CsvReader(std::string_view bytes, char separator, const std::string& where)
      : bytes_(bytes), separator_(separator), where_(where) {}

  // Whether there was another row.
  Result<bool> read_row(CsvRow& row) {
    skip_lines_without_cells();
    if (at_end()) return false;
    row = {line_, {}};
    row.cells.reserve(width_);
    for (bool goes_on = true; goes_on;) {
      row.cells.emplace_back();
      MINNOW_ASSIGN(goes_on, read_cell(row.cells.back()));
    }
    width_ = row.cells.size();
    end_line();
    return true;
  }

  int64_t comments() const { return comments_; }
  std::deque<std::string> take_unquoted() { return std::move(unquoted_); }

 private:
  bool at_end() const { return at_ == bytes_.size(); }
  bool is_at(char c) const { return !at_end() && bytes_[at_] == c; }
  bool is_at_line_end() const { return at_end() || is_at('\n') || is_at('\r'); }
  bool is_blank(char c) const { return c == kBlank || (c == '\t' && separator_ != '\t'); }
  bool is_at_separator() const {
    return !at_end() && (separator_ == kBlank ? is_blank(bytes_[at_]) : bytes_[at_] == separator_);
  }

  void skip_blanks() {
    while (!at_end() && is_blank(bytes_[at_])) ++at_;
  }

  void end_line() {
    if (is_at('\r')) ++at_;
    else if (at_end()) return;
    if (is_at('\n')) ++at_;
    begin_line();
  }

  void begin_line() {
    ++line_;
    line_begin_ = at_;
  }

  void skip_lines_without_cells() {
    while (!at_end()) {
      const bool is_comment = is_at('#');
      if (is_comment) at_ = std::min(bytes_.find_first_of("\r\n", at_), bytes_.size());
      else skip_blanks();
      if (!is_at_line_end()) {
        at_ = line_begin_;
        return;
      }
      comments_ += is_comment;
      end_line();
    }
  }

  std::string place(const CsvCell& cell) const { return fmt::format("{}:{}:{}", where_, cell.line, cell.column); }

  // Whether another cell of the row follows.
  Result<bool> read_cell(CsvCell& cell) {
    skip_blanks();
    cell.line = static_cast<uint32_t>(line_);
    cell.column = static_cast<uint32_t>(at_ - line_begin_ + 1);
    if (is_at('"')) {
      MINNOW_ASSIGN(cell.text, read_quoted(cell));
      if (!is_at_line_end() && !is_at_separator() && !is_blank(bytes_[at_]))
        return fail_with_hint(place(cell), "text follows the closing quote", "a quote within quotes is doubled: \"\"");
    } else {
      cell.text = read_plain();
    }
    skip_blanks();
    if (is_at_line_end()) return false;
    if (separator_ == kBlank) return true;
    if (!is_at_separator()) return fail(place(cell), "text follows the closing quote");
    ++at_;
    return true;
  }

  std::string_view read_plain() {
    const size_t begin = at_;
    while (!is_at_line_end() && !is_at_separator()) ++at_;
    size_t end = at_;
    while (end > begin && is_blank(bytes_[end - 1])) --end;
    return bytes_.substr(begin, end - begin);
  }

  Result<std::string_view> read_quoted(const CsvCell& cell) {
    const size_t begin = ++at_;
    bool has_quotes = false;
    for (; !at_end(); ++at_) {
      if (is_at('"')) {
        if (at_ + 1 == bytes_.size() || bytes_[at_ + 1] != '"') break;
        has_quotes = true;
        ++at_;
      } else if (is_at('\n') || (is_at('\r') && !bytes_.substr(at_ + 1).starts_with('\n'))) {
        ++line_;
        line_begin_ = at_ + 1;
      }
    }
    if (at_end()) return fail(place(cell), "quote is not closed");
    const std::string_view text = bytes_.substr(begin, at_++ - begin);
    if (!has_quotes) return text;
    std::string& single = unquoted_.emplace_back();
    for (size_t i = 0; i < text.size(); i += text[i] == '"' ? 2 : 1) single += text[i];
    return single;
  }

  std::string_view bytes_;
  char separator_;
  const std::string& where_;
  size_t at_ = 0, line_begin_ = 0;
  int64_t line_ = 1;
  int64_t comments_ = 0;
  size_t width_ = 0;
  std::deque<std::string> unquoted_;
};

// How well a separator parts the first rows.
struct Fit {
  size_t first_width = 0;      // cells of the first row
  bool is_table = false;       // rows of equally many cells, and more than one
  std::ptrdiff_t numbers = 0;  // cells that are some, a decimal comma allowed
};

bool parts_first_row(const Fit& fit) { return fit.first_width > 1; }

bool looks_like_number(std::string_view text) {
  std::string point(text);
  if (const size_t comma = point.find(','); comma != std::string::npos) point[comma] = '.';
  return csv_number(point).has_value();
}

Fit fit_of(std::string_view bytes, char separator) {
  constexpr int kRows = 20;
  const std::string nowhere;
  CsvReader reader(bytes, separator, nowhere);
  Fit fit;
  CsvRow row;
  for (int i = 0; i < kRows; ++i) {
    const auto is_row = reader.read_row(row);
    if (!is_row || !*is_row) return is_row ? fit : Fit{};
    if (i == 0) fit = {row.cells.size(), row.cells.size() > 1, 0};
    fit.is_table = fit.is_table && row.cells.size() == fit.first_width;
    fit.numbers += std::ranges::count_if(row.cells, looks_like_number, &CsvCell::text);
  }
  return fit;
}

using Fits = std::array<Fit, kCsvSeparators.size()>;

char separator_of(const Fits& fits, Fits::const_iterator fit) {
  return kCsvSeparators[static_cast<size_t>(fit - fits.begin())];
}

Fits fits_of(std::string_view bytes) {
  Fits fits;
  std::ranges::transform(kCsvSeparators, fits.begin(), [&](char separator) { return fit_of(bytes, separator); });
  // A blank may stand within a cell of any other table.
  if (std::any_of(fits.begin(), fits.end() - 1, parts_first_row)) fits.back() = {};
  return fits;
}

Fits::const_iterator best_of(const Fits& fits) {
  return std::ranges::max_element(fits, {},
                                  [](const Fit& fit) { return std::pair(fit.is_table, fit.is_table * fit.numbers); });
}

char find_separator(std::string_view bytes) {
  const Fits fits = fits_of(bytes);
  const auto best = best_of(fits);
  // Rows that differ in length are told of by a separator that the first row has.
  const auto chosen = best->is_table ? best : std::ranges::find_if(fits, parts_first_row);
  return chosen == fits.end() ? kCsvSeparators.front() : separator_of(fits, chosen);
}

std::string_view without_byte_order_mark(std::string_view bytes) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return bytes.starts_with(kByteOrderMark) ? bytes.substr(kByteOrderMark.size()) : bytes;
}

Status check_is_text(std::string_view bytes, const std::string& where) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return fail_with_hint(where, "is UTF-16 text", "save it as UTF-8");
  const size_t zero = bytes.find('\0');
  if (zero != std::string_view::npos) return fail(where, "is no text: byte {} is 0", zero);
  return {};
}

}  // namespace

Result<CsvTable> split_csv(std::string_view bytes, std::optional<char> separator, const std::string& where) {
  MINNOW_TRY(check_is_text(bytes, where));
  bytes = without_byte_order_mark(bytes);
  CsvTable table;
  table.separator = separator ? *separator : find_separator(bytes);
  CsvReader reader(bytes, table.separator, where);
  for (CsvRow row;;) {
    MINNOW_ASSIGN(const bool is_row, reader.read_row(row));
    if (!is_row) break;
    if (!table.rows.empty() && row.cells.size() != table.rows[0].cells.size()) {
      return fail(fmt::format("{}:{}:1", where, row.line), "{} cells, but line {} has {}", row.cells.size(),
                  table.rows[0].line, table.rows[0].cells.size());
    }
    table.rows.push_back(std::move(row));
  }
  table.comments = reader.comments();
  table.unquoted = reader.take_unquoted();
  return table;
}

std::optional<char> likely_separator(std::string_view bytes) {
  const Fits fits = fits_of(without_byte_order_mark(bytes));
  const auto best = best_of(fits);
  return best->is_table && best->numbers > 0 ? std::optional(separator_of(fits, best)) : std::nullopt;
}

std::string separator_name(char separator) {
  switch (separator) {
    case ',': return "commas";
    case ';': return "semicolons";
    case '\t': return "tabs";
    case ' ': return "blanks";
    default: return fmt::format("'{}'", separator);
  }
}

std::optional<float> csv_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  float value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc{} ? value : std::strtof(std::string(text).c_str(), nullptr);
}

bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 6> kWords = {"", "?", "na", "n/a", "nan", "null"};
  std::string lower(text.substr(0, 8));
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::find(kWords, lower) != kWords.end();
}

std::string short_cell(std::string_view text) {
  constexpr size_t kMostLetters = 40;
  return shortened(text, kMostLetters);
}

std::string quoted_cell(std::string_view text) { return fmt::format("\"{}\"", short_cell(text)); }

std::string csv_cell(const std::string& text) {
  if (text.find_first_of("\",\r\n#") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + "\"";
}

}  // namespace minnow
