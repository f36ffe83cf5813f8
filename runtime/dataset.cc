#include "runtime/dataset.h"

#include <algorithm>
#include <cstring>

namespace minnow {
namespace {

Tensor slice_rows(const Tensor& tensor, int64_t first, int64_t count) {
  TensorType type = tensor.type();
  const int64_t row_bytes = type.dim(0) == 0 ? 0 : type.bytes() / type.dim(0);
  type.shape[0] = count;
  Tensor rows = Tensor::uninitialized(std::move(type));
  std::memcpy(rows.data(), tensor.data() + first * row_bytes, static_cast<size_t>(count * row_bytes));
  return rows;
}

}  // namespace

Status check_labels(const Tensor& labels, int64_t classes, const std::string& file) {
  const auto values = labels.as<int32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] >= classes) {
      return fail(file, "label {} of example {} is outside the {} classes (0 to {})", values[i], i, classes,
                  classes - 1);
    }
  }
  return {};
}

std::vector<std::string> numbered_classes(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

int64_t count_classes(const Tensor& labels) {
  const auto values = labels.as<int32_t>();
  return values.empty() ? 0 : int64_t{*std::max_element(values.begin(), values.end())} + 1;
}

Dataset slice_dataset(const Dataset& dataset, int64_t first, int64_t count) {
  MINNOW_CHECK(first >= 0 && count >= 0 && first + count <= dataset.size(), "rows {} to {} of {}", first, first + count,
               dataset.size());
  return {dataset.name, slice_rows(dataset.examples, first, count), slice_rows(dataset.labels, first, count),
          dataset.class_names};
}

DataSplits split_dataset(Dataset dataset, int64_t validation_count) {
  const int64_t train_count = dataset.size() - validation_count;
  return {slice_dataset(dataset, 0, train_count), slice_dataset(dataset, train_count, validation_count)};
}

}  // namespace minnow
