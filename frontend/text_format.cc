#include "frontend/text_format.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include "frontend/field_path.h"
#include "frontend/load_model.h"
#include "frontend/text_error.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

class PlaceRecorder {
 public:
  PlaceRecorder(const std::string& path, std::map<std::string, std::string>* places) : path_(path), places_(places) {}

  void record(const pb::Message& message, const pb::TextFormat::ParseInfoTree& tree, const std::string& prefix) {
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
    if (location.line >= 0) places_->emplace(name, text_place(path_, location.line, location.column));
  }

  void record_value(const pb::Message& message, const pb::TextFormat::ParseInfoTree& tree,
                    const pb::FieldDescriptor* field, int index, const std::string& name) {
    record_place(tree, field, index, name);
    const pb::TextFormat::ParseInfoTree* nested =
        field->message_type() == nullptr ? nullptr : tree.GetTreeForNested(field, index);
    if (nested == nullptr) return;
    const pb::Reflection* reflection = message.GetReflection();
    record(index < 0 ? reflection->GetMessage(message, field) : reflection->GetRepeatedMessage(message, field, index),
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
        return fail(text_place(path, line, column), "messages are nested more than {} deep", kMaxModelNesting);
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
  FirstTextError errors(text, path);
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
