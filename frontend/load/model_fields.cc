#include "frontend/load/model_fields.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <map>

#include "frontend/load/field_path.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string value_text(const pb::Message& message, const pb::FieldDescriptor* field, int index) {
  std::string text;
  pb::TextFormat::PrintFieldValueToString(message, field, index, &text);
  return text;
}

std::string list_text(const pb::Message& message, const pb::FieldDescriptor* field) {
  std::string text;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i)
    text += (i > 0 ? "," : "") + value_text(message, field, i);
  return text;
}

void add_fields(const pb::Message& message, const std::string& path, Fields& fields) {
  const pb::Reflection* reflection = message.GetReflection();
  std::vector<const pb::FieldDescriptor*> set;
  reflection->ListFields(message, &set);
  if (set.empty()) fields.emplace_back(path, "{}");
  for (const pb::FieldDescriptor* field : set) {
    const std::string name = join_path(path, field->name());
    if (field->message_type() == nullptr) {
      fields.emplace_back(name, field->is_repeated() ? list_text(message, field) : value_text(message, field, -1));
    } else if (!field->is_repeated()) {
      add_fields(reflection->GetMessage(message, field), name, fields);
    } else {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        const std::string element = element_name(message, field, i);
        add_fields(reflection->GetRepeatedMessage(message, field, i),
                   element.empty() ? join_path(name, i) : join_path(name, element), fields);
      }
    }
  }
}

}  // namespace

Fields model_fields(const Model& model) {
  Fields fields;
  add_fields(model, "", fields);
  return fields;
}

std::vector<DifferingField> differing_fields(const std::vector<const Model*>& models) {
  std::vector<DifferingField> rows;
  std::map<std::string, size_t> row_of;
  for (size_t i = 0; i < models.size(); ++i) {
    for (const auto& [path, value] : model_fields(*models[i])) {
      const auto [found, is_new] = row_of.emplace(path, rows.size());
      if (is_new) rows.push_back({path, std::vector<std::string>(models.size(), "–")});
      rows[found->second].values[i] = value;
    }
  }
  std::erase_if(rows, [](const DifferingField& row) {
    return std::ranges::all_of(row.values, [&](const std::string& value) { return value == row.values[0]; });
  });
  return rows;
}

}  // namespace minnow
