#include "frontend/load/text_error.h"

#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <utility>
#include <vector>

#include "frontend/load/field_path.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/text_words.h"
#include "ir/printable.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

using pb::FieldDescriptor;
using Words = std::vector<TextWord>;

constexpr size_t kLongestQuote = 60;
constexpr size_t kLongestNumber = 20;  // of a list
constexpr int kMostShown = 8;          // of a list

std::string in_quotes(const std::string& word) {
  if (word.empty()) return "the end of the text";
  const bool is_quoted = word.size() > 1 && (word[0] == '"' || word[0] == '\'');
  if (!is_quoted) return "\"" + shortened(word, kLongestQuote) + "\"";
  return word[0] + shortened(std::string_view(word).substr(1, word.size() - 2), kLongestQuote) + word.back();
}

std::string without_quotes(const std::string& word) {
  const bool is_quoted = word.size() > 1 && (word[0] == '"' || word[0] == '\'') && word.back() == word[0];
  return is_quoted ? word.substr(1, word.size() - 2) : word;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// An error about the word at this place, or, without one, where the parser stands.
struct PlacedError {
  std::optional<size_t> word;
  Error error;
};
using MaybeError = std::optional<PlacedError>;

// The last word before `end` that reads so: the parser complains about some when it has already read on.
std::optional<size_t> word_before(const Words& words, size_t end, const std::string& text) {
  for (size_t i = std::min(end, words.size()); i-- > 0;)
    if (words[i].token.text == text) return i;
  return std::nullopt;
}

// The parser's "Message type ... has no field named ...", with the field that was meant.
MaybeError unknown_field_error(const std::string& message, const Words& words, size_t at) {
  static const std::regex kPattern(R"re(Message type "([\w.]+)" has no field named "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  const pb::Descriptor* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(match[1]);
  if (type == nullptr) return std::nullopt;
  const std::string word = match[2];
  const pb::OneofDescriptor* choice = choice_named(*type, word);
  const std::string hint = choice == nullptr
                               ? name_hint(word, field_names(type))
                               : fmt::format("write one of {} {{}}", fmt::join(choice_names(*choice), " {}, "));
  return PlacedError{
      word_before(words, at, word),
      {{}, fmt::format("unknown field \"{}\" in {}", word, type->name()), hint.empty() ? "it has no fields" : hint}};
}

MaybeError unknown_enum_error(const std::string& message, const Words& words, size_t at) {
  static const std::regex kPattern(R"re(Unknown enumeration value of "([^"]*)" for field "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  const std::string text = match[1], field = match[2];
  const auto word = word_before(words, at, text);
  const bool is_known = word && words[*word].is_value_of(FieldDescriptor::CPPTYPE_ENUM);
  return PlacedError{word,
                     {{},
                      fmt::format("\"{}\" is not a value of field \"{}\"", text, field),
                      is_known ? name_hint(text, enum_value_names(words[*word].field->enum_type())) : ""}};
}

// A value of a field whose values are names, true or false, that is none.
MaybeError name_error(const std::string& message, const Words& words, size_t at) {
  const bool is_of_value = message.starts_with("Expected ") || message.starts_with("Integer out of range");
  if (!is_of_value || at >= words.size()) return std::nullopt;
  const TextWord& word = words[at];
  const std::string& found = word.token.text;
  const bool is_quoted = word.token.type == pb::io::Tokenizer::TYPE_STRING;
  const std::string meant = lower_case(without_quotes(found));
  if (word.is_value_of(FieldDescriptor::CPPTYPE_ENUM)) {
    const std::vector<std::string> names = enum_value_names(word.field->enum_type());
    const auto same = std::ranges::find(names, meant, lower_case);
    const std::string expected = is_quoted ? "a name without quotes" : "one of the field's names";
    return PlacedError{at,
                       {{},
                        fmt::format("expected {}, found {}", expected, in_quotes(found)),
                        same == names.end() ? name_hint(without_quotes(found), names) : "write " + *same}};
  }
  const bool is_name = word.token.type == pb::io::Tokenizer::TYPE_IDENTIFIER;
  if (!word.is_value_of(FieldDescriptor::CPPTYPE_BOOL) || is_name) return std::nullopt;
  const bool is_meant = is_quoted && (meant == "true" || meant == "false");
  return PlacedError{at,
                     {{},
                      fmt::format("{} is not a value of field \"{}\"", in_quotes(found), word.field->name()),
                      is_meant ? fmt::format("write {} without quotes", meant) : "true or false"}};
}

// "1, 28, 28" of a field that takes a list, "0,1" of one that takes a number. The parser takes a comma for the end of
// the field.
MaybeError comma_error(const std::string& message, const Words& words, size_t at) {
  if (!message.starts_with("Expected identifier, got: ")) return std::nullopt;
  const auto is_number = [&](size_t i) {
    const auto type = i < words.size() ? words[i].token.type : pb::io::Tokenizer::TYPE_END;
    return type == pb::io::Tokenizer::TYPE_INTEGER || type == pb::io::Tokenizer::TYPE_FLOAT;
  };
  if (at < 2 || !is_number(at) || words[at - 1].token.text != "," || !is_number(at - 2)) return std::nullopt;
  const FieldDescriptor* field = words[at - 2].field;
  if (field == nullptr || words[at - 2].role != TextWord::Role::kValue) return std::nullopt;
  const auto number = [&](size_t i) { return shortened(words[i].token.text, kLongestNumber); };
  if (field->is_repeated()) {
    std::string list = number(at - 2);
    for (int shown = 1; is_number(at) && words[at - 1].token.text == ","; at += 2, ++shown)
      if (shown <= kMostShown) list += shown < kMostShown ? ", " + number(at) : ", ...";
    return PlacedError{
        std::nullopt,
        {{}, "the field ends before \",\"", fmt::format("a list stands in brackets: {}: [{}]", field->name(), list)}};
  }
  const std::string hint =
      field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE
          ? fmt::format("decimals are written with a point: {}: {}.{}", field->name(), number(at - 2), number(at))
          : fmt::format("{} takes one number", field->name());
  return PlacedError{at - 1, {{}, "a number ends before \",\"", hint}};
}

// The name of an extension, or of a type, in brackets: where a field's name would stand.
MaybeError bracketed_name_error(const std::string& message, const Words& words, size_t at) {
  if (message != R"(Expected "]", found "/".)") return std::nullopt;
  const auto open = word_before(words, at, "[");
  std::string name;
  for (size_t i = open ? *open + 1 : at; i < words.size() && words[i].token.text != "]"; ++i)
    name += words[i].token.text;
  return PlacedError{std::nullopt, {{}, fmt::format("{} is no field; there are no extensions", in_quotes(name)), {}}};
}

// What the parser says by itself, and how it is said here. "$1" in the text is what it found, put in quotes if it is
// not in quotes already; in the hint it is the bare word.
struct Wording {
  const char* pattern;
  const char* message;
  const char* hint;
  size_t word = 0;  // which of what it found the error is about, where the parser has read on; 0: none
};
constexpr Wording kWordings[] = {
    {R"re(Expected identifier, got: (.*))re", "expected the name of a field, found $1",
     "a field is written NAME: VALUE or NAME { FIELD: VALUE }"},
    {R"re(Expected ":", found "\{"\.)re", "expected a value, found \"{\"", "this field has a value: NAME: VALUE"},
    {R"re(Expected ":", found "(.*)"\.)re", "expected \":\" and a value, found $1", "a value is written NAME: VALUE"},
    {R"re(Expected "\{", found "(.*)"\.)re", "expected \"{\", found $1",
     "this field has fields of its own: NAME { FIELD: VALUE }"},
    {R"re(Expected ",", found "(.*)"\.)re", "expected \",\" or the end of the list, found $1",
     "a list is written NAME: [1, 2]"},
    {R"re(Expected "(.*)", found "(.*)"\.)re", "expected $1, found $2", ""},
    {R"re(Expected integer, got: (".*"))re", "expected a whole number, found $1", "numbers stand without quotes"},
    {R"re(Expected integer, got: (.*))re", "expected a whole number, found $1", ""},
    {R"re(Expected double, got: (".*"))re", "expected a number, found $1", "numbers stand without quotes"},
    {R"re(Expected double, got: (.*))re", "expected a number, found $1", ""},
    {R"re(Expected string, got: ([\w.+-]+))re", "expected a text in quotes, found $1", "write \"$1\""},
    {R"re(Expected string, got: (.*))re", "expected a text in quotes, found $1", ""},
    {R"re(Integer out of range \((.*)\))re", "$1 is too large a number here", ""},
    {R"re(Invalid value for boolean field "(.*)"\. Value: "(.*)"\.)re", "$2 is not a value of field $1",
     "true or false", 2},
    {R"re(Non-repeated field "(.*)" is specified multiple times\.)re", "field $1 is given twice", "", 1},
    {R"re(Field "(.*)" is specified along with field "(.*)", another member of oneof ".*"\.)re",
     "field $1 is given beside field $2, but only one of them can be", "", 1},
    {R"re(Extension "(.*)" is not defined .*)re", "$1 is no field; there are no extensions", ""},
    {R"re(Unexpected end of string\.)re", "the closing quote is missing", ""},
    {R"re(String literals cannot cross line boundaries\.)re", "the closing quote is missing", ""},
    {R"re(Invalid escape sequence in string literal\.|Expected .*hex digits.*)re", "unknown escape in a text",
     "known are \\n, \\t, \\\", \\\\ and \\x41"},
    {R"re(Invalid control characters encountered in text\.)re", "a control character stands here", ""},
    {R"re(Interpreting non ascii codepoint .*)re", "a letter that is not ASCII stands outside of quotes",
     "quotes are straight, \"...\""},
    {R"re("0x" must be followed by hex digits\.)re", "0x without digits", ""},
    {R"re("e" must be followed by exponent\.)re", "a number ends in e, without an exponent", "for example 1e-3"},
    {R"re(Already saw decimal point or exponent.*)re", "a number has two points", ""},
    {R"re(Need space between number and identifier\.)re", "letters follow a number without a blank", ""},
    {R"re(Numbers starting with leading zero must be in octal\.)re", "a number begins with 0",
     "write it without the leading 0"},
    {R"re(Hex and octal numbers must be integers\.)re", "a number begins with 0 or 0x, but is not whole",
     "write it without the leading 0"},
};

std::string filled_in(std::string text, const std::smatch& match, bool quotes) {
  for (size_t i = 1; i < match.size(); ++i) {
    const std::string place = fmt::format("${}", i);
    const std::string word = quotes ? in_quotes(match[i]) : match[i].str();
    for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + word.size()))
      text.replace(at, place.size(), word);
  }
  return text;
}

PlacedError syntax_error(const std::string& message, const Words& words, size_t at) {
  for (const Wording& wording : kWordings) {
    std::smatch match;
    if (!std::regex_match(message, match, std::regex(wording.pattern))) continue;
    return {wording.word > 0 ? word_before(words, at, match[wording.word]) : std::nullopt,
            {{}, filled_in(wording.message, match, true), filled_in(wording.hint, match, false)}};
  }
  return {std::nullopt, {{}, message, {}}};
}

// What the parser quotes may be as long as the file, too long for a regular expression.
std::string with_short_quote(const std::string& message) {
  constexpr size_t kHead = 200, kTail = 100;
  if (message.size() <= kHead + kTail) return message;
  return message.substr(0, kHead) + "…" + message.substr(message.size() - kTail);
}

std::string place_of(const TextWord& word, const std::string& path) {
  return text_place(path, word.token.line, word.token.column);
}

tl::unexpected<Error> number_for_name(const TextWord& word, const std::string& number, const std::string& path) {
  const FieldDescriptor* field = word.field;
  std::string hint = fmt::format("known: {}", fmt::join(enum_value_names(field->enum_type()), ", "));
  if (field->name() == "padding" && field->containing_type()->FindFieldByName("pad") != nullptr)
    hint += fmt::format("; a number of zeros on each side is pad: {}", number);
  return fail_with_hint(
      place_of(word, path),
      fmt::format("{} is not a value of field \"{}\": its values are names", in_quotes(number), field->name()),
      std::move(hint));
}

}  // namespace

std::string text_place(const std::string& path, int line, int column) {
  return line < 0 ? path : fmt::format("{}:{}:{}", path, line + 1, column + 1);
}

void FirstTextError::AddError(int line, pb::io::ColumnNumber column, const std::string& message) {
  if (error_) return;
  const Words words = split_text(text_, type_);
  const auto is_before = [&](const TextWord& word) {
    return std::pair(word.token.line, word.token.column) < std::pair(line, column);
  };
  const auto at = static_cast<size_t>(std::ranges::partition_point(words, is_before) - words.begin());
  const std::string said = with_short_quote(message);
  MaybeError found;
  for (const auto& rule : {unknown_field_error, unknown_enum_error, name_error, comma_error, bracketed_name_error})
    if (!found) found = rule(said, words, at);
  if (!found) found = syntax_error(said, words, at);
  error_ = found->error;
  error_->where = found->word ? place_of(words[*found->word], path_) : text_place(path_, line, column);
}

Status refuse_numbers_for_names(std::string_view text, const pb::Descriptor* type, const std::string& path) {
  Status status;
  std::string sign;
  visit_words(text, type, [&](const TextWord& word) {
    if (word.token.type == pb::io::Tokenizer::TYPE_INTEGER && word.is_value_of(FieldDescriptor::CPPTYPE_ENUM))
      status = number_for_name(word, sign + word.token.text, path);
    sign = word.token.text == "-" ? "-" : "";
    return status.has_value();
  });
  return status;
}

std::optional<Error> missing_brace(std::string_view text, const pb::Descriptor* type, const std::string& path) {
  const Words words = split_text(text, type);
  for (size_t i = 0; i < words.size(); ++i) {
    const TextWord& word = words[i];
    if (word.role != TextWord::Role::kFieldName || word.field == nullptr || word.field->message_type() == nullptr)
      continue;
    const std::string next = i + 1 < words.size() ? words[i + 1].token.text : "";
    if (next == ":" || next == "{" || next == "<") continue;
    return Error{place_of(word, path), fmt::format("\"{}\" lacks the \"{{\" behind it", word.token.text),
                 fmt::format("this field has fields of its own: {} {{ FIELD: VALUE }}", word.token.text)};
  }
  return std::nullopt;
}

}  // namespace minnow
