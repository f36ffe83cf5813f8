// What each kind of fused kernel can hold: the one set of rules by which fuse makes bodies, check_kernels takes or
// refuses those that a person wrote, and codegen chooses how to emit them.
//
//   kind          the body holds                                            its results
//   row           reductions over the trailing dimensions, with the         full or per row
//                 elementwise ops and broadcasts around them
//   contraction   one dot, convolution or gradient of a pooling, and the    of the contraction's shape
//                 epilogue, elementwise ops, broadcasts and iota; of a
//                 dot, transposes of its operands that keep rows whole,
//                 and slices that the epilogue reads
//   loop          elementwise ops, broadcasts, iota, random, transpose,     of one shape
//                 slice and pad
//
// Constants are in any of them.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "ir/threshold.h"
#include "passes/group/kernel_ops.h"

namespace minnow {

// A function seen as rows: values are full (the shape of the reductions' operands, R then C), per row (R), per column
// (C) or scalar. In a valid body every reduction has the same split.
struct RowShape {
  Shape rows, columns;
  int64_t row_count() const { return element_count(rows); }
  int64_t column_count() const { return element_count(columns); }
  Shape full() const;
  std::vector<int64_t> row_dims() const;     // of a full tensor
  std::vector<int64_t> column_dims() const;  // of a full tensor
  bool operator==(const RowShape&) const = default;
};
// The split that a reduction over its operand's trailing dimensions makes; nullopt if it reduces any others, or all.
std::optional<RowShape> row_shape_of_reduction(const Op& op);
// The dimensions of its operand that a reduction goes along, in order.
std::vector<int64_t> reduced_dims(const Op& op);

struct LoopForm {
  Shape shape;  // of the results
};
struct ContractionForm {
  const Op* main;  // the body's dot, convolution or gradient of a pooling
};
using KernelForm = std::variant<LoopForm, RowShape, ContractionForm>;

// Why there is no such kernel; all empty: there is one.
struct KernelFault {
  std::string_view why = {};
  const Op* op = nullptr;  // whose fault it is; nullptr: of all together
};

// How compiled code runs a fused op of this kind and with this body.
tl::expected<KernelForm, KernelFault> kernel_form(const Function& body, FusionKind kind);
tl::expected<KernelForm, KernelFault> kernel_form(const Op& fused);

// The most ops of a body, constants apart: emission goes as deep as the ops that lead to one another. fuse makes
// smaller ones.
inline const Threshold kMaxBodyOps{"ops of a body", 256};

// Whether a kernel may hold an op, whatever else is in it. Empty, or why not.
std::string_view why_not_in_loop(const Op& op);
std::string_view why_not_in_contraction(const Op& main, const Op& op);
std::string_view why_not_in_row(const RowShape& row, const Op& op);

// Whether ops that it may hold are a kernel together.
KernelFault why_no_loop(const KernelOps& kernel, const Shape& shape);
KernelFault why_no_contraction(const KernelOps& kernel, const Op& main);
KernelFault why_no_row(const KernelOps& kernel, const RowShape& row);

// Whether a contraction with these ops is one that code can be made for as it is: see ir/channels_last.h. While a
// kernel grows, some of its transposes may be missing.
bool is_whole_contraction(const KernelOps& kernel, const Op& main);

// Whether `op` makes an operand of `main` in a way that costs nothing to read through: of a dot, a transpose of which
// the last dimension stays the last, so that vectors of it are whole, or one matrix for all of a batch; of a
// convolution with channels last, images and a filter that lie so.
bool is_read_through(const Op& main, const Op& op);

// Ops that a loop over their result's elements would compute badly, and that may be followed by an epilogue.
bool takes_epilogue(const Op& op);

}  // namespace minnow
