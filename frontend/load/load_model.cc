#include "frontend/load/load_model.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <filesystem>

#include "frontend/load/defaults.h"
#include "frontend/load/expand_blocks.h"
#include "frontend/load/field_path.h"
#include "frontend/load/onnx_network.h"
#include "frontend/load/override_model.h"
#include "frontend/load/program.h"
#include "frontend/load/text_format.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;
namespace pb = google::protobuf;

bool looks_like_text(const std::string& path, std::string_view bytes) {
  const std::string extension = fs::path(path).extension().string();
  for (const char* text : {".textproto", ".txtpb", ".pbtxt", ".txt"})
    if (extension == text) return true;
  return std::none_of(bytes.begin(), bytes.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 && !(c >= '\t' && c <= '\r'); });
}

// Numbers of enums are kept whatever they are.
Status refuse_unknown_enum(const pb::Message& message, const pb::FieldDescriptor* field, const std::string& where) {
  const pb::Reflection* reflection = message.GetReflection();
  const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
  for (int i = 0; i < count; ++i) {
    const int number = field->is_repeated() ? reflection->GetRepeatedEnumValue(message, field, i)
                                            : reflection->GetEnumValue(message, field);
    if (field->enum_type()->FindValueByNumber(number) == nullptr)
      return fail(where, "{} is {}, which is no {}", field->name(), number, field->enum_type()->name());
  }
  return {};
}

// The wire format lets anything through that has the shape of a field; what the schema does not know is a
// mistake.
Status refuse_unknown_fields(const pb::Message& message, const std::string& file, const std::string& prefix) {
  const pb::Reflection* reflection = message.GetReflection();
  const pb::UnknownFieldSet& unknown = reflection->GetUnknownFields(message);
  if (!unknown.empty())
    return fail(fmt::format("{}: {}", file, prefix.empty() ? "model" : prefix), "unknown field number {} in {}",
                unknown.field(0).number(), message.GetDescriptor()->name());

  std::vector<const pb::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    const std::string name = join_path(prefix, field->name());
    if (field->enum_type() != nullptr) MINNOW_TRY(refuse_unknown_enum(message, field, file + ": " + name));
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      MINNOW_TRY(refuse_unknown_fields(reflection->GetMessage(message, field), file, name));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      MINNOW_TRY(refuse_unknown_fields(reflection->GetRepeatedMessage(message, field, i), file, join_path(name, i)));
  }
  return {};
}

Result<LoadedModel> parse_binary(const std::string& bytes, const std::string& path) {
  const pb::LogSilencer silence;
  LoadedModel loaded{.model = {}, .path = path, .is_text = false, .places = {}};
  pb::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  input.SetRecursionLimit(kMaxModelNesting);
  if (!loaded.model.ParseFromCodedStream(&input) || !input.ConsumedEntireMessage())
    return fail(shown_path(path),
                "is neither a text nor a binary minnow.Model (or it is cut short or nested too deeply)");
  MINNOW_TRY(refuse_unknown_fields(loaded.model, shown_path(path), ""));
  return loaded;
}

// Whatever folder the model is written to, it is the same file.
void find_first_weights(LoadedModel& loaded) {
  if (loaded.model.training().weights_from().empty()) return;
  std::string& file = *loaded.model.mutable_training()->mutable_weights_from();
  std::error_code error;
  const fs::path whole = fs::absolute(fs::path(loaded.path).parent_path() / file, error);
  if (!error) file = whole.lexically_normal().string();
}

}  // namespace

std::string nearest_place(const std::map<std::string, std::string>& places, std::string_view field_path) {
  for (std::string_view prefix = field_path; !prefix.empty();) {
    if (const auto found = places.find(std::string(prefix)); found != places.end()) return found->second;
    const size_t dot = prefix.rfind('.');
    prefix = prefix.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return {};
}

std::string LoadedModel::where(std::string_view field_path) const {
  if (const std::string place = nearest_place(places, field_path); !place.empty()) return place;
  const std::string file = shown_path(path);
  return is_text || field_path.empty() ? file : fmt::format("{}: {}", file, display_path(model, field_path));
}

Result<LoadedModel> parse_model_text(std::string_view text, const std::string& path) {
  LoadedModel loaded{.model = {}, .path = path, .is_text = true, .places = {}};
  MINNOW_TRY(parse_text(text, shown_path(path), &loaded.model, &loaded.places));
  return loaded;
}

Result<LoadedModel> load_model(const std::string& path) {
  if (is_ir_file(path)) return model_of_program(path);
  if (is_onnx_file(path)) return model_of_onnx(path);
  MINNOW_ASSIGN(const std::string bytes, read_bytes(path, "model"));
  return looks_like_text(path, bytes) ? parse_model_text(bytes, path) : parse_binary(bytes, path);
}

std::string model_to_text(const Model& model) { return print_text(model, "frontend/schema/model.proto"); }

Status check_has_loss(const LoadedModel& loaded) {
  if (loaded.has_loss()) return {};
  return fail_with_hint(loaded.path, "the model has no loss, so it cannot learn",
                        "a model file adds one: network { onnx: \"F.onnx\" } loss { softmax_cross_entropy {} }");
}

Status complete_model(LoadedModel& loaded) {
  if (!loaded.model.has_network()) MINNOW_TRY(expand_blocks(loaded));
  else MINNOW_TRY(loaded.model.network().has_onnx() ? read_onnx_network(loaded) : read_program(loaded));
  find_first_weights(loaded);
  fill_defaults(loaded);
  return validate_model(loaded);
}

Result<LoadedModel> read_experiment(const std::string& path, const std::vector<std::string>& assignments) {
  MINNOW_ASSIGN(LoadedModel loaded, load_model(path));
  for (const std::string& assignment : assignments) MINNOW_TRY(set_field(loaded, assignment));
  MINNOW_TRY(complete_model(loaded));
  return loaded;
}

}  // namespace minnow
