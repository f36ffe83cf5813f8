#include "frontend/load/override_model.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "frontend/load/field_path.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/text_format.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A list may stand in brackets, as in the file.
std::string_view without_brackets(std::string_view list) {
  const std::string_view inner = trim(list);
  return inner.size() > 1 && inner.front() == '[' && inner.back() == ']' ? trim(inner.substr(1, inner.size() - 2))
                                                                         : list;
}

// Walks from the root of the model along the path of one assignment, and writes the value where it ends.
class Assignment {
 public:
  Assignment(const Model& model, std::string where) : model_(model), where_(std::move(where)) {}

  // Sets what `path` names inside `message`; `prefix` is the canonical path so far.
  Status apply(pb::Message* message, std::string_view path, std::string_view value, const std::string& prefix) {
    const size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    const pb::Descriptor* type = message->GetDescriptor();
    const pb::FieldDescriptor* field = type->FindFieldByName(std::string(name));
    const bool is_last = dot == std::string_view::npos;
    if (const auto* choice = field == nullptr && is_last ? choice_named(*type, name) : nullptr)
      return choose(message, *choice, value, prefix);
    if (field == nullptr) {
      const std::string inside = path_inside(*message, name);
      return fail_with_hint(where_, fmt::format("{} has no field \"{}\"", type->name(), name),
                            inside.empty()
                                ? name_hint(name, field_names(type))
                                : fmt::format("did you mean {}?", display_path(model_, join_path(prefix, inside))));
    }
    const std::string reached = join_path(prefix, name);
    if (dot == std::string_view::npos) return set_value(message, field, value, reached);
    return descend(message, field, path.substr(dot + 1), value, reached);
  }

  const std::string& where() const { return where_; }
  const std::string& canonical_path() const { return canonical_path_; }

 private:
  // Of several messages one is there: "training.optimizer=adam" is "training.adam={}".
  Status choose(pb::Message* message, const pb::OneofDescriptor& choice, std::string_view value,
                const std::string& prefix) {
    const std::string name(trim(value));
    const pb::FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->containing_oneof() != &choice || field->message_type() == nullptr)
      return fail_with_hint(where_, fmt::format("\"{}\" is no {}", name, choice.name()),
                            name_hint(name, choice_names(choice)));
    canonical_path_ = join_path(prefix, name);
    message->GetReflection()->MutableMessage(message, field);
    return {};
  }

  // "dense.units" of a layer that is dense, for "units"; empty: it is nowhere inside.
  static std::string path_inside(const pb::Message& message, std::string_view name) {
    std::vector<const pb::FieldDescriptor*> present;
    message.GetReflection()->ListFields(message, &present);
    for (const pb::FieldDescriptor* field : present)
      if (!field->is_repeated() && field->message_type() != nullptr &&
          field->message_type()->FindFieldByName(std::string(name)) != nullptr)
        return join_path(field->name(), name);
    return "";
  }

  Status descend(pb::Message* message, const pb::FieldDescriptor* field, std::string_view rest, std::string_view value,
                 const std::string& reached) {
    if (field->message_type() == nullptr && field->is_repeated())
      return set_element(message, field, rest, value, reached);
    if (field->message_type() == nullptr) return fail(where_, "{} has no fields inside", reached);
    const pb::Reflection* reflection = message->GetReflection();
    if (!field->is_repeated()) return apply(reflection->MutableMessage(message, field), rest, value, reached);

    MINNOW_ASSIGN(const Element element, find_element(*message, field, rest));
    pb::Message* inner = reflection->MutableRepeatedMessage(message, field, element.index);
    const std::string path = join_path(reached, element.index);
    if (element.rest.empty()) return set_message(inner, value, path);
    if (auto* layer = dynamic_cast<spec::Layer*>(inner); layer != nullptr && is_inside_block(*layer, element.rest)) {
      canonical_path_ = fmt::format("{}.use.set.{}", path, layer->use().set_size());
      layer->mutable_use()->add_set(fmt::format("{}={}", element.rest, value));
      return {};
    }
    return apply(inner, element.rest, value, path);
  }

  // Behind a use of a block, what is no field of the use itself belongs to the block's layers: the use is to set it.
  static bool is_inside_block(const spec::Layer& layer, std::string_view rest) {
    constexpr std::string_view kOwn[] = {"name", "inputs", "share", "share_transposed", "use"};
    return layer.has_use() && std::ranges::find(kOwn, rest.substr(0, rest.find('.'))) == std::end(kOwn);
  }

  struct Element {
    int index;
    std::string_view rest;  // of the path, behind the element
  };

  // Names may hold dots, so the longest name that `path` begins with wins; then a plain index.
  Result<Element> find_element(const pb::Message& message, const pb::FieldDescriptor* field, std::string_view path) {
    const int size = message.GetReflection()->FieldSize(message, field);
    std::vector<std::string> names;
    int best = -1;
    for (int i = 0; i < size; ++i) {
      names.push_back(element_name(message, field, i));
      const std::string& name = names.back();
      const bool matches =
          !name.empty() && path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.');
      if (matches && (best < 0 || name.size() > names[best].size())) best = i;
    }
    const auto rest_behind = [&](size_t length) { return path.substr(std::min(path.size(), length + 1)); };
    if (best >= 0) return Element{best, rest_behind(names[best].size())};

    const std::string_view head = path.substr(0, path.find('.'));
    if (const auto index = parse_number<int>(head); index && *index >= 0 && *index < size)
      return Element{*index, rest_behind(head.size())};
    return fail_with_hint(where_, fmt::format("\"{}\" is none of the {} {} of the model", head, size, field->name()),
                          name_hint(head, names));
  }

  Status set_value(pb::Message* message, const pb::FieldDescriptor* field, std::string_view value,
                   const std::string& path) {
    if (field->message_type() != nullptr) {
      if (field->is_repeated()) return set_messages(message, field, value, path);
      return set_message(message->GetReflection()->MutableMessage(message, field), value, path);
    }
    canonical_path_ = path;
    if (is_quoted(value)) return set_from_text(message, field, value);
    if (!field->is_repeated()) return set_scalar(message, field, value);
    message->GetReflection()->ClearField(message, field);
    for (std::string_view rest = without_brackets(value); !rest.empty();) {
      const size_t comma = rest.find(',');
      MINNOW_TRY(set_scalar(message, field, trim(rest.substr(0, comma))));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return {};
  }

  // One number, name or text of a list: "layers.conv1.conv2d.kernel.1".
  Status set_element(pb::Message* message, const pb::FieldDescriptor* field, std::string_view index,
                     std::string_view value, const std::string& path) {
    const pb::Reflection* reflection = message->GetReflection();
    const int size = reflection->FieldSize(*message, field);
    const auto wanted = parse_number<int>(index);
    if (!wanted || *wanted < 0 || *wanted >= size)
      return fail(where_, "\"{}\" is none of the {} values of {}", index, size, path);
    canonical_path_ = join_path(path, *wanted);
    MINNOW_TRY(is_quoted(value) ? append_from_text(message, field, value) : set_scalar(message, field, value));
    reflection->SwapElements(message, field, *wanted, size);
    reflection->RemoveLast(message, field);
    return {};
  }

  // All elements, as the file has them: "[{name: \"x\" train: \"x.npy\"}, {...}]".
  Status set_messages(pb::Message* message, const pb::FieldDescriptor* field, std::string_view value,
                      const std::string& path) {
    canonical_path_ = path;
    value = trim(value);
    if (value.empty() || (value.front() != '[' && value.front() != '{'))
      return fail_with_hint(where_, fmt::format("stands for several elements; name one of them, as in {}.0", path),
                            fmt::format("or write all: {}=[{{...}}, {{...}}]", path));
    return set_from_text(message, field, value);
  }

  // Whether a text in quotes stands in it, as the file has it.
  static bool is_quoted(std::string_view value) {
    value = trim(without_brackets(value));
    return value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  }

  Status set_from_text(pb::Message* message, const pb::FieldDescriptor* field, std::string_view value) {
    message->GetReflection()->ClearField(message, field);
    return append_from_text(message, field, value);
  }

  // What stands behind "field:" in a file.
  Status append_from_text(pb::Message* message, const pb::FieldDescriptor* field, std::string_view value) {
    const std::unique_ptr<pb::Message> parsed(message->New());
    MINNOW_TRY(parse_text(fmt::format("{}: {}", field->name(), value), where_, parsed.get(), nullptr));
    message->MergeFrom(*parsed);
    return {};
  }

  // A message is written in braces, "{beta1: 0.8}", which are not part of its text form.
  Status set_message(pb::Message* message, std::string_view value, const std::string& path) {
    canonical_path_ = path;
    value = trim(value);
    if (value.size() < 2 || value.front() != '{' || value.back() != '}')
      return fail_with_hint(
          where_, fmt::format("\"{}\" is not a value for the message {}", value, message->GetDescriptor()->name()),
          fmt::format("write {}={{...}}, or set a field inside it", path));
    return parse_text(value.substr(1, value.size() - 2), where_, message, nullptr);
  }

  Status set_scalar(pb::Message* message, const pb::FieldDescriptor* field, std::string_view text) {
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING: return store(message, field, std::string(text));
      case pb::FieldDescriptor::CPPTYPE_INT64:
        if (const auto value = parse_number<int64_t>(text)) return store(message, field, *value);
        return fail(where_, "\"{}\" is not a whole number (of 64 bits)", text);
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        if (const auto value = parse_number<double>(text)) return store(message, field, *value);
        return fail(where_, "\"{}\" is not a number", text);
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        if (text == "true" || text == "1") return store(message, field, true);
        if (text == "false" || text == "0") return store(message, field, false);
        return fail(where_, "\"{}\" is neither true nor false", text);
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        if (const auto* value = field->enum_type()->FindValueByName(std::string(text)))
          return store(message, field, value);
        return fail_with_hint(where_, fmt::format("\"{}\" is not a {}", text, field->enum_type()->name()),
                              name_hint(text, enum_value_names(field->enum_type())));
      default: return fail(where_, "cannot be set from the command line");
    }
  }

  template <typename T>
  static Status store(pb::Message* message, const pb::FieldDescriptor* field, const T& value) {
    const pb::Reflection* reflection = message->GetReflection();
    const bool repeated = field->is_repeated();
    if constexpr (std::is_same_v<T, std::string>)
      repeated ? reflection->AddString(message, field, value) : reflection->SetString(message, field, value);
    else if constexpr (std::is_same_v<T, int64_t>)
      repeated ? reflection->AddInt64(message, field, value) : reflection->SetInt64(message, field, value);
    else if constexpr (std::is_same_v<T, double>)
      repeated ? reflection->AddDouble(message, field, value) : reflection->SetDouble(message, field, value);
    else if constexpr (std::is_same_v<T, bool>)
      repeated ? reflection->AddBool(message, field, value) : reflection->SetBool(message, field, value);
    else repeated ? reflection->AddEnum(message, field, value) : reflection->SetEnum(message, field, value);
    return {};
  }

  const Model& model_;
  std::string where_;
  std::string canonical_path_;
};

// Forgets the places inside a field that has been written anew.
void replace_places(std::map<std::string, std::string>* places, const std::string& path, const std::string& where) {
  const std::string inside = path + ".";
  for (auto place = places->lower_bound(inside); place != places->end() && place->first.starts_with(inside);)
    place = places->erase(place);
  (*places)[path] = where;
}

}  // namespace

Status set_field(LoadedModel& loaded, std::string_view assignment, const std::string& where) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    if (where.empty())
      return fail_with_hint(fmt::format("--set {}", assignment), "is not of the form path=value",
                            "for example --set training.learning_rate=0.05");
    return fail_with_hint(where, fmt::format("\"{}\" is not of the form path=value", assignment),
                          "for example \"training.learning_rate=0.05\"");
  }
  const std::string_view path = trim(assignment.substr(0, equals));
  Assignment change(loaded.model, where.empty() ? fmt::format("--set {}", path) : where);
  Model changed = loaded.model;
  MINNOW_TRY(change.apply(&changed, path, assignment.substr(equals + 1), ""));
  loaded.model = std::move(changed);
  replace_places(&loaded.places, change.canonical_path(), change.where());
  return {};
}

}  // namespace minnow
