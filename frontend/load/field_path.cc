#include "frontend/load/field_path.h"

#include <fmt/format.h>

#include <charconv>

namespace minnow {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

std::string join_path(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name);
}

std::string join_path(std::string_view prefix, int index) { return fmt::format("{}.{}", prefix, index); }

std::string element_name(const Message& message, const FieldDescriptor* field, int index) {
  const FieldDescriptor* name = field->message_type()->FindFieldByName("name");
  if (name == nullptr) return {};
  const Message& element = message.GetReflection()->GetRepeatedMessage(message, field, index);
  return element.GetReflection()->GetString(element, name);
}

std::string display_path(const Message& root, std::string_view path) {
  const size_t dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  if (dot == std::string_view::npos) return std::string(path);
  const FieldDescriptor* field = root.GetDescriptor()->FindFieldByName(std::string(head));
  if (field == nullptr || !field->is_repeated() || field->message_type() == nullptr) return std::string(path);

  const std::string_view rest = path.substr(dot + 1);
  int index = -1;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
  if (error != std::errc{} || index < 0 || index >= root.GetReflection()->FieldSize(root, field))
    return std::string(path);
  const std::string name = element_name(root, field, index);
  if (name.empty()) return std::string(path);
  return fmt::format("{}.{}{}", head, name, rest.substr(static_cast<size_t>(end - rest.data())));
}

std::vector<std::string> field_names(const Descriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
  return names;
}

const OneofDescriptor* choice_named(const Descriptor& type, std::string_view name) {
  const OneofDescriptor* choice = type.FindOneofByName(std::string(name));
  if (choice == nullptr) return nullptr;
  for (int i = 0; i < choice->field_count(); ++i)
    if (choice->field(i)->message_type() == nullptr) return nullptr;
  return choice;
}

std::vector<std::string> choice_names(const OneofDescriptor& choice) {
  std::vector<std::string> names;
  for (int i = 0; i < choice.field_count(); ++i) names.push_back(choice.field(i)->name());
  return names;
}

std::vector<std::string> enum_value_names(const EnumDescriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->value_count(); ++i) names.push_back(type->value(i)->name());
  return names;
}

}  // namespace minnow
