#include "runtime/data/batch.h"

#include <algorithm>
#include <cstring>

#include "ir/random.h"
#include "runtime/data/shuffle.h"
#include "runtime/random_streams.h"

namespace minnow {

void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch) {
  const TensorType& from = source.type();
  const TensorType& to = batch.type();
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t row = from.dim(0) == 0 ? 0 : from.elements() / from.dim(0);
  MINNOW_CHECK(to.dim(0) == count && to.elements() == count * row, "{} rows of {} do not fill {}", count,
               from.to_string(), to.to_string());
  const bool widens = from.dtype == DType::kU8 && to.dtype == DType::kF32;
  MINNOW_CHECK(widens || from.dtype == to.dtype, "rows of {} cannot fill {}", from.to_string(), to.to_string());
  const int64_t row_bytes = row * dtype_bytes(from.dtype);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = rows[static_cast<size_t>(i)];
    MINNOW_CHECK(index >= 0 && index < from.dim(0), "row {} of {}", index, from.to_string());
    if (widens) {
      std::copy_n(source.as<uint8_t>().begin() + index * row, row, batch.as<float>().begin() + i * row);
    } else {
      std::memcpy(batch.data() + i * row_bytes, source.data() + index * row_bytes, static_cast<size_t>(row_bytes));
    }
  }
}

namespace {

void gather_windows(const TokenWindows& windows, std::span<const int32_t> rows, int64_t shift, Tensor& batch) {
  const auto tokens = windows.tokens->as<int32_t>();
  MINNOW_CHECK(batch.type().elements() == std::ssize(rows) * windows.length, "{} windows of {} do not fill {}",
               rows.size(), windows.length, batch.type().to_string());
  auto to = batch.as<int32_t>().begin();
  for (const int32_t row : rows) {
    const int64_t begin = windows.first + row + shift;
    MINNOW_CHECK(row >= 0 && begin + windows.length <= std::ssize(tokens), "a window at {}", row);
    to = std::copy_n(tokens.begin() + begin, windows.length, to);
  }
}

// The batch's tensor of this name, for so many rows.
Tensor& tensor_for(Batch& batch, const std::string& name, TensorType type, size_t rows) {
  type.shape[0] = static_cast<int64_t>(rows);
  Tensor& tensor = batch.tensors[name];
  if (tensor.type() != type) tensor = Tensor::uninitialized(type);
  return tensor;
}

}  // namespace

std::vector<int32_t> rows_in_order(const Dataset& data) {
  std::vector<int32_t> rows = file_order(data.windows ? data.windows->count : data.size());
  if (data.windows)
    for (int32_t& row : rows) row *= static_cast<int32_t>(data.windows->stride);
  return rows;
}

std::vector<int32_t> rows_of_epoch(const Dataset& data, bool shuffles, uint32_t seed, uint32_t epoch) {
  if (data.windows && data.windows->draws > 0) {
    const RandomSequence random{seed, kWindowStream, epoch};
    std::vector<int32_t> rows(static_cast<size_t>(data.windows->draws));
    for (size_t i = 0; i < rows.size(); ++i)
      rows[i] = static_cast<int32_t>((uint64_t{random.bits(i)} * static_cast<uint64_t>(data.windows->places)) >> 32);
    return rows;
  }
  std::vector<int32_t> rows = rows_in_order(data);
  if (!shuffles) return rows;
  std::vector<int32_t> order = shuffled_order(std::ssize(rows), seed, epoch);
  for (int32_t& at : order) at = rows[static_cast<size_t>(at)];
  return order;
}

void fill_batch(const LoweredModel& network, const Dataset& data, std::span<const int32_t> rows, BatchParts parts,
                Batch& batch) {
  const auto fill = [&](const std::string& name, const TensorType& type, bool is_first, const Tensor& first,
                        int64_t shift) {
    Tensor& to = tensor_for(batch, name, type, rows.size());
    if (is_first && data.windows) return gather_windows(*data.windows, rows, shift, to);
    const auto other = data.others.find(name);
    MINNOW_CHECK(is_first || other != data.others.end(), "{} has no \"{}\"", data.name, name);
    gather_rows(is_first ? first : other->second, rows, to);
  };
  for (const InputInfo& input : network.inputs)
    fill(input.name, input.type, &input == network.inputs.data(), data.examples, 0);
  if (parts == BatchParts::kInputs) return;
  for (const TargetInfo& target : network.targets)
    fill(target.name, target.type, &target == network.targets.data(), data.labels, 1);
}

}  // namespace minnow
