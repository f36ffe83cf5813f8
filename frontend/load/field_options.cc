#include "frontend/load/field_options.h"

#include <charconv>

#include "frontend/schema/field_options.pb.h"
#include "ir/error.h"

namespace minnow {

namespace pb = google::protobuf;

bool is_present(const pb::Message& message, const pb::FieldDescriptor* field) {
  return field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                              : message.GetReflection()->HasField(message, field);
}

bool is_set(const pb::Message& message, const pb::FieldDescriptor* field) {
  if (!is_present(message, field)) return false;
  const bool has_default = !field->options().GetExtension(spec::default_value).empty();
  if (!has_default || field->message_type() == nullptr || field->is_repeated()) return true;
  return message.GetReflection()->GetMessage(message, field).ByteSizeLong() > 0;
}

Range parse_range(const std::string& text) {
  Range range{0, 0, text.front() == '[', text.back() == ']'};
  const char* end = text.data() + text.size();
  const auto low = std::from_chars(text.data() + 1, end, range.low);
  MINNOW_CHECK(low.ec == std::errc{} && low.ptr + 2 < end, "bad range {}", text);
  const auto high = std::from_chars(low.ptr + 2, end, range.high);  // behind ", "
  MINNOW_CHECK(high.ec == std::errc{} && high.ptr + 1 == end, "bad range {}", text);
  return range;
}

const pb::FieldDescriptor* kind_field(const spec::Layer& layer) {
  return layer.GetReflection()->GetOneofFieldDescriptor(layer, spec::Layer::descriptor()->FindOneofByName("kind"));
}

const pb::Message& kind_message(const spec::Layer& layer) {
  return layer.GetReflection()->GetMessage(layer, kind_field(layer));
}

std::vector<std::string> other_results(const spec::Layer& layer) {
  std::vector<std::string> names;
  const pb::FieldDescriptor* kind = kind_field(layer);
  if (kind == nullptr) return names;
  for (const std::string& result : kind->options().GetRepeatedExtension(spec::other_results))
    names.push_back(layer.name() + "." + result);
  return names;
}

}  // namespace minnow
