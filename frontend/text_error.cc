#include "frontend/text_error.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <regex>

#include "frontend/field_path.h"
#include "frontend/load_model.h"
#include "frontend/name_hint.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

// An error about one word of the text.
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
std::optional<NamedError> unknown_enum_error(const std::string& message) {
  static const std::regex kPattern(R"re(Unknown enumeration value of "([^"]*)" for field "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  const std::string word = match[1], field = match[2];
  std::vector<std::string> values;
  const pb::FileDescriptor* schema = Model::descriptor()->file();
  for (int i = 0; i < schema->dependency_count(); ++i)
    for (int j = 0; j < schema->dependency(i)->message_type_count(); ++j)
      collect_enums(schema->dependency(i)->message_type(j), field, &values);
  return NamedError{word,
                    {{}, fmt::format("\"{}\" is not a value of field \"{}\"", word, field), name_hint(word, values)}};
}

// What to write where the parser found something else.
std::string syntax_hint(const std::string& message) {
  return message.starts_with("Expected \"{\"") ? "this field has fields of its own: NAME { FIELD: VALUE }" : "";
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
  if (named) column = column_of_word(text_, line, column, named->word);
  error_ = named ? named->error : Error{{}, message, syntax_hint(message)};
  error_->where = text_place(path_, line, column);
}

}  // namespace minnow
