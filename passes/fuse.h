// Gathers ops into kernels: `fused` ops with a body, each run as one loop nest, so that what passes between
// its ops stays in registers instead of memory.
//
//   kind          the body holds                                            its results
//   row           reductions over the trailing dimensions, with the         full or per row
//                 elementwise ops and broadcasts around them
//   contraction   one dot, convolution or gradient of a pooling, and the    of the contraction's shape
//                 elementwise epilogue
//   loop          elementwise ops, broadcasts, iota, random, transpose,     of one shape
//                 slice and pad
//
// Splat constants and broadcasts are copied into every body that reads them. Work is never done twice: exp,
// pow, random and their like enter a body only where it reads them once per element.
#pragma once

#include <optional>

#include "ir/function.h"
#include "passes/fusion_log.h"

namespace minnow {

// Rows, then contractions, then loops; then moves in-place updates behind the last reader of the old weight,
// so that plan_memory need not copy, and removes the constants and broadcasts that no op reads any more.
// The bodies of maps are fused each for itself.
bool fuse(Function& function, Remarks* remarks = nullptr);

// A function seen as rows: values are full (the shape of the reductions' operands, R then C), per row (R),
// per column (C) or scalar. Sums over all elements of an elementwise result are split into a sum per row and
// a sum of rows.
bool fuse_rows(Function& function, FusionLog* log = nullptr);
bool fuse_contractions(Function& function, FusionLog* log = nullptr);
bool fuse_loops(Function& function, FusionLog* log = nullptr);

// The widest row, in elements, that a row kernel takes: what it keeps of a row should stay in the first-level
// cache.
inline constexpr int64_t kMaxRowElements = 4096;

// How a row kernel's body is to be read. In a valid body every reduction has the same split.
struct RowShape {
  Shape rows, columns;
  int64_t row_count() const { return element_count(rows); }
  int64_t column_count() const { return element_count(columns); }
  Shape full() const;
  bool operator==(const RowShape&) const = default;
};
// The split that a reduction over its operand's trailing dimensions makes; nullopt if it reduces any others,
// or all.
std::optional<RowShape> row_shape_of_reduction(const Op& op);
// Of a fused op of kind kRow.
RowShape row_shape(const Op& fused);

}  // namespace minnow
