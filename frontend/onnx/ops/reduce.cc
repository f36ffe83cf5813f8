#include <cmath>
#include <map>

#include "frontend/onnx/ops/elements.h"
#include "frontend/onnx/ops/reduction.h"

namespace minnow::onnx_ops {
namespace {

using Reduce = Value*(GraphBuilder& b, Value* x, const Dims& dims, bool keep);

// Shifted by the largest, so that nothing overflows; a largest that is infinite is no shift.
Value* log_sum_exp(GraphBuilder& b, Value* x, const Dims& dims, bool keep) {
  Value* largest = b.maximum(x, dims, true);
  Value* is_finite = b.binary(OpKind::kLess, b.abs(largest), INFINITY);
  Value* shift = b.select(is_finite, largest, 0.0);
  Value* sum = b.add(b.log(b.sum(b.exp(b.sub(x, shift)), dims, true)), shift);
  if (keep) return sum;
  Shape shape;
  for (int64_t i = 0; i < x->type.rank(); ++i)
    if (std::ranges::find(dims, i) == dims.end()) shape.push_back(x->type.dim(i));
  return b.reshape(sum, std::move(shape));
}

Reduce* function_of(std::string_view op) {
  static const std::map<std::string_view, Reduce*> kFunctions = {
      {"ReduceSum", [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.sum(x, dims, keep); }},
      {"ReduceProd", [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.product(x, dims, keep); }},
      {"ReduceMax", [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.maximum(x, dims, keep); }},
      {"ReduceMin", [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.minimum(x, dims, keep); }},
      {"ReduceMean", [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.mean(x, dims, keep); }},
      {"ReduceL1", [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.sum(b.abs(x), dims, keep); }},
      {"ReduceL2",
       [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.sqrt(b.sum(b.square(x), dims, keep)); }},
      {"ReduceLogSum",
       [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.log(b.sum(x, dims, keep)); }},
      {"ReduceLogSumExp", log_sum_exp},
      {"ReduceSumSquare",
       [](GraphBuilder& b, Value* x, const Dims& dims, bool keep) { return b.sum(b.square(x), dims, keep); }}};
  return kFunctions.at(op);
}

bool needs_floats(std::string_view op) { return op == "ReduceL2" || op == "ReduceLogSum" || op == "ReduceLogSumExp"; }

// Over nothing the sum is 0, and the maximum what all others exceed.
Value* of_nothing(NodeScope& n, const Dims& dims, bool keep) {
  const std::string& op = n.op();
  Shape shape;
  for (int64_t i = 0; i < n.rank(); ++i) {
    const bool goes = std::ranges::find(dims, i) != dims.end();
    if (!goes || keep) shape.push_back(goes ? 1 : n.shape()[static_cast<size_t>(i)]);
  }
  require(op != "ReduceMean", "it is a mean of nothing");
  const bool is_largest = op == "ReduceMax", is_smallest = op == "ReduceMin";
  double value = op == "ReduceProd"                          ? 1
                 : op.starts_with("ReduceLog") || is_largest ? -INFINITY
                 : is_smallest                               ? INFINITY
                                                             : 0;
  const DType dtype = n.value()->type.dtype;
  if (dtype == DType::kI32 && (is_largest || is_smallest)) {
    require(bits_of(n.type()) <= 32, "it is the largest or smallest of nothing");
    value = static_cast<double>(is_largest ? limits_of(n.type()).least : limits_of(n.type()).greatest);
  }
  if (dtype == DType::kPred) value = is_smallest ? 1 : 0;
  return n.b.constant({dtype, std::move(shape)}, value);
}

}  // namespace

void reduce(NodeScope& n) {
  const Dims dims = reduced_axes(n);
  const bool keep = n.whole("keepdims", 1) != 0;
  const ElementType type = n.type();
  if (element_count(n.shape()) == 0 && std::ranges::any_of(dims, [&](int64_t i) { return n.dim(0, i) == 0; }))
    return n.give(of_nothing(n, dims, keep));
  Value* x = n.value();
  const DType dtype = x->type.dtype;
  if (dtype == DType::kPred) {
    require(n.op() == "ReduceMax" || n.op() == "ReduceMin", "it is of BOOL");
    x = n.b.convert(x, DType::kI32);
  }
  if (dtype == DType::kI32 && needs_floats(n.op())) x = n.b.convert(x, DType::kF32);
  // A mean of whole numbers is cut off.
  if (n.op() == "ReduceMean" && dtype == DType::kI32) x = n.b.convert(x, DType::kF64);
  Value* y = n.b.convert(function_of(n.op())(n.b, x, dims, keep), dtype);
  n.give(0, is_whole_element(type) ? wrapped(n.b, y, type) : y, type);
}

// The first index of the largest, or the last.
void arg(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t axis = axis_of(n.whole("axis"), n.rank());
  Value* x = n.value();
  require(x->type.dtype != DType::kPred, "it is of BOOL");
  if (n.op() == "ArgMin") x = x->type.dtype == DType::kF32 ? b.neg(x) : b.sub(b.like(x, -1), x);
  const bool is_last = n.whole("select_last_index") != 0;
  Value* index = b.argmax(is_last ? b.reverse(x, {axis}) : x, axis);
  if (is_last) index = b.sub(b.like(index, static_cast<double>(n.dim(0, axis) - 1)), index);
  Shape kept = n.shape();
  kept[static_cast<size_t>(axis)] = 1;
  n.give(0, n.whole("keepdims", 1) != 0 ? b.reshape(index, kept) : index, onnx::TensorProto::INT64);
}

}  // namespace minnow::onnx_ops
