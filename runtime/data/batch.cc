#include "runtime/data/batch.h"

#include <algorithm>
#include <cstring>

#include "ir/random.h"
#include "runtime/data/shuffle.h"
#include "runtime/random_streams.h"

namespace minnow {

namespace {

// Rows [first, last) of the batch.
struct RowRange {
  int64_t first, last;
};

// Calls fill(rows) with what is read of `count` rows.
template <typename Fill>
void for_rows_read(const RowsRead& reads, const std::string& name, int64_t count, const Fill& fill) {
  const auto found = reads.find(name);
  if (found == reads.end()) return fill(RowRange{0, count});
  for (const ByteRange& rows : found->second) fill(RowRange{rows.begin, rows.end});
}

void gather(const Tensor& source, std::span<const int32_t> rows, RowRange range, float byte_scale, Tensor& batch) {
  const TensorType& from = source.type();
  const TensorType& to = batch.type();
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t row = from.dim(0) == 0 ? 0 : from.elements() / from.dim(0);
  MINNOW_CHECK(to.dim(0) == count && to.elements() == count * row, "{} rows of {} do not fill {}", count,
               from.to_string(), to.to_string());
  const bool widens = from.dtype == DType::kU8 && to.dtype == DType::kF32;
  MINNOW_CHECK(widens || from.dtype == to.dtype, "rows of {} cannot fill {}", from.to_string(), to.to_string());
  const int64_t row_bytes = row * dtype_bytes(from.dtype);
  for (int64_t i = range.first; i < range.last; ++i) {
    const int64_t index = rows[static_cast<size_t>(i)];
    MINNOW_CHECK(index >= 0 && index < from.dim(0), "row {} of {}", index, from.to_string());
    if (widens) {
      std::transform(source.as<uint8_t>().begin() + index * row, source.as<uint8_t>().begin() + (index + 1) * row,
                     batch.as<float>().begin() + i * row, [&](uint8_t byte) { return float(byte) * byte_scale; });
    } else {
      std::memcpy(batch.data() + i * row_bytes, source.data() + index * row_bytes, static_cast<size_t>(row_bytes));
    }
  }
}

void gather_windows(const TokenWindows& windows, std::span<const int32_t> rows, RowRange range, int64_t shift,
                    Tensor& batch) {
  MINNOW_CHECK(batch.type().elements() == std::ssize(rows) * windows.length, "{} windows of {} do not fill {}",
               rows.size(), windows.length, batch.type().to_string());
  const auto length = static_cast<size_t>(windows.length);
  for (auto i = static_cast<size_t>(range.first); i < static_cast<size_t>(range.last); ++i) {
    MINNOW_CHECK(rows[i] >= 0, "a window at {}", rows[i]);
    windows.tokens->copy(windows.first + rows[i] + shift, batch.as<int32_t>().subspan(i * length, length));
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

void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch, float byte_scale) {
  gather(source, rows, {0, std::ssize(rows)}, byte_scale, batch);
}

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

Status fill_batch(const LoweredModel& network, const Dataset& data, std::span<const int32_t> rows, BatchParts parts,
                  Batch& batch, const RowsRead& reads) {
  const auto fill = [&](const std::string& name, const TensorType& type, bool is_first, const Tensor& first,
                        int64_t shift) {
    Tensor& to = tensor_for(batch, name, type, rows.size());
    const auto other = data.others.find(name);
    MINNOW_CHECK(is_first || other != data.others.end(), "{} has no \"{}\"", data.name, name);
    for_rows_read(reads, name, std::ssize(rows), [&](RowRange range) {
      if (is_first && data.windows) gather_windows(*data.windows, rows, range, shift, to);
      else gather(is_first ? first : other->second, rows, range, data.byte_scale, to);
    });
  };
  for (const InputInfo& input : network.inputs)
    fill(input.name, input.type, &input == network.inputs.data(), data.examples, 0);
  if (parts == BatchParts::kAll)
    for (const TargetInfo& target : network.targets)
      fill(target.name, target.type, &target == network.targets.data(), data.labels, 1);
  return check_unchanged(data);
}

}  // namespace minnow
