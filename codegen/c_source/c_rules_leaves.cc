// Counting, random numbers.
#include "codegen/c_source/c_rules.h"

namespace minnow {

void CRule<OpKind::kIota>::apply(CWriter& c, const Op& op) {
  const auto dim = static_cast<size_t>(op.attr<DimAttributes>().dim);
  const auto names = index_names("i", op.type().shape.size());
  c.nest(names, op.type().shape, [&] {
    c.line("y[{}] = ({}){};", affine(names, row_major_strides(op.type().shape)), c_type(op.type().dtype), names[dim]);
  });
}

void CRule<OpKind::kRandom>::apply(CWriter& c, const Op& op) {
  const auto stream = static_cast<uint32_t>(op.attr<RandomAttributes>().stream);
  c.count("i", op.type().elements(),
          [&] { c.line("y[i] = minnow_uniform((uint32_t)a[0], {}u, (uint32_t)b[0], (uint32_t)i);", stream); });
}

}  // namespace minnow
