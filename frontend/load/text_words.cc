#include "frontend/load/text_words.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace minnow {
namespace {

namespace pb = google::protobuf;
using pb::io::Tokenizer;

// The parser tells of what is no word.
class Silence : public pb::io::ErrorCollector {
 public:
  void AddError(int, pb::io::ColumnNumber, const std::string&) override {}
};

class Reader {
 public:
  explicit Reader(const pb::Descriptor* type) { open_.push_back({type, nullptr, false}); }

  TextWord read(const Tokenizer::Token& token) {
    const std::string& text = token.text;
    if (text == "{" || text == "<") return open(token);
    if (text == "}" || text == ">") return close(token);
    if (text == "[" || text == "]") {
      open_.back().is_list = text == "[" && has_colon_;
      if (!open_.back().is_list) end_field();
    } else if (text == ":") {
      has_colon_ = true;
    } else if (has_colon_ && text != "," && text != ";") {
      const TextWord value{token, TextWord::Role::kValue, open_.back().field};
      if (!open_.back().is_list && text != "-") end_field();
      return value;
    } else if (token.type == Tokenizer::TYPE_IDENTIFIER) {
      const pb::Descriptor* type = open_.back().type;
      open_.back().field = type == nullptr ? nullptr : type->FindFieldByName(text);
      return {token, TextWord::Role::kFieldName, open_.back().field};
    }
    return {token, TextWord::Role::kOther, nullptr};
  }

 private:
  struct Message {
    const pb::Descriptor* type;
    const pb::FieldDescriptor* field;  // that is being given a value
    bool is_list;                      // of several values
  };

  void end_field() {
    open_.back().field = nullptr;
    has_colon_ = false;
  }

  TextWord open(const Tokenizer::Token& token) {
    const pb::FieldDescriptor* field = open_.back().field;
    open_.push_back({field == nullptr ? nullptr : field->message_type(), nullptr, false});
    has_colon_ = false;
    return {token, TextWord::Role::kOther, nullptr};
  }

  TextWord close(const Tokenizer::Token& token) {
    if (open_.size() > 1) open_.pop_back();
    if (open_.back().is_list) has_colon_ = true;
    else end_field();
    return {token, TextWord::Role::kOther, nullptr};
  }

  std::vector<Message> open_;
  bool has_colon_ = false;
};

}  // namespace

void visit_words(std::string_view text, const pb::Descriptor* type, const std::function<bool(const TextWord&)>& visit) {
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  Silence silence;
  Tokenizer tokenizer(&input, &silence);
  tokenizer.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
  tokenizer.set_allow_f_after_float(true);
  tokenizer.set_require_space_after_number(false);
  Reader reader(type);
  while (tokenizer.Next())
    if (!visit(reader.read(tokenizer.current()))) return;
}

std::vector<TextWord> split_text(std::string_view text, const pb::Descriptor* type) {
  std::vector<TextWord> words;
  visit_words(text, type, [&](const TextWord& word) {
    words.push_back(word);
    return true;
  });
  return words;
}

}  // namespace minnow
