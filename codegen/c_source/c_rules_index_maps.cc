// Moving elements: each copies an index space from one affine map into another.
#include <algorithm>

#include "codegen/c_source/c_rules.h"

namespace minnow {
namespace {

struct Map {
  std::vector<int64_t> strides;
  int64_t offset = 0;
};

Map row_major(const Shape& shape) { return {row_major_strides(shape)}; }

// y[to] = from[from_map] for each index below the shape.
void copy(CWriter& c, const Shape& shape, std::string_view from, const Map& from_map, const Map& to) {
  const auto names = index_names("i", shape.size());
  c.nest(names, shape, [&] {
    c.line("y[{}] = {}[{}];", affine(names, to.strides, to.offset), from,
           affine(names, from_map.strides, from_map.offset));
  });
}

// All of y, from the operand.
void read_through(CWriter& c, const Op& op, const Map& map) {
  copy(c, op.type().shape, "a", map, row_major(op.type().shape));
}

const Shape& operand_shape(const Op& op) { return op.operands[0]->type.shape; }

}  // namespace

void CRule<OpKind::kBroadcast>::apply(CWriter& c, const Op& op) {
  const std::vector<int64_t> strides = row_major_strides(operand_shape(op));
  const auto& dims = op.attr<DimsAttributes>().dims;
  Map map{std::vector<int64_t>(op.type().shape.size(), 0)};
  for (size_t i = 0; i < dims.size(); ++i) map.strides[static_cast<size_t>(dims[i])] = strides[i];
  read_through(c, op, map);
}

void CRule<OpKind::kReshape>::apply(CWriter& c, const Op& op) { c.line("memcpy(y, a, {});", op.type().bytes()); }

void CRule<OpKind::kTranspose>::apply(CWriter& c, const Op& op) {
  const std::vector<int64_t> strides = row_major_strides(operand_shape(op));
  Map map;
  for (const int64_t dim : op.attr<DimsAttributes>().dims) map.strides.push_back(strides[static_cast<size_t>(dim)]);
  read_through(c, op, map);
}

void CRule<OpKind::kReverse>::apply(CWriter& c, const Op& op) {
  Map map = row_major(operand_shape(op));
  for (const int64_t dim : op.attr<DimsAttributes>().dims) {
    int64_t& stride = map.strides[static_cast<size_t>(dim)];
    map.offset += (op.type().dim(dim) - 1) * stride;
    stride = -stride;
  }
  read_through(c, op, map);
}

void CRule<OpKind::kSlice>::apply(CWriter& c, const Op& op) {
  const auto& slice = op.attr<SliceAttributes>();
  Map map = row_major(operand_shape(op));
  for (size_t d = 0; d < map.strides.size(); ++d) {
    map.offset += slice.start[d] * map.strides[d];
    map.strides[d] *= slice.stride[d];
  }
  read_through(c, op, map);
}

void CRule<OpKind::kPad>::apply(CWriter& c, const Op& op) {
  const auto& pad = op.attr<PadAttributes>();
  c.count("i", op.type().elements(), [&] { c.line("y[i] = {};", c_number(op.type().dtype, pad.value)); });
  Map map = row_major(op.type().shape);
  for (size_t d = 0; d < map.strides.size(); ++d) {
    map.offset += pad.low[d] * map.strides[d];
    map.strides[d] *= pad.interior[d] + 1;
  }
  copy(c, operand_shape(op), "a", row_major(operand_shape(op)), map);
}

void CRule<OpKind::kConcat>::apply(CWriter& c, const Op& op) {
  const int64_t dim = op.attr<DimAttributes>().dim;
  Map map = row_major(op.type().shape);
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const Shape& shape = op.operands[i]->type.shape;
    copy(c, shape, fmt::format("x{}", i), row_major(shape), map);
    map.offset += shape[static_cast<size_t>(dim)] * map.strides[static_cast<size_t>(dim)];
  }
}

}  // namespace minnow
