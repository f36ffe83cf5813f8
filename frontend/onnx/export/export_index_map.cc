// Ops that move elements.
#include <algorithm>
#include <limits>
#include <numeric>

#include "frontend/onnx/export/export_rules.h"

namespace minnow {
namespace {

// Elements start, start + step, ... of some dimensions.
struct Cuts {
  std::vector<int64_t> starts, ends, axes, steps;
};

std::string sliced(Exporter& e, const std::string& tensor, const Cuts& cuts) {
  GraphWriter& w = e.writer();
  if (cuts.axes.empty()) return tensor;
  return w.node(
      "Slice", {tensor, w.integers(cuts.starts), w.integers(cuts.ends), w.integers(cuts.axes), w.integers(cuts.steps)});
}

size_t rank_of(const Value* value) { return static_cast<size_t>(value->type.rank()); }

// `count` dimensions from the place `from` to the place `to`, the others in order.
std::string moved_dims(Exporter& e, const std::string& tensor, size_t rank, size_t from, size_t to, size_t count) {
  if (from == to || count == 0) return tensor;
  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  const auto at = [&](size_t i) { return order.begin() + static_cast<ptrdiff_t>(i); };
  if (from > to) std::rotate(at(to), at(from), at(from + count));
  else std::rotate(at(from), at(from + count), at(to + count));
  onnx::NodeProto& node = e.writer().add("Transpose", {tensor});
  set_attribute(node, "perm", order);
  return node.output(0);
}

}  // namespace

// Dimensions of 1 where the operand has none; ONNX's operators do the rest.
MINNOW_EXPORT(Broadcast) {
  const std::vector<int64_t>& dims = op.attr<DimsAttributes>().dims;
  const OnnxValue& x = e.value(op.operands[0]);
  const auto rank = static_cast<size_t>(op.type().rank());
  OnnxValue y{x.name, rank, std::vector<bool>(rank, true)};
  if (x.absent < dims.size()) y.absent = static_cast<size_t>(dims[x.absent]);
  std::vector<int64_t> added;
  for (size_t i = y.absent; i < rank; ++i) {
    const auto from = std::ranges::find(dims, static_cast<int64_t>(i));
    if (from == dims.end()) added.push_back(static_cast<int64_t>(i - y.absent));
    else y.is_one[i] = x.is_one[static_cast<size_t>(from - dims.begin())];
  }
  if (!added.empty()) y.name = e.writer().node("Unsqueeze", {x.name, e.writer().integers(added)});
  e.define(op.result(), std::move(y));
  return {};
}

MINNOW_EXPORT(Reshape) {
  const OnnxValue& x = e.value(op.operands[0]);
  const auto rank = static_cast<size_t>(op.type().rank());
  if (x.absent == x.is_one.size() && rank > 0) {  // the same number everywhere
    e.define(op.result(), {x.name, rank, std::vector<bool>(rank, true)});
    return {};
  }
  e.define(op.result(), e.reshaped(e.whole(op.operands[0]), e.extents(op.result())));
  return {};
}

MINNOW_EXPORT(Transpose) {
  onnx::NodeProto& node = e.writer().add("Transpose", {e.whole(op.operands[0])});
  set_attribute(node, "perm", op.attr<DimsAttributes>().dims);
  e.define(op.result(), node.output(0));
  return {};
}

MINNOW_EXPORT(Reverse) {
  Cuts cuts;
  for (const int64_t dim : op.attr<DimsAttributes>().dims) {
    cuts.starts.push_back(-1);
    cuts.ends.push_back(std::numeric_limits<int64_t>::min());
    cuts.axes.push_back(dim);
    cuts.steps.push_back(-1);
  }
  e.define(op.result(), sliced(e, e.whole(op.operands[0]), cuts));
  return {};
}

MINNOW_EXPORT(Slice) {
  const auto &here = op.attr<SliceAttributes>(), &there = e.other(op).attr<SliceAttributes>();
  const Extents whole = e.extents(op.operands[0]);
  Cuts cuts;
  for (size_t i = 0; i < whole.size(); ++i) {
    const bool is_last = here.limit[i] == whole[i].here && there.limit[i] == whole[i].there;
    if (here.start[i] == 0 && is_last && here.stride[i] == 1) continue;
    if (here.start[i] != there.start[i] || (!is_last && here.limit[i] != there.limit[i]))
      return has_no_onnx("it cuts the batch at places that depend on its size");
    cuts.starts.push_back(here.start[i]);
    cuts.ends.push_back(is_last ? std::numeric_limits<int64_t>::max() : here.limit[i]);
    cuts.axes.push_back(static_cast<int64_t>(i));
    cuts.steps.push_back(here.stride[i]);
  }
  e.define(op.result(), sliced(e, e.whole(op.operands[0]), cuts));
  return {};
}

// Elements between neighbours come behind each first, along a dimension of their own; those behind the last one go
// again.
MINNOW_EXPORT(Pad) {
  const auto& pad = op.attr<PadAttributes>();
  GraphWriter& w = e.writer();
  const DType dtype = op.type().dtype;
  std::string x = e.whole(op.operands[0]);
  Extents extents = e.extents(op.operands[0]);
  for (size_t i = 0; i < extents.size(); ++i) {
    const int64_t more = pad.interior[i];
    if (more == 0) continue;
    const auto axis = static_cast<int64_t>(i);
    std::vector<int64_t> pads(2 * (extents.size() + 1), 0);
    pads[extents.size() + 1 + i + 1] = more;
    x = w.node("Unsqueeze", {x, w.integers({axis + 1})});
    x = w.node("Pad", {x, w.integers(pads), w.scalar(dtype, pad.value)});
    extents[i].here *= more + 1, extents[i].there *= more + 1;
    x = e.reshaped(x, extents);
    x = sliced(e, x, {{0}, {-more}, {axis}, {1}});
    extents[i].here -= more, extents[i].there -= more;
  }
  std::vector<int64_t> pads = pad.low;
  pads.insert(pads.end(), pad.high.begin(), pad.high.end());
  if (std::ranges::any_of(pads, [](int64_t count) { return count != 0; }))
    x = w.node("Pad", {x, w.integers(pads), w.scalar(dtype, pad.value)});
  e.define(op.result(), x);
  return {};
}

MINNOW_EXPORT(Concat) {
  std::vector<std::string> parts;
  for (const Value* part : op.operands) parts.push_back(e.whole(part));
  onnx::NodeProto& node = e.writer().add("Concat", parts);
  set_attribute(node, "axis", op.attr<DimAttributes>().dim);
  e.define(op.result(), node.output(0));
  return {};
}

MINNOW_EXPORT(Gather) {
  onnx::NodeProto& node = e.writer().add("Gather", {e.whole(op.operands[0]), e.whole(op.operands[1])});
  set_attribute(node, "axis", op.attr<DimAttributes>().dim);
  e.define(op.result(), node.output(0));
  return {};
}

// u [A,I,B], i [I] → y [A,V,B], each of any number of dimensions. ScatterND adds along the first ones: u [I,A,B] to
// [V,A,B].
MINNOW_EXPORT(ScatterAdd) {
  GraphWriter& w = e.writer();
  const auto dim = static_cast<size_t>(op.attr<ScatterAttributes>().dim);
  const auto index_rank = static_cast<size_t>(op.operands[1]->type.rank());
  std::string updates = moved_dims(e, e.whole(op.operands[0]), rank_of(op.operands[0]), dim, 0, index_rank);
  Extents extents = e.extents(op.result());
  std::rotate(extents.begin(), extents.begin() + static_cast<ptrdiff_t>(dim),
              extents.begin() + static_cast<ptrdiff_t>(dim) + 1);
  const std::string zeros = w.node("Expand", {w.scalar(op.type().dtype, 0), e.shape_of(extents)});
  onnx::NodeProto& places = w.add("Cast", {w.node("Unsqueeze", {e.whole(op.operands[1]), w.integers({-1})})});
  set_attribute(places, "to", int64_t{onnx::TensorProto::INT64});
  onnx::NodeProto& node = w.add("ScatterND", {zeros, places.output(0), updates});
  set_attribute(node, "reduction", "add");
  e.define(op.result(), moved_dims(e, node.output(0), extents.size(), 0, dim, 1));
  return {};
}

}  // namespace minnow
