#include "frontend/load/defaults.h"

#include <google/protobuf/text_format.h>

#include <filesystem>

namespace minnow {
namespace {

namespace pb = google::protobuf;

bool is_set(const pb::Message& message, const pb::FieldDescriptor* field) {
  return field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                              : message.GetReflection()->HasField(message, field);
}

void set_default(pb::Message* message, const pb::FieldDescriptor* field, const std::string& value) {
  const bool parsed = pb::TextFormat::MergeFromString(fmt::format("{}: {}", field->name(), value), message);
  MINNOW_CHECK(parsed, "bad default of {}", field->full_name());
}

// The defaults that the schema states, in this message and in all that are present inside.
void fill_stated_defaults(pb::Message* message) {
  const pb::Reflection* reflection = message->GetReflection();
  const pb::Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    const std::string& value = field->options().GetExtension(spec::default_value);
    if (!is_set(*message, field)) {
      if (!value.empty()) set_default(message, field, value);
    } else if (field->message_type() != nullptr && field->is_repeated()) {
      for (int j = 0; j < reflection->FieldSize(*message, field); ++j)
        fill_stated_defaults(reflection->MutableRepeatedMessage(message, field, j));
    } else if (field->message_type() != nullptr) {
      fill_stated_defaults(reflection->MutableMessage(message, field));
    }
  }
}

template <typename WeightedLayer>
void fill_initializers(WeightedLayer* layer) {
  if (layer->weight_init().kind_case() == spec::Initializer::KIND_NOT_SET)
    layer->mutable_weight_init()->mutable_xavier_uniform();
  if (layer->bias_init().kind_case() == spec::Initializer::KIND_NOT_SET) layer->mutable_bias_init()->mutable_constant();
}

void fill_pool(spec::Pool* pool) {
  if (pool->stride().empty()) *pool->mutable_stride() = pool->kernel();
}

void fill_slope(spec::Activation* activation) {
  if (activation->has_slope()) return;
  if (activation->function() == spec::Activation::LEAKY_RELU) activation->set_slope(0.01);
  if (activation->function() == spec::Activation::ELU) activation->set_slope(1);
}

void fill_layer(spec::Layer* layer) {
  switch (layer->kind_case()) {
    case spec::Layer::kDense: return fill_initializers(layer->mutable_dense());
    case spec::Layer::kConv2D: return fill_initializers(layer->mutable_conv2d());
    case spec::Layer::kMaxPool: return fill_pool(layer->mutable_max_pool());
    case spec::Layer::kAvgPool: return fill_pool(layer->mutable_avg_pool());
    case spec::Layer::kActivation: return fill_slope(layer->mutable_activation());
    default: return;
  }
}

void fill_graph(Model* model) {
  for (int i = 0; i < model->layers_size(); ++i) {
    spec::Layer* layer = model->mutable_layers(i);
    fill_layer(layer);
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
  const bool is_regression = data->source_case() == spec::Data::kLinearRegression;
  const bool is_drawn = is_regression || data->source_case() == spec::Data::kBuiltin;
  if (is_drawn && !data->has_train_examples()) data->set_train_examples(is_regression ? 1000 : 12000);
  if (is_drawn && !data->has_validation_examples()) data->set_validation_examples(is_regression ? 200 : 2000);
  if (!data->normalize().has_scale() && !data->has_npy())
    data->mutable_normalize()->set_scale(holds_pictures(*data) ? kByteScale : 1.0);
}

}  // namespace

bool holds_pictures(const spec::Data& data) { return holds_bytes(data) || data.has_png_folder(); }

bool holds_bytes(const spec::Data& data) {
  return data.source_case() == spec::Data::kBuiltin || data.source_case() == spec::Data::kNamed ||
         data.source_case() == spec::Data::kIdx;
}

void fill_defaults(LoadedModel& loaded) {
  Model& model = loaded.model;
  if (model.name().empty()) model.set_name(std::filesystem::path(loaded.path).stem().string());
  fill_graph(&model);
  fill_training(model.mutable_training());
  if (model.has_data()) fill_data(model.mutable_data());
  fill_stated_defaults(&model);
}

}  // namespace minnow
