// Arrays of the caller's as tensors, held against what a model is fed and compared with.
#pragma once

#include <map>
#include <span>
#include <string>

#include "api/model.h"

namespace minnow::api {

// A parameter that an array is for.
struct Slot {
  std::string name;
  TensorType type;  // [N,...]
};
std::vector<Slot> input_slots(const LoweredModel& network);
std::vector<Slot> input_and_target_slots(const LoweredModel& network);

using NamedTensors = std::map<std::string, Tensor, std::less<>>;

// A tensor for each slot: borrowed, where the caller has it in the form that a kernel reads. Bytes may stand for f32.
// All have the same number of examples, at least one.
//
// Errors: an array too many or too few, an unknown name, another type or shape, with the array's name as place.
Result<NamedTensors> tensors_for(std::span<const Slot> slots, std::span<const minnow_array> arrays);

// Labels lie within the classes, tokens within the vocabulary, targets that are probabilities within 0 to 1.
Status check_values(const LoweredModel& network, const NamedTensors& tensors);

// Arrays for all inputs and targets as examples to train or evaluate on.
Result<Dataset> dataset_of(const LoweredModel& network, std::span<const minnow_array> arrays, const std::string& name);

// Whether the array is of exactly this type.
bool is_of_type(const minnow_array& array, const TensorType& type);
std::span<const minnow_array> span_of(const minnow_array* arrays, size_t count);
// What `type` and `data` are to the caller. Of another element type, or of too many dimensions, our own mistake.
minnow_array describe(const char* name, const TensorType& type, std::byte* data);

}  // namespace minnow::api
