#include "frontend/load/text_error.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <regex>

#include "frontend/load/field_path.h"
#include "frontend/load/load_model.h"
#include "frontend/load/name_hint.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

// An error about one word of the text, or, without a word, where the parser stands.
struct NamedError {
  std::string word;
  Error error;
};

// The parser's "Message type ... has no field named ...", with the field that was meant.
std::optional<NamedError> unknown_field_error(const std::string& message) {
  static const std::regex kPattern(R"re(Message type "([\w.]+)" has no field named "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  const pb::Descriptor* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(match[1]);
  if (type == nullptr) return std::nullopt;
  const std::string word = match[2], hint = name_hint(word, field_names(type));
  return NamedError{
      word,
      {{}, fmt::format("unknown field \"{}\" in {}", word, type->name()), hint.empty() ? "it has no fields" : hint}};
}

void collect_enums(const pb::Descriptor* type, const std::string& field_name, std::vector<std::string>* values) {
  const pb::FieldDescriptor* field = type->FindFieldByName(field_name);
  if (field != nullptr && field->enum_type() != nullptr) {
    for (const std::string& name : enum_value_names(field->enum_type()))
      if (std::ranges::find(*values, name) == values->end()) values->push_back(name);
  }
  for (int i = 0; i < type->nested_type_count(); ++i) collect_enums(type->nested_type(i), field_name, values);
}

// The parser names the field but not its message, so the hint looks at every field of that name in the
// schema.
std::vector<std::string> values_of_field(const std::string& field) {
  std::vector<std::string> values;
  const pb::FileDescriptor* schema = Model::descriptor()->file();
  for (int i = 0; i < schema->dependency_count(); ++i)
    for (int j = 0; j < schema->dependency(i)->message_type_count(); ++j)
      collect_enums(schema->dependency(i)->message_type(j), field, &values);
  return values;
}

std::optional<NamedError> unknown_enum_error(const std::string& message) {
  static const std::regex kPattern(R"re(Unknown enumeration value of "([^"]*)" for field "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  const std::string word = match[1], field = match[2];
  return NamedError{
      word,
      {{}, fmt::format("\"{}\" is not a value of field \"{}\"", word, field), name_hint(word, values_of_field(field))}};
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
    {R"re(Expected "(.*)", found "(.*)"\.)re", "expected \"$2\", found $1", ""},
    {R"re(Expected integer, got: (".*"))re", "expected a whole number, found $1", "numbers stand without quotes"},
    {R"re(Expected integer, got: (.*))re", "expected a whole number, found $1", ""},
    {R"re(Expected double, got: (".*"))re", "expected a number, found $1", "numbers stand without quotes"},
    {R"re(Expected double, got: (.*))re", "expected a number, found $1", ""},
    {R"re(Expected string, got: ([\w.+-]+))re", "expected a text in quotes, found $1", "write \"$1\""},
    {R"re(Expected string, got: (.*))re", "expected a text in quotes, found $1", ""},
    {R"re(Expected integer or identifier, got: "(.*)")re", "expected a name without quotes, found $1", "write $1"},
    {R"re(Expected integer or identifier, got: (.*))re", "expected one of the field's names, found $1", ""},
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

std::string in_quotes(const std::string& word) {
  if (word.empty()) return "the end of the text";
  const bool is_quoted = word.size() > 1 && (word[0] == '"' || word[0] == '\'');
  return is_quoted ? word : "\"" + word + "\"";
}

std::string filled_in(std::string text, const std::smatch& match, bool quotes) {
  for (size_t i = 1; i < match.size(); ++i) {
    const std::string place = fmt::format("${}", i);
    const std::string word = quotes ? in_quotes(match[i]) : match[i].str();
    for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + word.size()))
      text.replace(at, place.size(), word);
  }
  return text;
}

NamedError syntax_error(const std::string& message) {
  for (const Wording& wording : kWordings) {
    std::smatch match;
    if (!std::regex_match(message, match, std::regex(wording.pattern))) continue;
    const std::string word = wording.word > 0 ? match[wording.word].str() : "";
    return {word, {{}, filled_in(wording.message, match, true), filled_in(wording.hint, match, false)}};
  }
  return {"", {{}, message, {}}};
}

// The parser complains about a word when it has already read it; the column of its beginning is what helps.
// Tabs, which the parser counts as up to eight columns, are left to it.
int column_of_word(std::string_view text, int line, int column, const std::string& word) {
  for (int i = 0; i < line && text.find('\n') != std::string_view::npos; ++i) text.remove_prefix(text.find('\n') + 1);
  const std::string_view before = text.substr(0, std::min<size_t>(text.find('\n'), column));
  const size_t found = before.rfind(word);
  return found == std::string_view::npos || before.find('\t') != std::string_view::npos ? column
                                                                                        : static_cast<int>(found);
}

}  // namespace

std::string text_place(const std::string& path, int line, int column) {
  return line < 0 ? path : fmt::format("{}:{}:{}", path, line + 1, column + 1);
}

void FirstTextError::AddError(int line, pb::io::ColumnNumber column, const std::string& message) {
  if (error_) return;
  auto named = unknown_field_error(message);
  if (!named) named = unknown_enum_error(message);
  if (!named) named = syntax_error(message);
  if (!named->word.empty()) column = column_of_word(text_, line, column, named->word);
  error_ = named->error;
  error_->where = text_place(path_, line, column);
}

}  // namespace minnow
