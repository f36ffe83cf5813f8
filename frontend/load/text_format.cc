#include "frontend/load/text_format.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include "frontend/load/field_path.h"
#include "frontend/load/load_model.h"
#include "frontend/load/text_error.h"

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

// Finds what is opened and not closed. The parser would notice it far behind the place, in the words of whatever
// message it takes the rest for, and it would meet an unknown field long before its own recursion limit.
class BracketCheck {
 public:
  BracketCheck(std::string_view text, const pb::Descriptor* type, const std::string& path)
      : text_(text), type_(type), path_(path) {}

  Status run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
      } else if (c == '"' || c == '\'') {
        MINNOW_TRY(skip_quotes(c));
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
      } else if (c == '{' || c == '<' || c == '[') {
        MINNOW_TRY(open(c));
      } else if (c == '}' || c == '>' || c == ']') {
        MINNOW_TRY(close(c));
      }
    }
    if (open_.empty()) return {};
    return fail(open_.back().place, "this \"{}\" is never closed: there is no \"{}\" for it", open_.back().bracket,
                partner(open_.back().bracket));
  }

 private:
  struct Open {
    char bracket;
    std::string place;
  };

  static char partner(char bracket) { return bracket == '{' ? '}' : bracket == '<' ? '>' : ']'; }
  std::string here() const { return text_place(path_, line_, static_cast<int>(at_ - line_begin_)); }

  Status open(char bracket) {
    if (static_cast<int>(open_.size()) >= kMaxModelNesting)
      return fail(here(), "messages are nested more than {} deep", kMaxModelNesting);
    open_.push_back({bracket, here()});
    return {};
  }

  Status close(char bracket) {
    if (open_.empty()) {
      if (auto missing = missing_brace(text_.substr(0, at_), type_, path_)) return tl::unexpected(*std::move(missing));
      return fail(here(), "this \"{}\" closes nothing", bracket);
    }
    if (partner(open_.back().bracket) != bracket)
      return fail(here(), "this \"{}\" stands where a \"{}\" should close the \"{}\" of {}", bracket,
                  partner(open_.back().bracket), open_.back().bracket, open_.back().place);
    open_.pop_back();
    return {};
  }

  Status skip_quotes(char quote) {
    const std::string place = here();
    while (++at_ < text_.size() && text_[at_] != '\n' && text_[at_] != quote)
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    if (at_ < text_.size() && text_[at_] == quote) return {};
    return fail(place, "the closing quote is missing: a text ends in the line in which it begins");
  }

  std::string_view text_;
  const pb::Descriptor* type_;
  const std::string& path_;
  size_t at_ = 0, line_begin_ = 0;
  int line_ = 0;
  std::vector<Open> open_;
};

// A string of several lines, such as a program, stands as so many strings, which a reader puts together.
class LinesPrinter : public pb::TextFormat::FastFieldValuePrinter {
 public:
  void PrintString(const std::string& text, pb::TextFormat::BaseTextGenerator* generator) const override {
    size_t begin = 0;
    do {
      const size_t newline = text.find('\n', begin);
      const size_t end = newline == std::string::npos ? text.size() : newline + 1;
      if (begin > 0) generator->PrintLiteral("\n");
      FastFieldValuePrinter::PrintString(text.substr(begin, end - begin), generator);
      begin = end;
    } while (begin < text.size());
  }
};

// The parser takes a tab for as many columns as reach the next multiple of 8, all others for one.
std::string with_blanks_for_tabs(std::string_view text) {
  std::string plain(text);
  char quote = 0;
  for (size_t at = 0; at < plain.size(); ++at) {
    const char c = plain[at];
    if (quote == 0 && c == '\t') plain[at] = ' ';
    else if (quote == 0 && c == '#') at = std::min(plain.find('\n', at), plain.size());
    else if (quote == 0 && (c == '"' || c == '\'')) quote = c;
    else if (c == quote || c == '\n') quote = 0;
    else if (quote != 0 && c == '\\') ++at;
  }
  return plain;
}

}  // namespace

Status parse_text(std::string_view text, const std::string& path, pb::Message* message,
                  std::map<std::string, std::string>* places) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return fail_with_hint(path, "is UTF-16 text", "save it as UTF-8");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::string plain = with_blanks_for_tabs(text);
  text = plain;
  const pb::Descriptor* type = message->GetDescriptor();
  MINNOW_TRY(BracketCheck(text, type, path).run());
  const pb::LogSilencer silence;
  FirstTextError errors(text, type, path);
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
  MINNOW_TRY(refuse_numbers_for_names(text, type, path));
  if (places != nullptr) PlaceRecorder(path, places).record(*message, tree, "");
  return {};
}

std::string print_text(const pb::Message& message, std::string_view proto_file) {
  std::string body;
  pb::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  printer.SetDefaultFieldValuePrinter(new LinesPrinter);  // which it owns
  printer.PrintToString(message, &body);
  return fmt::format("# proto-file: {}\n# proto-message: {}\n\n{}", proto_file, message.GetDescriptor()->full_name(),
                     body);
}

}  // namespace minnow
