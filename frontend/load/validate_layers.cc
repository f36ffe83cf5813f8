// What each layer needs to be complete, as the options of its fields say it.
#include <array>
#include <string>

#include "frontend/load/complain.h"
#include "frontend/load/field_options.h"
#include "frontend/load/field_path.h"
#include "frontend/load/mistakes.h"
#include "frontend/load/validate_model.h"
#include "ir/type.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

// 1, 2, 4 → "one, two or four"
template <typename Numbers>
std::string any_of(const Numbers& numbers) {
  constexpr std::array<std::string_view, 7> kWords = {"none", "one", "two", "three", "four", "five", "six"};
  std::string text;
  for (int i = 0; i < numbers.size(); ++i) {
    if (i > 0) text += i + 1 == numbers.size() ? " or " : ", ";
    text += kWords.at(static_cast<size_t>(numbers[i]));
  }
  return text;
}

// The options of all fields of one layer.
class FieldCheck {
 public:
  explicit FieldCheck(const LoadedModel& loaded) : loaded_(loaded) {}

  // `path` is that of the message, "layers.2.conv2d".
  Status check(const pb::Message& message, const std::string& path) const {
    Mistakes found;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const pb::FieldDescriptor* field = message.GetDescriptor()->field(i);
      found.add(check_required(message, field, path));
      found.add(check_count(message, field, path));
      found.add(check_order(message, field, path));
      if (field->message_type() == nullptr || field->is_repeated() || !is_present(message, field)) continue;
      found.add(check(message.GetReflection()->GetMessage(message, field), join_path(path, field->name())));
    }
    return found.status();
  }

 private:
  Status check_required(const pb::Message& message, const pb::FieldDescriptor* field, const std::string& path) const {
    if (!field->options().HasExtension(spec::required) || is_set(message, field)) return {};
    const std::string& what = field->options().GetExtension(spec::required);
    const std::string& example = field->options().GetExtension(spec::example);
    return complain_with_hint(loaded_, path, example.empty() ? "" : "for example " + example, "{} is missing{}{}",
                              field->name(), what.empty() ? "" : ": ", what);
  }

  Status check_count(const pb::Message& message, const pb::FieldDescriptor* field, const std::string& path) const {
    const auto& counts = field->options().GetRepeatedExtension(spec::value_count);
    if (counts.empty() || !is_present(message, field)) return {};
    const int64_t count = message.GetReflection()->FieldSize(message, field);
    if (std::ranges::find(counts, count) != counts.end()) return {};
    return complain(loaded_, join_path(path, field->name()), "{} has {} values, but takes {}", field->name(), count,
                    any_of(counts));
  }

  Status check_order(const pb::Message& message, const pb::FieldDescriptor* field, const std::string& path) const {
    const std::string& name = field->options().GetExtension(spec::at_most);
    if (name.empty()) return {};
    const pb::FieldDescriptor* other = message.GetDescriptor()->FindFieldByName(name);
    const double value = message.GetReflection()->GetDouble(message, field);
    const double bound = message.GetReflection()->GetDouble(message, other);
    if (!(value > bound)) return {};  // what is no number is refused by its range
    return complain(loaded_, path, "{} {} is above {} {}", field->name(), value, name, bound);
  }

  const LoadedModel& loaded_;
};

Status check_input_count(const LoadedModel& loaded, const pb::MessageOptions& options, int index) {
  const std::string& range = options.GetExtension(spec::input_count);
  const Range wanted = parse_range(range.empty() ? "[1, 1]" : range);
  const int count = loaded.model.layers(index).inputs_size();
  if (wanted.contains(count)) return {};
  const bool is_one = wanted.high == 1;
  const std::string path = fmt::format("layers.{}.inputs", index);
  if (is_one || count < wanted.low)
    return complain(loaded, path, "takes {} but has {}", is_one ? "one input" : "two or more inputs", count);
  return complain(loaded, path, "takes at most {} inputs but has {}", wanted.high, count);
}

Status check_input_shape(const LoadedModel& loaded, int index) {
  const spec::Input& input = loaded.model.inputs(index);
  const std::string path = fmt::format("inputs.{}", index);
  if (input.shape().empty()) return complain(loaded, path, "input \"{}\" has no shape", input.name());
  if (input.shape_size() > kMaxRank - 1)
    return complain(loaded, path + ".shape", "input \"{}\" has {} dimensions, but at most {} are allowed", input.name(),
                    input.shape_size(), kMaxRank - 1);
  return {};
}

Status check_layer(const LoadedModel& loaded, int index) {
  const spec::Layer& layer = loaded.model.layers(index);
  const pb::FieldDescriptor* kind = kind_field(layer);
  if (kind == nullptr)
    return complain_with_hint(loaded, fmt::format("layers.{}", index), "for example dense { units: 10 }",
                              "says nothing of what it computes");
  Mistakes found;
  found.add(check_input_count(loaded, kind->message_type()->options(), index));
  found.add(check_fields(loaded, kind_message(layer), fmt::format("layers.{}.{}", index, kind->name())));
  return found.status();
}

}  // namespace

Status check_fields(const LoadedModel& loaded, const pb::Message& message, const std::string& path) {
  return FieldCheck(loaded).check(message, path);
}

Status validate_layers(const LoadedModel& loaded) {
  Mistakes found;
  for (int i = 0; i < loaded.model.inputs_size(); ++i) found.add(check_input_shape(loaded, i));
  for (int i = 0; i < loaded.model.layers_size(); ++i) found.add(check_layer(loaded, i));
  return found.status();
}

}  // namespace minnow
