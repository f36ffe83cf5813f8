// Many elements of the operand into one of the result.
#include <algorithm>

#include "codegen/c_source/c_rules.h"

namespace minnow {
namespace {

// Dimensions that stay, and those that are reduced, with the operand's strides along them.
struct Split {
  std::vector<std::string> names;
  std::vector<int64_t> extents, strides;

  void add(const std::string& name, int64_t extent, int64_t stride) {
    names.push_back(name);
    extents.push_back(extent);
    strides.push_back(stride);
  }
};

std::string sum_of(Split kept, const Split& reduced) {
  kept.names.insert(kept.names.end(), reduced.names.begin(), reduced.names.end());
  kept.strides.insert(kept.strides.end(), reduced.strides.begin(), reduced.strides.end());
  return affine(kept.names, kept.strides);
}

// For each element of y: `start`, then `step` with the place in a for each element that goes into it.
void reduce(CWriter& c, const Op& op, std::string_view start, const std::function<void(const std::string&)>& step) {
  const Shape& shape = op.operands[0]->type.shape;
  const std::vector<int64_t> strides = row_major_strides(shape);
  const auto& dims = op.attr<DimsAttributes>().dims;
  Split kept, reduced;
  for (size_t d = 0; d < shape.size(); ++d) {
    const bool is_reduced = std::ranges::find(dims, static_cast<int64_t>(d)) != dims.end();
    (is_reduced ? reduced : kept).add(fmt::format("{}{}", is_reduced ? 'k' : 'i', d), shape[d], strides[d]);
  }
  c.nest(kept.names, kept.extents, [&] {
    c.line("{} sum = {};", c_type(op.type().dtype), start);
    c.nest(reduced.names, reduced.extents, [&] { step(sum_of(kept, reduced)); });
    c.line("y[{}] = sum;", affine(kept.names, row_major_strides(kept.extents)));
  });
}

struct Along {
  int64_t outer = 1, size = 1, inner = 1;
};

Along along(const Shape& shape, int64_t dim) {
  Along split;
  for (int64_t d = 0; d < std::ssize(shape); ++d)
    (d < dim ? split.outer : d == dim ? split.size : split.inner) *= shape[static_cast<size_t>(d)];
  return split;
}

// o and i are the places before and behind the dimension.
void for_each_row(CWriter& c, const Along& split, const std::function<void()>& body) {
  c.count("o", split.outer, [&] { c.count("i", split.inner, body); });
}

std::string sum_text(DType dtype, const std::string& a, const std::string& b) {
  if (is_float(dtype)) return fmt::format("{} + {}", a, b);
  if (dtype == DType::kI32) return fmt::format("(int32_t)((uint32_t){} + (uint32_t){})", a, b);
  return fmt::format("(uint8_t)({} + {})", a, b);
}

std::string lowest(DType dtype) {
  if (dtype == DType::kF32) return "-minnow_from_bits(0x7f800000)";
  return dtype == DType::kI32 ? "(-2147483647 - 1)" : "0";
}

}  // namespace

void CRule<OpKind::kReduceSum>::apply(CWriter& c, const Op& op) {
  reduce(c, op, "0",
         [&](const std::string& at) { c.line("sum = {};", sum_text(op.type().dtype, "sum", "a[" + at + "]")); });
}

void CRule<OpKind::kReduceMax>::apply(CWriter& c, const Op& op) {
  const DType dtype = op.type().dtype;
  reduce(c, op, lowest(dtype), [&](const std::string& at) {
    if (dtype == DType::kF32) c.line("sum = minnow_max(sum, a[{}]);", at);
    else c.line("if (a[{0}] > sum) sum = a[{0}];", at);
  });
}

void CRule<OpKind::kArgMax>::apply(CWriter& c, const Op& op) {
  const Along split = along(op.operands[0]->type.shape, op.attr<DimAttributes>().dim);
  const char* is_larger =
      op.operands[0]->type.dtype == DType::kF32 ? "minnow_is_larger(row[{0}], row[{1}])" : "row[{0}] > row[{1}]";
  const std::string k = affine(std::vector<std::string>{"k"}, std::vector<int64_t>{split.inner});
  const std::string best = affine(std::vector<std::string>{"best"}, std::vector<int64_t>{split.inner});
  for_each_row(c, split, [&] {
    c.line("const {} *row = a + {} * o + i;", c_type(op.operands[0]->type.dtype), split.size * split.inner);
    c.line("int32_t best = 0;");
    c.count("k", split.size, [&] { c.line("if ({}) best = k;", fmt::format(fmt::runtime(is_larger), k, best)); });
    c.line("y[{} * o + i] = best;", split.inner);
  });
}

void CRule<OpKind::kCumSum>::apply(CWriter& c, const Op& op) {
  const DType dtype = op.type().dtype;
  const Along split = along(op.type().shape, op.attr<DimAttributes>().dim);
  for_each_row(c, split, [&] {
    c.line("{} sum = 0;", c_type(dtype));
    c.count("k", split.size, [&] {
      const std::string at = fmt::format("{} * o + {} * k + i", split.size * split.inner, split.inner);
      c.line("sum = {};", sum_text(dtype, "sum", "a[" + at + "]"));
      c.line("y[{}] = sum;", at);
    });
  });
}

// By insertion. A NaN comes before nothing.
void CRule<OpKind::kArgSort>::apply(CWriter& c, const Op& op) {
  const auto& attributes = op.attr<SortAttributes>();
  const TensorType& type = op.operands[0]->type;
  const Along split = along(type.shape, attributes.dim);
  const char order = attributes.descending ? '>' : '<';
  for_each_row(c, split, [&] {
    c.line("const {} *row = a + {} * o + i;", c_type(type.dtype), split.size * split.inner);
    c.line("int32_t *sorted = y + {} * o + i;", split.size * split.inner);
    c.count("k", split.size, [&] {
      c.line("const {} x = row[{} * k];", c_type(type.dtype), split.inner);
      c.line("int32_t place = k;");
      c.block("for (; place > 0; --place)", [&] {
        c.line("const {0} other = row[{1} * sorted[{1} * (place - 1)]];", c_type(type.dtype), split.inner);
        c.line("if (!(x {} other || (x == x && other != other))) break;", order);
        c.line("sorted[{0} * place] = sorted[{0} * (place - 1)];", split.inner);
      });
      c.line("sorted[{} * place] = k;", split.inner);
    });
  });
}

// table [outer, size, inner], indices [n] → y [outer, n, inner]
void CRule<OpKind::kGather>::apply(CWriter& c, const Op& op) {
  const Along split = along(op.operands[0]->type.shape, op.attr<DimAttributes>().dim);
  const int64_t n = op.operands[1]->type.elements();
  if (split.size == 0) return c.line("memset(y, 0, {});", op.type().bytes());
  c.count("o", split.outer, [&] {
    c.count("k", n, [&] {
      c.line("const int32_t row = minnow_clamp(b[k], {});", split.size);
      c.count("i", split.inner, [&] {
        c.line("y[{0} * o + {1} * k + i] = a[{2} * o + {1} * row + i];", n * split.inner, split.inner,
               split.size * split.inner);
      });
    });
  });
}

// updates [outer, n, inner], indices [n] → y [outer, size, inner]
void CRule<OpKind::kScatterAdd>::apply(CWriter& c, const Op& op) {
  const Along split = along(op.type().shape, op.attr<ScatterAttributes>().dim);
  const int64_t n = op.operands[1]->type.elements();
  c.line("memset(y, 0, {});", op.type().bytes());
  if (split.size == 0) return;
  c.count("o", split.outer, [&] {
    c.count("k", n, [&] {
      c.line("const int32_t row = minnow_clamp(b[k], {});", split.size);
      c.count("i", split.inner, [&] {
        const std::string at = fmt::format("y[{} * o + {} * row + i]", split.size * split.inner, split.inner);
        const std::string from = fmt::format("a[{} * o + {} * k + i]", n * split.inner, split.inner);
        c.line("{} = {};", at, sum_text(op.type().dtype, at, from));
      });
    });
  });
}

}  // namespace minnow
