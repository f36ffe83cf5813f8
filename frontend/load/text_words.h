// The words of a text protobuf, each with the field that it names or is a value of.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace minnow {

struct TextWord {
  enum class Role { kOther, kFieldName, kValue };
  google::protobuf::io::Tokenizer::Token token;
  Role role = Role::kOther;
  const google::protobuf::FieldDescriptor* field = nullptr;  // null where the schema knows none

  bool is_value_of(google::protobuf::FieldDescriptor::CppType type) const {
    return role == Role::kValue && field != nullptr && field->cpp_type() == type;
  }
};

// The words of a text that holds a message of this type, in order until `visit` returns false. Brackets need not fit,
// and what is no word is left out.
void visit_words(std::string_view text, const google::protobuf::Descriptor* type,
                 const std::function<bool(const TextWord&)>& visit);

std::vector<TextWord> split_text(std::string_view text, const google::protobuf::Descriptor* type);

}  // namespace minnow
