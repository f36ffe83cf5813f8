// Fills the tables of docs/model-reference.md from the schema, so that they cannot go stale.
//
//   model_reference SCHEMA.desc docs/model-reference.md     prints the document with fresh tables
//
// SCHEMA.desc is what protoc writes of model.proto with --include_imports and --include_source_info.
//
// A table stands between <!-- fields of NAME --> or <!-- values of NAME --> and <!-- end -->; all else is written by
// hand. Every message and enum of the schema must have its place.
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "docs/generate/marked_places.h"
#include "frontend/schema/comment_of.h"
#include "frontend/schema/field_options.pb.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

// A declaration's comment as Markdown.
template <typename Descriptor>
std::string markdown_of(const Descriptor& descriptor) {
  return std::regex_replace(comment_of(descriptor), std::regex("[|*<]"), "\\$&");
}

// "minnow.spec.Data.Normalize" → "Data.Normalize"
template <typename Descriptor>
std::string short_name(const Descriptor& descriptor) {
  return std::regex_replace(descriptor.full_name(), std::regex("^minnow\\.(spec\\.)?"), "");
}

std::string anchor(std::string name) {
  name.erase(std::remove(name.begin(), name.end(), '.'), name.end());
  for (char& c : name) c = static_cast<char>(std::tolower(c));
  return name;
}

template <typename Descriptor>
std::string link_to(const Descriptor& type) {
  return fmt::format("[{}](#{})", short_name(type), anchor(short_name(type)));
}

std::string type_of(const pb::FieldDescriptor& field) {
  std::string type = field.type_name();
  if (field.message_type()) type = link_to(*field.message_type());
  if (field.enum_type()) type = link_to(*field.enum_type());
  if (field.real_containing_oneof()) type += fmt::format(", one of {}", field.real_containing_oneof()->name());
  return field.is_repeated() ? "list of " + type : type;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

// A field's default and meaning. What its comment says of the first, "Default: NONE." or "Required.", goes
// there.
struct FieldText {
  std::string default_value, meaning;
};

FieldText text_of(const pb::FieldDescriptor& field) {
  FieldText text{code(field.options().GetExtension(spec::default_value)), markdown_of(field)};
  if (field.options().HasExtension(spec::required)) text.default_value = "required";
  std::smatch match;
  static const std::regex kSaid(" ?([Dd]efault: (.*?)|([Rr]equired))(\\.(?= |$)|; |$)");
  if (!text.default_value.empty() || !std::regex_search(text.meaning, match, kSaid)) return text;
  if (match.prefix().str().ends_with("(")) return text;  // half a parenthesis would be left behind
  text.default_value = match[2].matched ? match[2].str() : "required";
  text.meaning = match.prefix().str() + match.suffix().str();
  return text;
}

std::string fields_table(const pb::Descriptor& message) {
  if (message.field_count() == 0) return "No fields.\n";
  std::string text = "| field | type | default | range | meaning |\n|---|---|---|---|---|\n";
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    const auto [default_value, meaning] = text_of(field);
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.name(), type_of(field), default_value,
                        code(field.options().GetExtension(spec::range)), meaning);
  }
  for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
    const pb::OneofDescriptor& choice = *message.oneof_decl(i);
    if (const std::string comment = markdown_of(choice); !comment.empty())
      text += fmt::format("\nAt most one `{}` may be given. {}\n", choice.name(), comment);
  }
  return text;
}

std::string values_table(const pb::EnumDescriptor& type) {
  std::string text = "| value | meaning |\n|---|---|\n";
  for (int i = 0; i < type.value_count(); ++i)
    text += fmt::format("| `{}` | {} |\n", type.value(i)->name(), markdown_of(*type.value(i)));
  return text;
}

// Every table by the name that its place in the document has.
class Tables {
 public:
  void add(const pb::FileDescriptor& file) {
    for (int i = 0; i < file.message_type_count(); ++i) add(*file.message_type(i));
  }
  const std::map<std::string, std::string>& all() const { return tables_; }

 private:
  void add(const pb::Descriptor& message) {
    const std::string comment = markdown_of(message);
    if (message.field_count() > 0 || message.enum_type_count() == 0)
      tables_["fields of " + short_name(message)] = (comment.empty() ? "" : comment + "\n\n") + fields_table(message);
    for (int i = 0; i < message.nested_type_count(); ++i) add(*message.nested_type(i));
    for (int i = 0; i < message.enum_type_count(); ++i)
      tables_["values of " + short_name(*message.enum_type(i))] = values_table(*message.enum_type(i));
  }

  std::map<std::string, std::string> tables_;
};

int run(const std::string& schema, const std::string& document) {
  std::ifstream schema_file(schema, std::ios::binary), document_file(document);
  pb::FileDescriptorSet files;
  if (!files.ParseFromIstream(&schema_file)) return fmt::print(stderr, "{} is no descriptor set\n", schema), 1;
  pb::DescriptorPool pool;
  Tables tables;
  for (const pb::FileDescriptorProto& file : files.file()) {
    const pb::FileDescriptor* built = pool.BuildFile(file);
    if (!built) return 1;
    if (built->package().starts_with("minnow")) tables.add(*built);
  }
  std::stringstream text;
  text << document_file.rdbuf();
  return print_with_parts(text.str(), tables.all()) ? 0 : 1;
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) {
  if (argc == 3) return minnow::run(argv[1], argv[2]);
  fmt::print(stderr, "usage: model_reference SCHEMA.desc DOCUMENT.md\n");
  return 2;
}
