#include "frontend/text_format.h"

#include <fmt/ranges.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <optional>
#include <regex>

#include "frontend/field_path.h"
#include "frontend/load_model.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

std::string place(const std::string& path, int line, int column) {
  return line < 0 ? path : fmt::format("{}:{}:{}", path, line + 1, column + 1);
}

// An error about one word of the text.
struct NamedError {
  std::string word;
  Error error;
};

// Says the parser's "Message type ... has no field named ..." in our words, with the nearest field.
std::optional<NamedError> unknown_field_error(const std::string& message) {
  static const std::regex kPattern(R"re(Message type "([\w.]+)" has no field named "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  const pb::Descriptor* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(match[1]);
  if (type == nullptr) return std::nullopt;
  const std::vector<std::string> known = field_names(type);
  const std::string nearest = nearest_name(match[2].str(), known);
  std::string hint = fmt::format("did you mean \"{}\"?", nearest);
  if (nearest.empty())
    hint = known.empty() ? "it has no fields" : fmt::format("it has: {}", fmt::join(known, ", "));
  return NamedError{
      match[2],
      {{}, fmt::format("unknown field \"{}\" in {}", match[2].str(), type->name()), std::move(hint)}};
}

void collect_enums(const pb::Descriptor* type, const std::string& field_name,
                   std::vector<std::string>* values) {
  const pb::FieldDescriptor* field = type->FindFieldByName(field_name);
  if (field != nullptr && field->enum_type() != nullptr) {
    const auto names = enum_value_names(field->enum_type());
    values->insert(values->end(), names.begin(), names.end());
  }
  for (int i = 0; i < type->nested_type_count(); ++i) collect_enums(type->nested_type(i), field_name, values);
}

// The parser names the field but not its message, so the hint looks at every field of that name in the
// schema.
std::optional<NamedError> unknown_enum_error(const std::string& message) {
  static const std::regex kPattern(R"re(Unknown enumeration value of "([^"]*)" for field "([^"]*)"\.)re");
  std::smatch match;
  if (!std::regex_match(message, match, kPattern)) return std::nullopt;
  std::vector<std::string> values;
  const pb::FileDescriptor* schema = Model::descriptor()->file();
  for (int i = 0; i < schema->dependency_count(); ++i)
    for (int j = 0; j < schema->dependency(i)->message_type_count(); ++j)
      collect_enums(schema->dependency(i)->message_type(j), match[2], &values);
  const std::string nearest = nearest_name(match[1].str(), values);
  return NamedError{match[1],
                    {{},
                     fmt::format("\"{}\" is not a value of field \"{}\"", match[1].str(), match[2].str()),
                     nearest.empty() ? "" : fmt::format("did you mean {}?", nearest)}};
}

// The parser complains about a word when it has already read it; the column of its beginning is what helps.
// Tabs, which the parser counts as up to eight columns, are left to it.
int column_of_word(std::string_view text, int line, int column, const std::string& word) {
  for (int i = 0; i < line && text.find('\n') != std::string_view::npos; ++i)
    text.remove_prefix(text.find('\n') + 1);
  const std::string_view before = text.substr(0, std::min<size_t>(text.find('\n'), column));
  const size_t found = before.rfind(word);
  return found == std::string_view::npos || before.find('\t') != std::string_view::npos
             ? column
             : static_cast<int>(found);
}

// Keeps the first error; those that follow are mostly its consequences.
class FirstError : public pb::io::ErrorCollector {
 public:
  FirstError(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {}

  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    if (error_) return;
    auto named = unknown_field_error(message);
    if (!named) named = unknown_enum_error(message);
    if (named) column = column_of_word(text_, line, column, named->word);
    error_ = named ? named->error : Error{{}, message, {}};
    error_->where = place(path_, line, column);
  }
  void AddWarning(int, pb::io::ColumnNumber, const std::string&) override {}

  const std::optional<Error>& error() const { return error_; }

 private:
  std::string_view text_;
  std::string path_;
  std::optional<Error> error_;
};

class PlaceRecorder {
 public:
  PlaceRecorder(const std::string& path, std::map<std::string, std::string>* places)
      : path_(path), places_(places) {}

  void record(const pb::Message& message, const pb::TextFormat::ParseInfoTree& tree,
              const std::string& prefix) {
    std::vector<const pb::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const pb::FieldDescriptor* field : fields) {
      const std::string name = join_path(prefix, field->name());
      if (!field->is_repeated()) {
        record_value(message, tree, field, -1, name);
        continue;
      }
      record_place(tree, field, 0, name);
      for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i)
        record_value(message, tree, field, i, join_path(name, i));
    }
  }

 private:
  void record_place(const pb::TextFormat::ParseInfoTree& tree, const pb::FieldDescriptor* field, int index,
                    const std::string& name) {
    const auto location = tree.GetLocation(field, index);
    if (location.line >= 0) places_->emplace(name, place(path_, location.line, location.column));
  }

  void record_value(const pb::Message& message, const pb::TextFormat::ParseInfoTree& tree,
                    const pb::FieldDescriptor* field, int index, const std::string& name) {
    record_place(tree, field, index, name);
    const pb::TextFormat::ParseInfoTree* nested =
        field->message_type() == nullptr ? nullptr : tree.GetTreeForNested(field, index);
    if (nested == nullptr) return;
    const pb::Reflection* reflection = message.GetReflection();
    record(index < 0 ? reflection->GetMessage(message, field)
                     : reflection->GetRepeatedMessage(message, field, index),
           *nested, name);
  }

  const std::string& path_;
  std::map<std::string, std::string>* places_;
};

// The parser would meet an unknown field long before its own recursion limit, so depth is checked ahead of
// it.
Status check_nesting(std::string_view text, const std::string& path) {
  int depth = 0, line = 0, column = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i, ++column) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      column = -1;
      quote = 0;
    } else if (quote != 0) {
      if (c == '\\') ++i, ++column;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
    } else if (c == '{' || c == '<') {
      if (++depth > kMaxModelNesting)
        return fail(place(path, line, column), "messages are nested more than {} deep", kMaxModelNesting);
    } else if (c == '}' || c == '>') {
      --depth;
    }
  }
  return {};
}

}  // namespace

Status parse_text(std::string_view text, const std::string& path, pb::Message* message,
                  std::map<std::string, std::string>* places) {
  MINNOW_TRY(check_nesting(text, path));
  const pb::LogSilencer silence;
  FirstError errors(text, path);
  pb::TextFormat::ParseInfoTree tree;
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(&tree);
  parser.SetRecursionLimit(kMaxModelNesting);
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&input, message)) {
    if (errors.error()) return tl::unexpected(*errors.error());
    return fail(path, "cannot be read as a text protobuf");
  }
  if (places != nullptr) PlaceRecorder(path, places).record(*message, tree, "");
  return {};
}

std::string print_text(const pb::Message& message, std::string_view proto_file) {
  std::string body;
  pb::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  printer.PrintToString(message, &body);
  return fmt::format("# proto-file: {}\n# proto-message: {}\n\n{}", proto_file, message.GetDescriptor()->full_name(),
                     body);
}

}  // namespace minnow
