#include "passes/group/kernel_form.h"

#include <algorithm>
#include <numeric>

#include "ir/channels_last.h"
#include "ir/windows.h"
#include "passes/group/loop_rules.h"

namespace minnow {

namespace {

// first, first + 1, ..., one per dimension of `shape`.
std::vector<int64_t> dims_from(size_t first, const Shape& shape) {
  std::vector<int64_t> dims(shape.size());
  std::iota(dims.begin(), dims.end(), static_cast<int64_t>(first));
  return dims;
}

}  // namespace

std::vector<int64_t> reduced_dims(const Op& op) {
  if (op.kind == OpKind::kArgMax) return {op.attr<DimAttributes>().dim};
  std::vector<int64_t> dims = op.attr<DimsAttributes>().dims;
  std::ranges::sort(dims);
  return dims;
}

Shape RowShape::full() const {
  Shape shape = rows;
  shape.insert(shape.end(), columns.begin(), columns.end());
  return shape;
}

std::vector<int64_t> RowShape::row_dims() const { return dims_from(0, rows); }
std::vector<int64_t> RowShape::column_dims() const { return dims_from(rows.size(), columns); }

std::optional<RowShape> row_shape_of_reduction(const Op& op) {
  if (!has_trait(op.kind, kReduction)) return std::nullopt;
  const Shape& shape = op.operands[0]->type.shape;
  const std::vector<int64_t> dims = reduced_dims(op);
  if (dims.empty() || dims.size() >= shape.size()) return std::nullopt;
  const auto split = shape.end() - static_cast<std::ptrdiff_t>(dims.size());
  RowShape row{Shape(shape.begin(), split), Shape(split, shape.end())};
  if (dims != row.column_dims()) return std::nullopt;
  return row;
}

// Reshape stays outside: alone it costs nothing, inside it would break the loop's index into quotients.
std::string_view why_not_in_loop(const Op& op) {
  static constexpr OpKind kOthers[] = {OpKind::kBroadcast, OpKind::kIota, OpKind::kRandom, OpKind::kTranspose,
                                       OpKind::kSlice,     OpKind::kPad,  OpKind::kReverse};
  if (op.kind == OpKind::kReshape) return "a reshape alone costs nothing, in a loop it would cost divisions";
  const bool has_place = has_trait(op.kind, kElementwise) || std::ranges::find(kOthers, op.kind) != std::end(kOthers);
  return has_place ? "" : "a loop over elements cannot compute it well";
}

KernelFault why_no_loop(const KernelOps& kernel, const Shape& shape) { return why_not_evaluated_once(kernel, shape); }

bool takes_epilogue(const Op& op) { return has_trait(op.kind, kContraction) || scatters_each_once(op); }

bool is_read_through(const Op& main, const Op& op) {
  if (is_channels_last(main))
    return op.result() == main.operands[1] ||
           (op.result() == main.operands[0] && is_transposed_by(op.result(), kFromChannelsLast));
  if (main.kind != OpKind::kDot || std::ranges::find(main.operands, op.result()) == main.operands.end()) return false;
  if (op.kind == OpKind::kTranspose) return op.attr<DimsAttributes>().dims.back() == op.type().rank() - 1;
  if (op.kind != OpKind::kBroadcast) return false;
  const auto batch = static_cast<size_t>(main.attr<DotAttributes>().batch);
  return op.attr<DimsAttributes>().dims == dims_from(batch, op.operands[0]->type.shape);
}

namespace {

// A part of a larger matrix that a product's tiles read where it lies.
bool is_part_beside(const Op& main, const Op& op) {
  return main.kind == OpKind::kDot && op.kind == OpKind::kSlice &&
         std::ranges::all_of(op.attr<SliceAttributes>().stride, [](int64_t stride) { return stride == 1; });
}

// Whether it puts the channels of such a convolution's result last.
bool ends_channels_last(const Op& main, const Op& op) {
  return is_channels_last(main) && !op.operands.empty() && op.operands[0] == main.result() &&
         is_transposed_by(op.result(), kToChannelsLast);
}

bool ends_channels_last(const KernelOps& kernel, const Op& main) {
  return std::ranges::any_of(kernel.users(main.result()),
                             [&](const Op* user) { return kernel.contains(user) && ends_channels_last(main, *user); });
}

}  // namespace

bool is_whole_contraction(const KernelOps& kernel, const Op& main) {
  return !is_channels_last(main) || (kernel.defines(main.operands[1]) && ends_channels_last(kernel, main));
}

std::string_view why_not_in_contraction(const Op& main, const Op& op) {
  if (is_read_through(main, op) || ends_channels_last(main, op)) return "";
  const Shape& shape = main.type().shape;
  if (op.type().shape != (is_channels_last(main) ? channels_last(shape) : shape))
    return "its shape is not the contraction's";
  const bool has_place = has_trait(op.kind, kElementwise) || op.kind == OpKind::kBroadcast ||
                         op.kind == OpKind::kIota || is_part_beside(main, op);
  return has_place ? "" : "only elementwise ops follow a contraction in its tiles";
}

KernelFault why_no_contraction(const KernelOps& kernel, const Op& main) {
  const bool has_prologue = std::ranges::any_of(main.operands, [&](const Value* operand) {
    if (kernel.defines(operand) && is_read_through(main, *operand->op)) operand = operand->op->operands[0];
    return kernel.defines(operand) || is_splat(operand);
  });
  if (has_prologue) return {"a contraction reads its operands many times, so they are computed before it", &main};
  const Shape& shape = main.type().shape;
  return why_not_evaluated_once(kernel, ends_channels_last(kernel, main) ? channels_last(shape) : shape);
}

namespace {

bool is_column_broadcast(const RowShape& row, const Op& op) {
  return op.attr<DimsAttributes>().dims == row.column_dims();
}

bool has_place_as_broadcast(const RowShape& row, const Op& op) {
  const bool is_from_scalar = op.operands[0]->type.rank() == 0;
  if (op.type().shape == row.rows) return is_from_scalar;
  if (op.type().shape != row.full()) return false;
  const bool is_from_row = op.attr<DimsAttributes>().dims == row.row_dims();
  return is_from_scalar || is_from_row || is_column_broadcast(row, op);
}

bool has_place_in_row(const RowShape& row, const Op& op) {
  if (has_trait(op.kind, kReduction)) return row_shape_of_reduction(op) == row && !is_splat(op.operands[0]);
  if (op.kind == OpKind::kBroadcast) return has_place_as_broadcast(row, op);
  const Shape& shape = op.type().shape;
  return (has_trait(op.kind, kElementwise) || op.kind == OpKind::kIota) && (shape == row.full() || shape == row.rows);
}

}  // namespace

std::string_view why_not_in_row(const RowShape& row, const Op& op) {
  return has_place_in_row(row, op) ? "" : "it does not fit the kernel's rows";
}

// A column may not come out of the rows that are being computed.
KernelFault why_no_row(const KernelOps& kernel, const RowShape& row) {
  for (const Op* op : kernel.ops())
    if (op->kind == OpKind::kBroadcast && is_column_broadcast(row, *op) && kernel.defines(op->operands[0]))
      return {"a column would come out of rows that are still being computed", op};
  return {};
}

namespace {

using FormOrFault = tl::expected<KernelForm, KernelFault>;

// The form, unless one of the ops or all together have no place in it.
template <typename Form, typename WhyNot>
FormOrFault form_of(const KernelOps& kernel, Form form, WhyNot why_not, const KernelFault& fault) {
  for (const Op* op : kernel.ops())
    if (const std::string_view why = why_not(*op); !why.empty()) return tl::unexpected(KernelFault{why, op});
  if (!fault.why.empty()) return tl::unexpected(fault);
  return form;
}

FormOrFault loop_form(const KernelOps& kernel, const Function& body) {
  const Shape& shape = body.results()[0].value->type.shape;
  return form_of(kernel, LoopForm{shape}, why_not_in_loop, why_no_loop(kernel, shape));
}

FormOrFault contraction_form(const KernelOps& kernel) {
  const auto main = std::ranges::find_if(kernel.ops(), [](const Op* op) { return takes_epilogue(*op); });
  if (main == kernel.ops().end())
    return tl::unexpected(KernelFault{"it holds no dot, convolution or gradient of a pooling that writes each once"});
  const auto why_not = [&](const Op& op) { return &op == *main ? "" : why_not_in_contraction(**main, op); };
  KernelFault fault = why_no_contraction(kernel, **main);
  if (fault.why.empty() && !is_whole_contraction(kernel, **main))
    fault = {"where the channels of a filter are last, the result's are put last, too", *main};
  return form_of(kernel, ContractionForm{*main}, why_not, fault);
}

FormOrFault row_form(const KernelOps& kernel) {
  std::optional<RowShape> row;
  for (const Op* op : kernel.ops())
    if (!row) row = row_shape_of_reduction(*op);
  if (!row) return tl::unexpected(KernelFault{"it reduces no trailing dimensions"});
  const auto why_not = [&](const Op& op) { return why_not_in_row(*row, op); };
  return form_of(kernel, *row, why_not, why_no_row(kernel, *row));
}

// What every kind asks for.
KernelFault why_no_body(const KernelOps& kernel, const Function& body) {
  if (kernel.ops().size() > kMaxBodyOps) return {"it has more ops than one kernel may have"};
  for (const FunctionResult& result : body.results())
    if (!kernel.defines(result.value)) return {"it returns what none of its ops computes"};
  return {};
}

}  // namespace

FormOrFault kernel_form(const Function& body, FusionKind kind) {
  const KernelOps kernel(body);
  if (const KernelFault fault = why_no_body(kernel, body); !fault.why.empty()) return tl::unexpected(fault);
  switch (kind) {
    case FusionKind::kLoop: return loop_form(kernel, body);
    case FusionKind::kRow: return row_form(kernel);
    case FusionKind::kContraction: return contraction_form(kernel);
  }
  return tl::unexpected(KernelFault{"its kind is unknown"});
}

FormOrFault kernel_form(const Op& fused) { return kernel_form(*fused.body, fused.attr<FusedAttributes>().kind); }

}  // namespace minnow
