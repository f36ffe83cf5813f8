// Gathers the examples of a batch into contiguous tensors.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

// Row rows[i] of `source` [N,...] becomes row i of `batch` [B,...], B = rows.size(), the rest of the shape of
// equal size. The element types are equal, or bytes become numbers in f32, times `byte_scale`. Nothing is allocated.
void gather_rows(const Tensor& source, std::span<const int32_t> rows, Tensor& batch, float byte_scale = 1);

// The rows of all examples in the order of the file.
std::vector<int32_t> rows_in_order(const Dataset& data);
// The rows that an epoch visits: all, shuffled or not, or of random windows as many as it draws.
std::vector<int32_t> rows_of_epoch(const Dataset& data, bool shuffles, uint32_t seed, uint32_t epoch);

// Which parameters to fill: the inputs, or the targets as well.
enum class BatchParts { kInputs, kAll };
// These rows as a batch for a network that the data fit. Tensors of the right type are used again. Of a tensor that
// `reads` names only the rows there are filled. An error names a file that has changed.
Status fill_batch(const LoweredModel& network, const Dataset& data, std::span<const int32_t> rows, BatchParts parts,
                  Batch& batch, const RowsRead& reads = {});

}  // namespace minnow
