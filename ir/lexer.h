// The words of the IR's text: how names, strings and numbers are spelt, and the reader that takes them apart
// again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/error.h"

namespace minnow {

// A name as it is written after % or @: bare if it is a letter or _ followed by letters, digits, _, . and
// inner -; otherwise quoted.
std::string spell_name(std::string_view name);
// "..." with quotes, backslashes and control characters escaped as \", \\ and \xNN.
std::string spell_string(std::string_view text);
// The shortest digits that read back as the same double; inf, -inf and nan are spelt so.
std::string spell_number(double value);

// "file:line:column" of what begins at `offset`.
std::string place_in(std::string_view text, const std::string& file, size_t offset);

enum class TokenKind : uint8_t { kEnd, kInvalid, kWord, kValue, kFunction, kNumber, kString, kPunctuation };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // as written, with its %, @ or quotes
  size_t offset = 0;
};

// Reads one token ahead. Spaces, line ends and comments (`//` to the end of the line) separate tokens. Every
// error says file:line:column, what was expected there and what was found.
class Lexer {
 public:
  Lexer(std::string_view text, std::string file);

  const Token& peek() const { return token_; }
  bool at(std::string_view spelling) const;
  bool at(TokenKind kind) const { return token_.kind == kind; }
  Token take();
  bool accept(std::string_view spelling);  // takes the token if it is this one

  Status expect(std::string_view spelling);
  Result<std::string> expect_word(std::string_view what);
  // The name of a %value or @function as spell_name spells it, so that %x and %"x" are the same name.
  Result<std::string> expect_name(TokenKind kind, std::string_view what);
  Result<std::string> expect_string(std::string_view what);
  Result<int64_t> expect_integer();
  Result<double> expect_number();

  std::string where(const Token& token) const { return place_in(text_, file_, token.offset); }
  tl::unexpected<Error> expected(std::string_view what) const;

 private:
  void skip_space();
  void advance();
  Token scan() const;

  std::string_view text_;
  std::string file_;
  size_t position_ = 0;
  Token token_;
};

// What a name spelt by spell_name stands for.
Result<std::string> unspell_name(std::string_view spelling);

}  // namespace minnow
