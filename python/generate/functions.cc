#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>
#include <vector>

#include "frontend/schema/comment_of.h"
#include "frontend/schema/field_options.pb.h"
#include "python/generate/builders.h"

namespace minnow::python {
namespace {

constexpr size_t kColumns = 100;

// A declaration's comment as it stands in a string of Python.
template <typename Descriptor>
std::string text_of(const Descriptor& descriptor) {
  return std::regex_replace(comment_of(descriptor), std::regex("\\\\"), "\\\\");
}

// "minnow.spec.Data.Csv" → "spec.Data.Csv"
std::string key_of(const pb::Descriptor& message) { return message.full_name().substr(std::string("minnow.").size()); }

// "EarlyStopping" → "early_stopping"
std::string snake_case(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool is_upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (is_upper && !text.empty()) text += '_';
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string enum_values(const pb::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back('"' + type.value(i)->name() + '"');
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string python_type(const pb::FieldDescriptor& field) {
  std::string type;
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_DOUBLE: type = "float"; break;
    case pb::FieldDescriptor::CPPTYPE_BOOL: type = "bool"; break;
    case pb::FieldDescriptor::CPPTYPE_STRING: type = "str"; break;
    case pb::FieldDescriptor::CPPTYPE_ENUM: type = fmt::format("Literal[{}]", enum_values(*field.enum_type())); break;
    case pb::FieldDescriptor::CPPTYPE_MESSAGE: type = "MessageLike"; break;
    default: type = "int"; break;
  }
  return field.is_repeated() ? fmt::format("{0} | Sequence[{0}]", type) : type;
}

// Lines of at most kColumns, all indented.
std::string wrapped(const std::string& text, const std::string& first, const std::string& indent) {
  std::string lines, line = first;
  bool is_empty = true;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!is_empty && line.size() + 1 + word.size() > kColumns) {
      lines += line + "\n";
      line = indent;
      is_empty = true;
    }
    line += (is_empty ? "" : " ") + word;
    is_empty = false;
    begin = end + 1;
  }
  return lines + line + "\n";
}

// What a docstring says of a field: its comment, default and range.
std::string argument_text(const pb::FieldDescriptor& field) {
  std::string text = text_of(field);
  const auto& options = field.options();
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : " ") + more; };
  if (field.message_type() != nullptr && text.empty())
    add(std::regex_replace(key_of(*field.message_type()), std::regex("^spec\\."), "") + ".");
  if (options.HasExtension(spec::range)) add("In " + options.GetExtension(spec::range) + ".");
  if (options.HasExtension(spec::default_value)) add("Default: " + options.GetExtension(spec::default_value) + ".");
  if (options.HasExtension(spec::required)) add("Required.");
  return wrapped(text.empty() ? python_type(field) : text, "        " + field.name() + ": ", "            ");
}

using Fields = std::vector<const pb::FieldDescriptor*>;

Fields fields_of(const pb::Descriptor& message) {
  Fields fields;
  for (int i = 0; i < message.field_count(); ++i) fields.push_back(message.field(i));
  return fields;
}

// Those of a message beside its choice of a kind.
Fields fields_beside(const pb::OneofDescriptor& oneof) {
  Fields fields = fields_of(*oneof.containing_type());
  std::erase_if(fields, [&](const auto* field) { return field->real_containing_oneof() == &oneof; });
  return fields;
}

std::string docstring(const std::string& comment, const Fields& fields, const std::string& choice) {
  std::string text = wrapped(comment.empty() ? "See the model reference." : comment, "    \"\"\"", "    ");
  if (fields.empty()) return text.substr(0, text.size() - 1) + "\"\"\"\n";
  text += "\n    Args:\n";
  for (const auto* field : fields) text += argument_text(*field);
  if (!choice.empty()) text += fmt::format("        {0}: One of {0}s.\n", choice);
  return text + "    \"\"\"\n";
}

std::string function(const std::string& name, const Fields& fields, const std::string& comment,
                     const std::string& result, const std::string& choice = "") {
  std::string text = fmt::format("\n\ndef {}(", name);
  if (!fields.empty()) text += "\n    *,\n";
  for (const auto* field : fields)
    text += fmt::format("    {}: {} | None = None,\n", field->name(), python_type(*field));
  if (!choice.empty()) text += fmt::format("    {}: Message | None = None,\n", choice);
  return text + ") -> Message:\n" + docstring(comment, fields, choice) + "    return " + result + "\n";
}

std::string arguments(const Fields& fields) {
  std::vector<std::string> pairs;
  for (const auto* field : fields) pairs.push_back(fmt::format("\"{0}\": {0}", field->name()));
  return fmt::format("{{{}}}", fmt::join(pairs, ", "));
}

}  // namespace

std::string header(const std::string& summary) {
  return fmt::format(
      "\"\"\"{} Made from the schema.\"\"\"\n\nfrom __future__ import annotations\n\n"
      "from typing import Literal, Sequence\n\nfrom ._message import Message, MessageLike, build, build_kind\n\n"
      "_ = Literal, Sequence, MessageLike, build, build_kind\n",
      summary);
}

std::string kind_function(const pb::FieldDescriptor& kind, bool wraps) {
  const pb::OneofDescriptor& oneof = *kind.real_containing_oneof();
  const Fields inner = fields_of(*kind.message_type());
  const Fields outer = wraps ? fields_beside(oneof) : Fields();
  Fields all = inner;
  for (const auto* field : outer)
    if (std::ranges::find(inner, field->name(), [](const auto* own) { return own->name(); }) == inner.end())
      all.push_back(field);
  const std::string comment = fmt::format("{} {}", text_of(kind), text_of(*kind.message_type()));
  const std::string result =
      fmt::format("build_kind(\n        \"{}\",\n        \"{}\",\n        \"{}\",\n        {},\n        {},\n    )",
                  wraps ? key_of(*oneof.containing_type()) : "", kind.name(), key_of(*kind.message_type()),
                  arguments(inner), arguments(outer));
  return function(kind.name(), all, std::regex_replace(comment, std::regex("^ | $"), ""), result);
}

std::string message_function(const pb::Descriptor& message, const pb::OneofDescriptor* choice) {
  const Fields fields = choice == nullptr ? fields_of(message) : fields_beside(*choice);
  const std::string name = choice == nullptr ? "" : choice->name();
  const std::string result =
      fmt::format("build(\"{}\", {}{})", key_of(message), arguments(fields), name.empty() ? "" : ", " + name);
  return function(snake_case(message.name()), fields, text_of(message), result, name);
}

std::string type_header() {
  return "\"\"\"The fields of every message, with their types. Made from the schema.\"\"\"\n\n"
         "from __future__ import annotations\n\nFIELDS: dict[str, dict[str, str]] = {\n";
}

std::string type_entry(const pb::Descriptor& message) {
  std::string text = fmt::format("    \"{}\": {{\n", key_of(message));
  for (const auto* field : fields_of(message)) {
    std::string type = field->cpp_type_name();
    if (field->message_type() != nullptr) type = key_of(*field->message_type());
    if (field->is_repeated()) type += "*";
    text += fmt::format("        \"{}\": \"{}\",\n", field->name(), type);
  }
  return text + "    },\n";
}

}  // namespace minnow::python
