#include "api/arrays.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "api/border.h"

namespace minnow::api {
namespace {

std::optional<DType> dtype_of(minnow_dtype dtype) {
  switch (dtype) {
    case MINNOW_F32: return DType::kF32;
    case MINNOW_I32: return DType::kI32;
    case MINNOW_U8: return DType::kU8;
  }
  return std::nullopt;
}

Result<TensorType> type_of(const minnow_array& array, const std::string& name) {
  const auto dtype = dtype_of(array.dtype);
  if (!dtype) return misuse(name, fmt::format("has the unknown dtype {}", static_cast<int>(array.dtype)));
  if (array.rank < 0 || array.rank > MINNOW_MAX_RANK)
    return misuse(name, fmt::format("has rank {}, but may have up to {}", array.rank, MINNOW_MAX_RANK));
  TensorType type{*dtype, Shape(array.shape, array.shape + array.rank)};
  if (!checked_element_count(type.shape))
    return misuse(name, fmt::format("has the shape {}: negative, or more than {} elements", shape_to_string(type.shape),
                                    kMaxElements));
  return type;
}

// The names that arrays may have, as a hint.
std::string known_names(std::span<const Slot> slots) {
  std::vector<std::string> names;
  for (const Slot& slot : slots) names.push_back(fmt::format("\"{}\"", slot.name));
  return fmt::format("the model has {}", fmt::join(names, ", "));
}

// Of each slot its array; without names, arrays come in the order of the slots.
Result<std::vector<const minnow_array*>> match(std::span<const Slot> slots, std::span<const minnow_array> arrays) {
  if (arrays.size() != slots.size())
    return misuse("arrays", fmt::format("are {}, but {} are needed", arrays.size(), slots.size()), known_names(slots));
  std::vector<const minnow_array*> matched(slots.size());
  const bool has_names = std::ranges::any_of(arrays, [](const auto& array) { return array.name != nullptr; });
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (!has_names) {
      matched[i] = &arrays[i];
      continue;
    }
    if (arrays[i].name == nullptr) return misuse("arrays", "only some have names", known_names(slots));
    const auto slot = std::ranges::find(slots, arrays[i].name, &Slot::name);
    if (slot == slots.end()) return misuse(arrays[i].name, "there is no such input or target", known_names(slots));
    const minnow_array*& place = matched[static_cast<size_t>(slot - slots.begin())];
    if (place != nullptr) return misuse(arrays[i].name, "comes twice");
    place = &arrays[i];
  }
  return matched;
}

// "[*,1,28,28]"
std::string examples_shape(const Shape& shape) {
  std::string text = "[*";
  for (size_t i = 1; i < shape.size(); ++i) text += fmt::format(",{}", shape[i]);
  return text + "]";
}

std::string hint_for(const TensorType& found, const TensorType& wanted) {
  if (found.dtype == DType::kF32 && wanted.dtype == DType::kU8)
    return "the model's data are pictures of bytes, 0 to 255, which it divides itself";
  if (found.dtype == wanted.dtype && found.rank() + 1 == wanted.rank())
    return "dimension 0 is the batch, also of a single example";
  return {};
}

Status check_fits(const Slot& slot, const TensorType& found) {
  const TensorType& wanted = slot.type;
  const bool is_type = found.dtype == wanted.dtype || (found.dtype == DType::kU8 && wanted.dtype == DType::kF32);
  const bool is_shape =
      found.rank() == wanted.rank() && std::equal(found.shape.begin() + 1, found.shape.end(), wanted.shape.begin() + 1);
  if (is_type && is_shape) return {};
  return fail_with_hint(slot.name,
                        fmt::format("is {}, but the model takes {}{}", found.to_string(), dtype_name(wanted.dtype),
                                    examples_shape(wanted.shape)),
                        hint_for(found, wanted));
}

// Kernels want elements aligned to their size.
bool is_aligned(const void* data, DType dtype) {
  return std::bit_cast<uintptr_t>(data) % static_cast<uintptr_t>(dtype_bytes(dtype)) == 0;
}

Result<Tensor> tensor_for(const Slot& slot, const minnow_array& array) {
  MINNOW_ASSIGN(TensorType type, type_of(array, slot.name));
  MINNOW_TRY(check_fits(slot, type));
  if (type.elements() > 0 && array.data == nullptr) return misuse(slot.name, "has no data");
  const DType dtype = type.dtype;
  Tensor tensor = Tensor::borrowed(std::move(type), static_cast<std::byte*>(array.data));
  return is_aligned(array.data, dtype) ? std::move(tensor) : tensor.clone();
}

}  // namespace

std::vector<Slot> input_slots(const LoweredModel& network) {
  std::vector<Slot> slots;
  for (const InputInfo& input : network.inputs) slots.push_back({input.name, input.type});
  return slots;
}

std::vector<Slot> input_and_target_slots(const LoweredModel& network) {
  std::vector<Slot> slots = input_slots(network);
  for (const TargetInfo& target : network.targets) slots.push_back({target.name, target.type});
  return slots;
}

Result<NamedTensors> tensors_for(std::span<const Slot> slots, std::span<const minnow_array> arrays) {
  MINNOW_ASSIGN(const auto matched, match(slots, arrays));
  NamedTensors tensors;
  for (size_t i = 0; i < slots.size(); ++i) {
    MINNOW_ASSIGN(Tensor tensor, tensor_for(slots[i], *matched[i]));
    const int64_t examples = tensor.dim(0);
    if (examples == 0) return fail(slots[i].name, "has no examples");
    if (const int64_t first = i == 0 ? examples : tensors.at(slots[0].name).dim(0); examples != first)
      return fail(slots[i].name, "has {} examples, but \"{}\" has {}", examples, slots[0].name, first);
    tensors.emplace(slots[i].name, std::move(tensor));
  }
  return tensors;
}

Status check_values(const LoweredModel& network, const NamedTensors& tensors) {
  for (const InputInfo& input : network.inputs)
    if (input.vocabulary > 0) MINNOW_TRY(check_tokens(tensors.at(input.name), input.vocabulary, input.name));
  for (const TargetInfo& target : network.targets) {
    const auto found = tensors.find(target.name);
    if (found == tensors.end()) continue;
    if (target.classes > 0) MINNOW_TRY(check_labels(found->second, target.classes, target.name, target.ignored));
    if (target.is_probability && found->second.type().dtype == DType::kF32)
      MINNOW_TRY(check_probabilities(found->second, target.name));
  }
  return {};
}

Result<Dataset> dataset_of(const LoweredModel& network, std::span<const minnow_array> arrays, const std::string& name) {
  MINNOW_ASSIGN(NamedTensors tensors, tensors_for(input_and_target_slots(network), arrays));
  MINNOW_TRY(check_values(network, tensors));
  for (const auto& [of, tensor] : tensors) MINNOW_TRY(check_finite(tensor, of));
  Dataset data;
  data.name = name;
  const auto take = [&](const std::string& from, bool is_first, Tensor& first) {
    Tensor& to = is_first ? first : data.others[from];
    to = std::move(tensors.at(from));
  };
  for (const InputInfo& input : network.inputs) take(input.name, &input == network.inputs.data(), data.examples);
  for (const TargetInfo& target : network.targets) take(target.name, &target == network.targets.data(), data.labels);
  return data;
}

bool is_of_type(const minnow_array& array, const TensorType& type) {
  return dtype_of(array.dtype) == type.dtype && array.rank == type.rank() &&
         std::equal(type.shape.begin(), type.shape.end(), array.shape);
}

std::span<const minnow_array> span_of(const minnow_array* arrays, size_t count) {
  return arrays == nullptr ? std::span<const minnow_array>() : std::span(arrays, count);
}

minnow_array describe(const char* name, const TensorType& type, std::byte* data) {
  minnow_array array{};
  array.name = name;
  array.dtype = type.dtype == DType::kF32 ? MINNOW_F32 : type.dtype == DType::kI32 ? MINNOW_I32 : MINNOW_U8;
  MINNOW_CHECK(type.rank() <= MINNOW_MAX_RANK, "{}", type.to_string());
  array.rank = static_cast<int>(type.rank());
  std::ranges::copy(type.shape, array.shape);
  array.data = data;
  return array;
}

}  // namespace minnow::api
