#include "ir/lexer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace minnow {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// How many characters at the start of `text` belong to a name or word.
size_t name_length(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const char c = text[length];
    const bool inner_dash = c == '-' && length + 1 < text.size() && is_alphanumeric(text[length + 1]);
    if (!is_alphanumeric(c) && c != '.' && !inner_dash) break;
    ++length;
  }
  return length;
}

// How many characters at the start of `text` belong to a number; whether it is one, from_chars decides.
size_t number_length(std::string_view text) {
  size_t length = 1;
  while (length < text.size()) {
    const char c = text[length];
    const bool exponent_sign = (c == '+' || c == '-') && (text[length - 1] == 'e' || text[length - 1] == 'E');
    if (!is_alphanumeric(c) && c != '.' && !exponent_sign) break;
    ++length;
  }
  return length;
}

// The length of a string with its quotes, or 0 if it does not end on its line.
size_t string_length(std::string_view text) {
  for (size_t i = 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

std::optional<char> unescape_hex(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

// The text of a string token, or nullopt if it holds an escape there is not.
std::optional<std::string> unescape(std::string_view quoted) {
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  std::string text;
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      text += inner[i];
      continue;
    }
    const char escaped = inner[++i];
    if (escaped == '"' || escaped == '\\') {
      text += escaped;
      continue;
    }
    const auto hex = escaped == 'x' ? unescape_hex(inner.substr(i + 1, 2)) : std::nullopt;
    if (!hex) return std::nullopt;
    text += *hex;
    i += 2;
  }
  return text;
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += is_control(c) ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return escaped;
}

// What an error says it found.
std::string describe(const Token& token) {
  constexpr size_t kLongestShown = 40;
  if (token.kind == TokenKind::kEnd) return "the end of the file";
  if (token.kind == TokenKind::kInvalid && token.text.ends_with('"')) return "a string without its closing quote";
  if (token.kind == TokenKind::kString) return std::string(token.text.substr(0, kLongestShown));
  const bool cut = token.text.size() > kLongestShown;
  return fmt::format("'{}{}'", escape(token.text.substr(0, kLongestShown)), cut ? "..." : "");
}

}  // namespace

std::string spell_string(std::string_view text) { return '"' + escape(text) + '"'; }

std::string spell_name(std::string_view name) {
  const bool bare = !name.empty() && is_letter(name[0]) && name_length(name) == name.size();
  return bare ? std::string(name) : spell_string(name);
}

std::string spell_number(double value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

Result<std::string> unspell_name(std::string_view spelling) {
  if (!spelling.starts_with('"')) return std::string(spelling);
  auto text = unescape(spelling);
  if (!text) return fail("", "{} holds an escape other than \\\", \\\\ and \\xNN", spelling);
  return *std::move(text);
}

Lexer::Lexer(std::string_view text, std::string file) : text_(text), file_(std::move(file)) { advance(); }

void Lexer::skip_space() {
  while (position_ < text_.size()) {
    if (is_space(text_[position_])) {
      ++position_;
    } else if (text_.substr(position_).starts_with("//")) {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::scan() const {
  const std::string_view rest = text_.substr(position_);
  const auto token = [&](TokenKind kind, size_t length) { return Token{kind, rest.substr(0, length), position_}; };
  if (rest.empty()) return token(TokenKind::kEnd, 0);
  const char c = rest[0];
  if (rest.starts_with("->")) return token(TokenKind::kPunctuation, 2);
  if (std::string_view("()[]{}:,=").find(c) != std::string_view::npos) return token(TokenKind::kPunctuation, 1);
  if (is_letter(c)) return token(TokenKind::kWord, name_length(rest));
  if (is_digit(c) || c == '-') return token(TokenKind::kNumber, number_length(rest));

  const bool sigil = c == '%' || c == '@';
  const std::string_view name = rest.substr(sigil ? 1 : 0);
  const bool quoted = name.starts_with('"');
  if (!sigil && !quoted) return token(TokenKind::kInvalid, 1);
  const size_t length = quoted ? string_length(name) : name_length(name);
  if (length == 0) return token(TokenKind::kInvalid, sigil && quoted ? 2 : 1);
  if (!sigil) return token(TokenKind::kString, length);
  return token(c == '%' ? TokenKind::kValue : TokenKind::kFunction, length + 1);
}

void Lexer::advance() {
  skip_space();
  token_ = scan();
  position_ += token_.text.size();
}

bool Lexer::at(std::string_view spelling) const {
  return (token_.kind == TokenKind::kPunctuation || token_.kind == TokenKind::kWord) && token_.text == spelling;
}

Token Lexer::take() {
  const Token taken = token_;
  advance();
  return taken;
}

bool Lexer::accept(std::string_view spelling) {
  if (!at(spelling)) return false;
  advance();
  return true;
}

Status Lexer::expect(std::string_view spelling) {
  if (!accept(spelling)) return expected(fmt::format("'{}'", spelling));
  return {};
}

Result<std::string> Lexer::expect_word(std::string_view what) {
  if (!at(TokenKind::kWord)) return expected(what);
  return std::string(take().text);
}

Result<std::string> Lexer::expect_name(TokenKind kind, std::string_view what) {
  if (!at(kind)) return expected(what);
  const Token token = take();
  const std::string_view spelling = token.text.substr(1);
  if (!spelling.starts_with('"')) return std::string(spelling);
  auto name = unspell_name(spelling);
  if (!name) return fail(where(token), "{}", name.error().message);
  return spell_name(*name);
}

Result<std::string> Lexer::expect_string(std::string_view what) {
  if (!at(TokenKind::kString)) return expected(what);
  const Token token = take();
  auto text = unspell_name(token.text);
  if (!text) return fail(where(token), "{}", text.error().message);
  return text;
}

Result<int64_t> Lexer::expect_integer() {
  if (!at(TokenKind::kNumber)) return expected("an integer");
  int64_t value = 0;
  const auto [end, error] = std::from_chars(token_.text.begin(), token_.text.end(), value);
  if (error == std::errc::result_out_of_range) return fail(where(token_), "{} does not fit 64 bits", token_.text);
  if (error != std::errc() || end != token_.text.end()) return expected("an integer");
  advance();
  return value;
}

Result<double> Lexer::expect_number() {
  const bool special = at("inf") || at("nan");
  if (!at(TokenKind::kNumber) && !special) return expected("a number");
  double value = 0;
  const auto [end, error] = std::from_chars(token_.text.begin(), token_.text.end(), value);
  if (error == std::errc::result_out_of_range) return fail(where(token_), "{} does not fit a double", token_.text);
  if (error != std::errc() || end != token_.text.end()) return expected("a number");
  advance();
  return value;
}

std::string place_in(std::string_view text, const std::string& file, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}:{}", file, line, offset - line_start + 1);
}

tl::unexpected<Error> Lexer::expected(std::string_view what) const {
  return fail(where(token_), "expected {}, found {}", what, describe(token_));
}

}  // namespace minnow
