#include "runtime/data/dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "runtime/data/batch.h"
#include "runtime/data/shuffle.h"

namespace minnow {
namespace {

// "row 3, column 1" of element i, counted from 0; what lies deeper is told by its index in the example, "row 3 at
// [0,5,1]".
std::string place_in_array(const Shape& shape, int64_t i) {
  Shape index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; i /= shape[dim]) index[dim] = i % shape[dim];
  if (index.empty()) return "its value";
  if (index.size() == 1) return fmt::format("row {}", index[0]);
  if (index.size() == 2) return fmt::format("row {}, column {}", index[0], index[1]);
  return fmt::format("row {} at [{}]", index[0], fmt::join(index.begin() + 1, index.end(), ","));
}

int64_t examples_in_order(const Dataset& dataset) { return dataset.windows ? dataset.windows->count : dataset.size(); }

// "example 3", or with what lies deeper "example 3 at [5]", of element i.
std::string example_at(const TensorType& type, int64_t i) {
  Shape index(type.shape.size());
  for (size_t dim = index.size(); dim-- > 0; i /= type.shape[dim]) index[dim] = i % type.shape[dim];
  if (index.size() < 2) return fmt::format("example {}", index.empty() ? 0 : index[0]);
  return fmt::format("example {} at [{}]", index[0], fmt::join(index.begin() + 1, index.end(), ","));
}

// Windows `first` to `first + count` in a row, one further of the tokens for targets.
Tensor window_rows(const TokenWindows& windows, int64_t first, int64_t count, int64_t shift) {
  Tensor rows = Tensor::uninitialized({DType::kI32, {count, windows.length}});
  std::span<int32_t> to = rows.as<int32_t>();
  const auto length = static_cast<size_t>(windows.length);
  for (int64_t i = first; i < first + count; ++i, to = to.subspan(length))
    windows.tokens->copy(windows.first + i * windows.stride + shift, to.first(length));
  return rows;
}

// A dataset without windows, of what `pick` makes of its tensors.
template <typename Pick>
Dataset picked(const Dataset& dataset, const Pick& pick) {
  Dataset some{
      dataset.name,        pick(dataset.examples), dataset.has_labels() ? pick(dataset.labels) : dataset.labels.clone(),
      dataset.class_names, dataset.feature_names,  dataset.read_as,
      dataset.notes};
  some.byte_scale = dataset.byte_scale;
  some.files = dataset.files;
  for (const auto& [name, values] : dataset.others) some.others.emplace(name, pick(values));
  return some;
}

// Examples in this order, as a dataset of their own.
Dataset pick_rows(const Dataset& dataset, std::span<const int32_t> rows) {
  return picked(dataset, [rows](const Tensor& all) {
    TensorType type = all.type();
    type.shape[0] = std::ssize(rows);
    Tensor some = Tensor::uninitialized(std::move(type));
    gather_rows(all, rows, some);
    return some;
  });
}

// Bytes as the numbers that a network is fed.
void widen(Tensor& tensor, float scale) {
  if (tensor.type().dtype != DType::kU8) return;
  tensor = tensor.converted_to(DType::kF32);
  for (float& value : tensor.as<float>()) value *= scale;
}

}  // namespace

void TokenSequence::copy(int64_t begin, std::span<int32_t> to) const {
  MINNOW_CHECK(begin >= 0 && begin + std::ssize(to) <= size(), "{} tokens at {} of {}", to.size(), begin, size());
  const auto first = static_cast<size_t>(begin);
  if (numbers.empty()) {
    std::ranges::copy(values.as<int32_t>().subspan(first, to.size()), to.begin());
  } else {
    std::ranges::transform(values.as<uint8_t>().subspan(first, to.size()), to.begin(),
                           [&](uint8_t byte) { return numbers[byte]; });
  }
}

Status check_unchanged(const Dataset& dataset) {
  for (const auto& file : dataset.files) MINNOW_TRY(file->check());
  return {};
}

void scale_bytes(Dataset& dataset) {
  if (dataset.byte_scale == 1) return;
  widen(dataset.examples, dataset.byte_scale);
  widen(dataset.labels, dataset.byte_scale);
  for (auto& [name, tensor] : dataset.others) widen(tensor, dataset.byte_scale);
  dataset.byte_scale = 1;
}

Status check_finite(const Tensor& tensor, const std::string& file) {
  const auto check = [&](auto values) -> Status {
    const auto bad = std::ranges::find_if(values, [](auto value) { return !std::isfinite(static_cast<float>(value)); });
    if (bad == values.end()) return {};
    const std::string where = place_in_array(tensor.type().shape, bad - values.begin());
    if (std::isfinite(*bad)) return fail(file, "{} (from 0) is {}, beyond what f32 holds", where, *bad);
    return fail(file, "{} (from 0) is {}, which is not a finite number", where, *bad);
  };
  if (tensor.type().dtype == DType::kF32) return check(tensor.as<float>());
  return tensor.type().dtype == DType::kF64 ? check(tensor.as<double>()) : Status();
}

Status check_probability(float target, const std::string& where, std::string_view which) {
  if (target >= 0 && target <= 1) return {};
  return fail_with_hint(
      where,
      fmt::format("target {}{} is not within 0 to 1, as binary_cross_entropy_with_logits needs it", target, which),
      "targets are 0 or 1, or a probability; softmax_cross_entropy takes more classes");
}

Status check_probabilities(const Tensor& targets, const std::string& file) {
  const auto values = targets.as<float>();
  const auto bad = std::ranges::find_if(values, [](float value) { return !(value >= 0 && value <= 1); });
  if (bad == values.end()) return {};
  const int64_t width = targets.type().elements() / targets.dim(0);
  return check_probability(*bad, file, fmt::format(" of example {}", (bad - values.begin()) / width));
}

Status check_labels(const Tensor& labels, int64_t classes, const std::string& file, std::optional<int32_t> ignored) {
  const auto values = labels.as<int32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    if ((values[i] >= 0 && values[i] < classes) || values[i] == ignored) continue;
    return fail(file, "label {} of {} is outside the {} classes (0 to {})", values[i],
                example_at(labels.type(), static_cast<int64_t>(i)), classes, classes - 1);
  }
  return {};
}

Status check_tokens(const Tensor& tokens, int64_t vocabulary, const std::string& file) {
  const auto values = tokens.as<int32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && values[i] < vocabulary) continue;
    return fail(file, "token {} of {} is outside the vocabulary of {} (0 to {})", values[i],
                example_at(tokens.type(), static_cast<int64_t>(i)), vocabulary, vocabulary - 1);
  }
  return {};
}

std::vector<std::string> numbered_classes(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

std::string class_name(const std::vector<std::string>& class_names, int32_t label) {
  const bool is_known = label >= 0 && label < std::ssize(class_names);
  return is_known ? class_names[static_cast<size_t>(label)] : std::to_string(label);
}

int64_t count_classes(const Tensor& labels) {
  const auto values = labels.as<int32_t>();
  return values.empty() ? 0 : int64_t{*std::max_element(values.begin(), values.end())} + 1;
}

Dataset slice_dataset(const Dataset& dataset, int64_t first, int64_t count) {
  MINNOW_CHECK(first >= 0 && count >= 0 && first + count <= examples_in_order(dataset), "rows {} to {} of {}", first,
               first + count, dataset.size());
  if (!dataset.windows) return picked(dataset, [&](const Tensor& all) { return all.rows(first, count); });
  return {dataset.name,
          window_rows(*dataset.windows, first, count, 0),
          window_rows(*dataset.windows, first, count, 1),
          dataset.class_names,
          dataset.feature_names,
          dataset.read_as,
          dataset.notes};
}

DataSplits split_dataset(const Dataset& dataset, int64_t validation_count) {
  MINNOW_CHECK(!dataset.windows && validation_count > 0 && validation_count < dataset.size(), "{} of {} examples",
               validation_count, dataset.size());
  std::vector<int32_t> rows = shuffled_order(dataset.size(), 0, 0);
  const auto middle = rows.begin() + validation_count;
  std::ranges::sort(rows.begin(), middle);
  std::ranges::sort(middle, rows.end());
  DataSplits splits{pick_rows(dataset, {middle, rows.end()}), pick_rows(dataset, {rows.begin(), middle})};
  const std::string told =
      fmt::format("{} of the {} examples, drawn at random, validate", validation_count, dataset.size());
  splits.train.read_as += (dataset.read_as.empty() ? "" : "; ") + told;
  splits.validation.read_as = splits.train.read_as;
  splits.validation.notes.clear();  // which are those of the others
  return splits;
}

}  // namespace minnow
