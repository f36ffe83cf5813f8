// Compares every number of a model with the range that its field states in the schema.
#include <cmath>
#include <string>

#include "frontend/load/complain.h"
#include "frontend/load/field_options.h"
#include "frontend/load/field_path.h"
#include "frontend/load/mistakes.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

class RangeCheck {
 public:
  explicit RangeCheck(const LoadedModel& loaded) : loaded_(loaded) {}

  Status check(const pb::Message& message, const std::string& prefix) const {
    Mistakes found;
    const pb::Reflection* reflection = message.GetReflection();
    std::vector<const pb::FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const pb::FieldDescriptor* field : fields) {
      const std::string path = join_path(prefix, field->name());
      if (!field->is_repeated()) {
        found.add(check_value(message, field, -1, path));
        continue;
      }
      for (int i = 0; i < reflection->FieldSize(message, field); ++i)
        found.add(check_value(message, field, i, join_path(path, i)));
    }
    return found.status();
  }

 private:
  Status check_value(const pb::Message& message, const pb::FieldDescriptor* field, int index,
                     const std::string& path) const {
    const pb::Reflection* reflection = message.GetReflection();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        return check(
            index < 0 ? reflection->GetMessage(message, field) : reflection->GetRepeatedMessage(message, field, index),
            path);
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return check_number(
            field, path,
            index < 0 ? reflection->GetInt64(message, field) : reflection->GetRepeatedInt64(message, field, index));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return check_number(
            field, path,
            index < 0 ? reflection->GetDouble(message, field) : reflection->GetRepeatedDouble(message, field, index));
      default: return {};
    }
  }

  template <typename Number>
  Status check_number(const pb::FieldDescriptor* field, const std::string& path, Number value) const {
    const std::string& range = field->options().GetExtension(spec::range);
    if (!std::isfinite(static_cast<double>(value)))
      return complain(loaded_, path, "{} is {}, but must be finite", field->name(), value);
    if (!range.empty() && !parse_range(range).contains(static_cast<double>(value)))
      return complain(loaded_, path, "{} is {}, but must lie in {}", field->name(), value, range);
    return {};
  }

  const LoadedModel& loaded_;
};

}  // namespace

Status validate_ranges(const LoadedModel& loaded) { return RangeCheck(loaded).check(loaded.model, ""); }

}  // namespace minnow
