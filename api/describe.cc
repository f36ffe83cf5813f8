// What a model is: its inputs, targets, layers and weights.
#include <algorithm>

#include "api/arrays.h"
#include "api/border.h"

namespace minnow::api {
namespace {

const LoweredModel& network_of(const minnow_model* model) { return model->session->lowered(); }

// The type of a batch to the caller.
minnow_array describe_batch(const minnow_model* model, const char* name, const TensorType& type) {
  minnow_array array = describe(name, type, nullptr);
  if (!network_of(model).has_fixed_batch) array.shape[0] = MINNOW_ANY_SIZE;
  return array;
}

template <typename List>
Status check_index(const List& list, size_t index) {
  if (index < list.size()) return {};
  return misuse("index", fmt::format("is {}, but there are {}", index, list.size()));
}

// An input or target.
template <typename Info>
Status describe_one(const minnow_model* model, const std::vector<Info>& list, size_t index, minnow_array* out) {
  MINNOW_TRY(check_given(out, "out"));
  MINNOW_TRY(check_index(list, index));
  *out = describe_batch(model, list[index].name.c_str(), list[index].type);
  return {};
}

Result<const WeightEntry*> find_weight(const minnow_model* model, std::string_view name) {
  const auto found = std::ranges::find(model->weights, name, &WeightEntry::name);
  if (found != model->weights.end()) return &*found;
  std::vector<std::string> names;
  for (const WeightEntry& entry : model->weights) names.push_back(entry.name);
  const std::string nearest = nearest_name(name, names);
  return misuse(std::string(name), "there is no such weight",
                nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
}

minnow_array describe_weight(const WeightEntry& entry) {
  return describe(entry.name.c_str(), entry.tensor->type(), entry.tensor->data());
}

Status set_weight(minnow_model* model, const minnow_array& array) {
  MINNOW_TRY(check_given(array.name, "weight.name"));
  MINNOW_ASSIGN(const WeightEntry* entry, find_weight(model, array.name));
  if (!is_of_type(array, entry->tensor->type()))
    return fail_with_hint(array.name, "has another type or shape",
                          fmt::format("it is {}", entry->tensor->type().to_string()));
  if (array.data == nullptr) return misuse(array.name, "has no data");
  std::copy_n(static_cast<const std::byte*>(array.data), entry->tensor->type().bytes(), entry->tensor->data());
  model->session->weights_changed();
  return {};
}

// Of one split, the tensor for a slot.
Result<Tensor*> tensor_of(const LoweredModel& network, Dataset& data, size_t index) {
  const std::vector<Slot> slots = input_and_target_slots(network);
  MINNOW_TRY(check_index(slots, index));
  if (data.windows) return fail(data.name, "is a text, whose windows are gathered as they are needed");
  if (index == 0) return &data.examples;
  if (index == network.inputs.size()) return &data.labels;
  return &data.others.at(slots[index].name);
}

Status describe_data(minnow_model* model, const char* data_dir, minnow_split split, size_t index, minnow_array* array) {
  if (split != MINNOW_TRAIN && split != MINNOW_VALIDATION)
    return misuse("split", fmt::format("there is no split {}", static_cast<int>(split)));
  MINNOW_ASSIGN(DataSplits * data, own_data(model, data_dir));
  Dataset& part = split == MINNOW_TRAIN ? data->train : data->validation;
  scale_bytes(part);
  MINNOW_ASSIGN(Tensor * tensor, tensor_of(network_of(model), part, index));
  const LoweredModel& network = network_of(model);
  const std::string& name =
      index < network.inputs.size() ? network.inputs[index].name : network.targets[index - network.inputs.size()].name;
  *array = describe(name.c_str(), tensor->type(), tensor->data());
  return {};
}

// The name is kept where the model has none of its own.
Status class_name_of(const minnow_model* model, size_t index, const char** name) {
  const auto classes = static_cast<size_t>(network_of(model).classes);
  if (index >= classes) return misuse("index", fmt::format("is {}, but there are {} classes", index, classes));
  static thread_local std::string number;
  number = std::to_string(index);
  *name = index < model->class_names.size() ? model->class_names[index].c_str() : number.c_str();
  return {};
}

}  // namespace
}  // namespace minnow::api

using namespace minnow;       // NOLINT
using namespace minnow::api;  // NOLINT

extern "C" {

size_t minnow_input_count(const minnow_model* model) { return model == nullptr ? 0 : network_of(model).inputs.size(); }
size_t minnow_target_count(const minnow_model* model) {
  return model == nullptr ? 0 : network_of(model).targets.size();
}
size_t minnow_layer_count(const minnow_model* model) { return model == nullptr ? 0 : network_of(model).layers.size(); }
size_t minnow_weight_count(const minnow_model* model) { return model == nullptr ? 0 : model->weights.size(); }
int64_t minnow_class_count(const minnow_model* model) { return model == nullptr ? 0 : network_of(model).classes; }
int64_t minnow_batch_size(const minnow_model* model) {
  return model == nullptr ? 0 : model->session->model().model.training().batch_size();
}

minnow_status minnow_input(const minnow_model* model, size_t index, minnow_array* input) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    return describe_one(model, network_of(model).inputs, index, input);
  });
}

minnow_status minnow_target(const minnow_model* model, size_t index, minnow_array* target) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    return describe_one(model, network_of(model).targets, index, target);
  });
}

minnow_status minnow_output(const minnow_model* model, minnow_array* output) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(output, "output"));
    MINNOW_ASSIGN(const TensorType type, prediction_type(*model->session));
    *output = describe_batch(model, "prediction", type);
    return {};
  });
}

minnow_status minnow_data(minnow_model* model, const char* data_dir, minnow_split split, size_t index,
                          minnow_array* array) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(array, "array"));
    return describe_data(model, data_dir, split, index, array);
  });
}

minnow_status minnow_class_name(const minnow_model* model, size_t index, const char** name) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(name, "name"));
    return class_name_of(model, index, name);
  });
}

minnow_status minnow_layer(const minnow_model* model, size_t index, minnow_layer_info* layer) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(layer, "layer"));
    MINNOW_TRY(check_index(network_of(model).layers, index));
    const LayerRow& row = network_of(model).layers[index];
    const minnow_array shape = describe("", {DType::kF32, row.output}, nullptr);
    *layer = {row.name.c_str(), row.kind.c_str(), shape.rank, {}, row.weights, row.flops};
    std::ranges::copy(shape.shape, layer->shape);
    return {};
  });
}

minnow_status minnow_weight(minnow_model* model, size_t index, minnow_array* weight, minnow_weight_kind* kind) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(weight, "weight"));
    MINNOW_TRY(check_index(model->weights, index));
    model->session->lend_weights();
    *weight = describe_weight(model->weights[index]);
    if (kind != nullptr) *kind = model->weights[index].kind;
    return {};
  });
}

minnow_status minnow_find_weight(minnow_model* model, const char* name, minnow_array* weight) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(name, "name"));
    MINNOW_TRY(check_given(weight, "weight"));
    MINNOW_ASSIGN(const WeightEntry* entry, find_weight(model, name));
    model->session->lend_weights();
    *weight = describe_weight(*entry);
    return {};
  });
}

minnow_status minnow_set_weight(minnow_model* model, const minnow_array* weight) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(weight, "weight"));
    return set_weight(model, *weight);
  });
}

}  // extern "C"
