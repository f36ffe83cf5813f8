// Constants.
#include <numeric>

#include "frontend/onnx/export/export_rules.h"

namespace minnow {

MINNOW_EXPORT(Constant) {
  const auto& constant = op.attr<ConstantAttributes>();
  const auto rank = static_cast<size_t>(op.type().rank());
  if (constant.is_splat()) {
    e.define(op.result(),
             {e.writer().scalar(op.type().dtype, constant.values[0]), rank, std::vector<bool>(rank, true)});
    return {};
  }
  if (constant != e.other(op).attr<ConstantAttributes>())
    return has_no_onnx("its elements depend on the batch size; --batch N writes a file for batches of N");
  e.define(op.result(), e.writer().constant(op.type().shape, op.type().dtype, constant.values));
  return {};
}

// 0, 1, 2, ... along one dimension, and 1 in those behind.
MINNOW_EXPORT(Iota) {
  const auto dim = static_cast<size_t>(op.attr<DimAttributes>().dim);
  const auto rank = static_cast<size_t>(op.type().rank());
  std::vector<bool> is_one(rank, true);
  is_one[dim] = false;
  const Extents extents = e.extents(op.result());
  Shape shape(rank - dim, 1);
  std::string name;
  if (extents[dim].is_fixed()) {
    shape[0] = extents[dim].here;
    std::vector<double> values(static_cast<size_t>(shape[0]));
    std::iota(values.begin(), values.end(), 0);
    name = e.writer().constant(shape, op.type().dtype, values);
  } else {
    const std::string size = e.writer().node("Squeeze", {e.shape_of({extents[dim]})});
    const std::string range = e.writer().node("Range", {e.writer().integer(0), size, e.writer().integer(1)});
    shape[0] = -1;
    name = e.writer().node("Reshape", {e.writer().cast(range, op.type().dtype), e.writer().integers(shape)});
  }
  e.define(op.result(), {name, dim, is_one});
  return {};
}

MINNOW_EXPORT(Random) { return has_no_onnx("it draws random numbers"); }

}  // namespace minnow
