// Field paths: how Minnow names a place inside a model message. See LoadedModel for their form.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace minnow {

// "layers" + "2" → "layers.2"; an empty prefix adds no dot.
std::string join_path(std::string_view prefix, std::string_view name);
std::string join_path(std::string_view prefix, int index);

// The path with the names of inputs and layers in place of their indices: "layers.conv2.conv2d.kernel".
std::string display_path(const google::protobuf::Message& root, std::string_view path);

// Value of the string field "name" of element `index` of a repeated message field, or empty if it has none.
std::string element_name(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                         int index);

std::vector<std::string> field_names(const google::protobuf::Descriptor* type);
// The oneof of this name, whose fields are all messages, such as "optimizer"; or nullptr.
const google::protobuf::OneofDescriptor* choice_named(const google::protobuf::Descriptor& type, std::string_view name);
std::vector<std::string> choice_names(const google::protobuf::OneofDescriptor& choice);
std::vector<std::string> enum_value_names(const google::protobuf::EnumDescriptor* type);

}  // namespace minnow
