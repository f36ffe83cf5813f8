#include "frontend/load/defaults.h"

#include <google/protobuf/reflection.h>
#include <google/protobuf/text_format.h>

#include <filesystem>

#include "frontend/load/data_files.h"
#include "frontend/load/field_options.h"
#include "frontend/load/text_data.h"

namespace minnow {
namespace {

namespace pb = google::protobuf;

using Field = pb::FieldDescriptor;

void set_from_text(pb::Message* message, const Field* field, const std::string& value) {
  const std::string text = field->message_type() != nullptr ? fmt::format("{} {{ {} }}", field->name(), value)
                                                            : fmt::format("{}: {}", field->name(), value);
  const bool parsed = pb::TextFormat::MergeFromString(text, message);
  MINNOW_CHECK(parsed, "bad default of {}", field->full_name());
}

// The field beside `field` that one of its options names.
const Field* neighbour(const Field* field, const std::string& name) {
  const Field* found = field->containing_type()->FindFieldByName(name);
  MINNOW_CHECK(found != nullptr, "{} names a field \"{}\" that is not there", field->full_name(), name);
  return found;
}

void copy_numbers(pb::Message* message, const Field* from, const Field* to) {
  const pb::Reflection* reflection = message->GetReflection();
  reflection->GetMutableRepeatedFieldRef<int64_t>(message, to)
      .CopyFrom(reflection->GetRepeatedFieldRef<int64_t>(*message, from));
}

// An unset field with an option for that.
void set_default(pb::Message* message, const Field* field) {
  const pb::FieldOptions& options = field->options();
  std::string value = options.GetExtension(spec::default_value);
  if (const std::string& name = options.GetExtension(spec::default_by); !name.empty())
    value = message->GetReflection()
                ->GetEnum(*message, neighbour(field, name))
                ->options()
                .GetExtension(spec::value_default);
  if (!value.empty()) set_from_text(message, field, value);
  if (const std::string& name = options.GetExtension(spec::default_field); !name.empty())
    copy_numbers(message, neighbour(field, name), field);
}

void fill_graph(Model* model) {
  for (int i = 0; i < model->layers_size(); ++i) {
    spec::Layer* layer = model->mutable_layers(i);
    if (!layer->inputs().empty()) continue;
    if (i > 0) layer->add_inputs(model->layers(i - 1).name());
    else if (model->inputs_size() > 0) layer->add_inputs(model->inputs(0).name());
  }
  if (model->output().empty() && model->layers_size() > 0)
    model->set_output(model->layers(model->layers_size() - 1).name());
}

void fill_training(spec::Training* training) {
  if (training->optimizer_case() == spec::Training::OPTIMIZER_NOT_SET) training->mutable_sgd();
  if (training->schedule().kind_case() == spec::Schedule::KIND_NOT_SET)
    training->mutable_schedule()->mutable_constant();
}

void fill_data(spec::Data* data) {
  constexpr double kValidationShare = 0.1;
  const bool is_regression = data->source_case() == spec::Data::kLinearRegression;
  const bool is_drawn = is_regression || data->source_case() == spec::Data::kBuiltin;
  if (is_drawn && !data->has_train_examples()) data->set_train_examples(is_regression ? 1000 : 12000);
  if (is_drawn && !data->has_validation_examples()) data->set_validation_examples(is_regression ? 200 : 2000);
  const bool says_how_many = data->has_validation_share() || data->has_validation_examples();
  if (sets_validation_apart(*data) && !says_how_many) data->set_validation_share(kValidationShare);
  if (!data->normalize().has_scale() && !data->has_npy())
    data->mutable_normalize()->set_scale(holds_pictures(*data) ? kByteScale : 1.0);
}

}  // namespace

void fill_stated_defaults(pb::Message* message) {
  const pb::Reflection* reflection = message->GetReflection();
  const pb::Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const Field* field = type->field(i);
    if (!is_set(*message, field)) set_default(message, field);
    if (field->message_type() == nullptr || !is_present(*message, field)) continue;
    if (!field->is_repeated()) fill_stated_defaults(reflection->MutableMessage(message, field));
    for (int j = 0; field->is_repeated() && j < reflection->FieldSize(*message, field); ++j)
      fill_stated_defaults(reflection->MutableRepeatedMessage(message, field, j));
  }
}

bool holds_pictures(const spec::Data& data) { return holds_bytes(data) || data.has_png_folder(); }

bool holds_bytes(const spec::Data& data) {
  if (is_tokens(data)) return false;
  return data.source_case() == spec::Data::kBuiltin || data.source_case() == spec::Data::kNamed ||
         data.source_case() == spec::Data::kIdx;
}

bool labels_whole_examples(const spec::Data& data) {
  const bool may_label_positions = data.has_npy() || is_tokens(data);
  return data.source_case() != spec::Data::SOURCE_NOT_SET && !may_label_positions;
}

void fill_defaults(LoadedModel& loaded) {
  Model& model = loaded.model;
  if (model.name().empty())
    model.set_name(is_stdin(loaded.path) ? "stdin" : std::filesystem::path(loaded.path).stem().string());
  fill_graph(&model);
  fill_training(model.mutable_training());
  if (model.has_data()) fill_data(model.mutable_data());
  fill_stated_defaults(&model);
}

}  // namespace minnow
